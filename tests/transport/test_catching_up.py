"""A database that is away for a while ends nobody's subscription; a log that is another one does,
and says so."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.accounts.sessions import Sessions
from graphql_api.errors import Unavailable
from graphql_api.inventory.locations import Locations
from graphql_api.transport import again
from tests.events.test_continuity import Before
from tests.streams import eventually
from tests.transport.clients import Client
from tests.transport.serving import FEED, FETCHING_FEED, live
from tests.transport.stage import NO_RING, Subscription, staged


class Failing:
    """An async method that fails while it `is_away`, and counts that."""

    def __init__(self, method: Any, error: type[Exception] = Unavailable) -> None:
        self._method = method
        self._error = error
        self.is_away = True
        self.failures = 0

    async def __call__(self, *arguments: Any, **named: Any) -> Any:
        if self.is_away:
            self.failures += 1
            raise self._error("the database is away")
        return await self._method(*arguments, **named)


@pytest.fixture
def _is_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "PATIENCE_S", 0.2)


async def ending(client: Client, operation_id: str = "s") -> str:
    """The code with which a subscription ends, after what came before."""
    while (message := await client.message(operation_id))["type"] == "next":
        pass
    assert message["type"] == "error", message
    code: str = message["payload"][0]["extensions"]["code"]
    return code


@pytest.mark.parametrize("error", [Unavailable, ConnectionError, TimeoutError])
async def test_a_read_of_the_log_that_fails_while_catching_up_is_tried_again(
    error: type[Exception],
) -> None:
    # The subscription ended for good, with INTERNAL_SERVER_ERROR.
    async with staged(NO_RING) as stage:
        stage.commit(5)
        page = Failing(stage.log.page, error)
        stage.log.page = page  # type: ignore[method-assign]
        peer = stage.peer()
        member = peer.join(Subscription(), after=0)
        await eventually(lambda: page.failures > 2)
        assert (peer.got(), peer.failures) == ([], {})
        page.is_away = False
        await eventually(lambda: peer.got(member) == [1, 2, 3, 4, 5])
        stage.commit(1)
        await eventually(lambda: peer.got(member)[-1] == 6)


async def test_a_rendering_that_needs_the_database_is_done_again_in_order() -> None:
    async with staged() as stage:
        subscription = Subscription()
        peer = stage.peer()
        member = peer.join(subscription)
        subscription.fault = Unavailable("the database is away")
        stage.commit(3)
        await eventually(lambda: len(subscription.rendered) > 2)
        assert (peer.got(), peer.failures) == ([], {})
        subscription.fault = None
        await eventually(lambda: peer.got(member) == [1, 2, 3])


@pytest.mark.usefixtures("_is_impatient")
async def test_whoever_waited_too_long_is_sent_away() -> None:
    async with staged(NO_RING) as stage:
        stage.commit(5)
        stage.log.page = Failing(stage.log.page)  # type: ignore[method-assign]
        peer = stage.peer()
        member = peer.join(Subscription(), after=0)
        await eventually(lambda: member in peer.failures)
        assert isinstance(peer.failures[member], again.StillAway)


async def test_a_socket_opens_its_subscription_when_the_database_is_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live(database_url) as app:
        after = app.cursor()
        await app.item()
        checks = Failing(app.services.log.check_cursor)
        monkeypatch.setattr(app.services.log, "check_cursor", checks)
        client = await app.client()
        await client.start("s", FEED, after=after)
        await eventually(lambda: checks.failures > 1)
        checks.is_away = False
        await client.until(app.head)


@pytest.mark.usefixtures("_is_impatient")
@pytest.mark.parametrize("where", ["opening", "the session", "the log", "a field"])
async def test_a_socket_is_closed_with_a_code_to_come_back_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async with live(database_url, ring_bytes_max=1) as app:
        after = app.cursor()
        item = await app.item()
        await app.commit(item, 3)
        services = app.services
        target, name = {
            "opening": (services.log, "check_cursor"),
            "the session": (services.of(Sessions), "role_now"),
            "the log": (services.log, "page"),
            "a field": (services.of(Locations), "by_ids"),
        }[where]
        client = await app.client()
        monkeypatch.setattr(target, name, Failing(getattr(target, name)))
        await client.start("s", FETCHING_FEED if where == "a field" else FEED, after=after)
        assert (await client.closed())[0] == 1013
        assert not client.positions()
        monkeypatch.undo()


async def test_a_log_that_went_back_is_told_to_every_subscription_and_goes_on_in_the_new_epoch(
    database_url: str, faults: pytest.LogCaptureFixture
) -> None:
    before = Before(database_url)
    async with live(database_url) as app:
        item = await app.item()
        await before.take()
        clients = [await app.subscriber("user"), await app.subscriber("viewer")]
        old = app.cursor()
        await app.commit(item, 4)
        for client in clients:
            await client.until(app.head)
        await before.put_back()
        await app.commit(item, 1)
        for client in clients:
            assert await ending(client) == "EPOCH_CHANGED"
            assert not client.is_closed
        await client.start("old", FEED, after=old)
        assert await client.refusal("old") == ["EPOCH_CHANGED"]
        await app.subscribe(client, FEED, "new", after=app.cursor())
        await app.commit(item, 2)
        await client.until(app.head, "new")
    faults.clear()


async def test_a_session_that_was_in_the_lost_tail_has_ended(
    database_url: str, faults: pytest.LogCaptureFixture
) -> None:
    async with live(database_url) as app:
        item = await app.item()
        writing = app.services.database.writing
        await app.commit(item, 1)
        lost, kept = await app.subscriber("user", session=2), await app.subscriber("user")
        for sql in (
            "DELETE FROM refresh_token WHERE session_id = 122",
            "DELETE FROM session WHERE id = 122",
            f"DELETE FROM event WHERE position = {app.head}",
            "UPDATE log_head SET position = position - 1",
        ):
            await writing.change(sql)
        app.services.hub.hint()
        assert (await lost.closed())[0] == 4403
        assert await ending(kept) == "EPOCH_CHANGED"
    faults.clear()


async def test_sockets_that_were_not_told_of_events_read_them_in_the_log(
    database_url: str, monkeypatch: pytest.MonkeyPatch, faults: pytest.LogCaptureFixture
) -> None:
    async with live(database_url) as app:
        item = await app.item()
        client = await app.subscriber("user")
        head = app.head
        dispatch = app.sockets.groups.dispatch
        faulty = [head + 2]

        def failing(event: Any) -> None:
            if event.position in faulty:
                faulty.remove(event.position)
                raise LookupError("a fault of tests")
            dispatch(event)

        monkeypatch.setattr(app.sockets.groups, "dispatch", failing)
        await app.commit(item, 4)
        await client.until(app.head)
        assert client.positions() == await app.positions(head)
        assert not faulty
    faults.clear()


@pytest.mark.parametrize(
    ("payload", "code"), [("{", "CURSOR_TOO_OLD"), ('v7 {"newer": true}', "UNAVAILABLE")]
)
async def test_an_event_that_cannot_be_read_is_told_and_never_skipped(
    database_url: str, faults: pytest.LogCaptureFixture, payload: str, code: str
) -> None:
    async with live(database_url, ring_bytes_max=1) as app:
        after = app.cursor()
        item = await app.item()
        await app.commit(item, 3)
        await app.services.database.writing.change(
            "UPDATE event SET payload = ? WHERE position = ?", payload, app.head - 1
        )
        client = await app.client()
        await client.start("s", FEED, after=after)
        assert await ending(client) == code
    faults.clear()
