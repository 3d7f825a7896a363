"""Those who listen to the hub: a fault of one costs that one only."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import UserChange, Users
from graphql_api.delivery.listeners import Listeners
from graphql_api.events.log import Event
from graphql_api.services import Services
from tests.builders import make_item, move
from tests.delivery.test_hub import event_at
from tests.transport.serving import PEOPLE, add_people, session_id


def _fails(_: Sequence[Event]) -> None:
    raise LookupError("a fault of tests")


def test_a_listener_that_raises_costs_that_listener_only() -> None:
    listeners, told, begun = Listeners(), list[int](), list[str]()
    listeners.add(_fails, failed=lambda: begun.append("anew"))
    listeners.add(lambda events: told.extend(event.position for event in events))
    for position in (1, 2):
        listeners.tell([event_at(position)])
    assert (told, begun) == ([1, 2], ["anew", "anew"])


def test_its_first_fault_is_logged_whole_and_the_others_in_a_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    listeners = Listeners()
    listeners.add(_fails)
    for position in (1, 2, 3):
        listeners.tell([event_at(position)])
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [bool(record.exc_info) for record in told] == [True, False, False]
    assert "_fails" in told[0].getMessage()


def test_one_that_cannot_begin_anew_is_fatal() -> None:
    listeners, fatal = Listeners(), list[str]()
    listeners.fatal = lambda name, _: fatal.append(name)

    def fails_again() -> None:
        raise LookupError("again")

    listeners.add(_fails, failed=fails_again)
    listeners.tell([event_at(1)])
    assert fatal == ["_fails"]


async def test_the_writer_goes_on_when_a_listener_raises(services: Services) -> None:
    # It ended the writer's task: every later mutation waited for ever, while /readyz was green.
    services.hub.listen(_fails)
    item = await make_item(services)
    for _ in range(3):
        await move(services, item, 1)
    assert services.hub.head == await services.log.head()


async def test_sessions_that_did_not_hear_of_a_change_remember_nothing(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_people(services)
    session = session_id("user")
    assert await services.of(Sessions).role_now(session) is Role.USER  # remembered from now on
    heeded = services.of(Sessions).standings.heed.__func__  # type: ignore[attr-defined]
    for listening in services.hub.listeners._all:
        if getattr(listening.listener, "__func__", None) is heeded:
            monkeypatch.setattr(listening, "listener", _fails)
    await services.of(Users).change(UserChange(PEOPLE["user"][0], role=Role.VIEWER))
    assert await services.of(Sessions).role_now(session) is Role.VIEWER
