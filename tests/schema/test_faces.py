"""Faces say which class they show, and shared renderings cannot ask who looks."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import strawberry

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.services import Services
from schema import faces
from schema.context import Context, SharedRendering
from schema.faces import FaceMismatch, check_faces, face_of
from schema.scalars import DateTime


@pytest.fixture
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces of this test are not the schema's."""
    monkeypatch.setattr(faces, "_FACES", {})


@dataclass
class Crate:
    id: int
    label: str
    opened_at: int | None

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None


@pytest.mark.usefixtures("_alone")
def test_a_face_that_fits_is_taken() -> None:
    @face_of(Crate, "A crate.")
    class CrateFace:
        id: strawberry.ID
        label: str | None
        opened_at: DateTime | None
        is_open: bool

    check_faces()


@pytest.mark.usefixtures("_alone")
def test_a_face_that_shows_what_is_not_there_is_refused_by_name() -> None:
    @face_of(Crate, "A crate.")
    class CrateFace:
        name: str

    with pytest.raises(FaceMismatch, match="has no name"):
        check_faces()


@pytest.mark.usefixtures("_alone")
def test_a_face_of_another_type_is_refused() -> None:
    @face_of(Crate, "A crate.")
    class CrateFace:
        label: int

    with pytest.raises(FaceMismatch, match="label"):
        check_faces()


@pytest.mark.usefixtures("_alone")
def test_what_may_be_none_is_not_shown_as_always_there() -> None:
    @face_of(Crate, "A crate.")
    class CrateFace:
        opened_at: DateTime

    with pytest.raises(FaceMismatch, match="opened_at"):
        check_faces()


async def test_a_shared_rendering_has_a_role_and_no_user(services: Services) -> None:
    viewer = Viewer(1, 1, Role.ADMIN, 0)
    shared = Context(services, viewer).for_everyone()
    assert shared.role is Role.ADMIN
    assert shared.sees_admins
    for ask in (lambda: shared.viewer, lambda: shared.signed_in, lambda: shared.caller):
        with pytest.raises(SharedRendering):
            ask()
