"""Who may see an event."""

from __future__ import annotations

import pytest

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.delivery import audience

ADMIN, USER, VIEWER = (audience.ROLE_BITS[name] for name in ("ADMIN", "USER", "VIEWER"))
ME, ANOTHER = 7, 8


@pytest.mark.parametrize("role_bit", [ADMIN, USER, VIEWER])
def test_everyone_is_every_role(role_bit: int) -> None:
    assert audience.may_see(audience.EVERYONE, None, role_bit, ME)


@pytest.mark.parametrize(("role_bit", "sees"), [(ADMIN, True), (USER, False), (VIEWER, False)])
def test_what_is_for_admins_no_other_role_sees(role_bit: int, sees: bool) -> None:
    assert audience.may_see(audience.ADMINS, None, role_bit, ME) is sees


@pytest.mark.parametrize("role_bit", [ADMIN, USER, VIEWER])
def test_what_is_for_the_servers_nobody_sees(role_bit: int) -> None:
    assert not audience.may_see(audience.NOBODY, None, role_bit, ME)


@pytest.mark.parametrize("role_bit", [ADMIN, USER, VIEWER])
def test_what_is_for_one_user_only_that_user_sees_whatever_the_role(role_bit: int) -> None:
    assert audience.may_see(audience.NOBODY, ME, role_bit, ME)
    assert not audience.may_see(audience.NOBODY, ANOTHER, role_bit, ME)


def test_every_role_has_a_bit_of_its_own() -> None:
    bits = [role.bit for role in Role]
    assert sorted(bits) == [1, 2, 4]
    assert sum(bits) == audience.EVERYONE
    assert Role.ADMIN.bit == audience.ADMINS


@pytest.mark.parametrize(
    ("role", "included"),
    [
        (Role.ADMIN, {Role.ADMIN, Role.USER, Role.VIEWER}),
        (Role.USER, {Role.USER, Role.VIEWER}),
        (Role.VIEWER, {Role.VIEWER}),
    ],
)
def test_a_role_may_do_what_the_lesser_ones_may(role: Role, included: set[Role]) -> None:
    assert {other for other in Role if role.includes(other)} == included


@pytest.mark.parametrize("role", list(Role))
def test_only_admins_see_what_is_for_admins(role: Role) -> None:
    assert Viewer(ME, 1, role, 0).sees_admins is (role is Role.ADMIN)
