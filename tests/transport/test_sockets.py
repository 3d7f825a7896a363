"""Real sockets on the real server: what a client sees, message by message."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect

from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import UserChange, Users
from graphql_api.clock import HeldClock
from graphql_api.engine import preparation
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.locations import Locations
from graphql_api.transport import sockets as sockets_module
from graphql_api.transport.protocol import ID_CHARACTERS_MAX
from tests.campaigns import by_kind, is_long
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.clients import Client, position_of
from tests.transport.serving import (
    ADJUST,
    FEED,
    FETCHING_FEED,
    PEOPLE,
    adjustment,
    live,
    session_id,
)

STOCK = '{ item(ref: {sku: "SKU-1"}) { stock } }'


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server looks after its sockets more often than every second."""
    monkeypatch.setattr(sockets_module, "LOOK_INTERVAL_S", 0.02)


# Opening


async def test_the_ack_tells_where_the_log_stands_and_how_often_to_ask(database_url: str) -> None:
    async with live(database_url, heartbeat_seconds=7) as app:
        await app.item()
        client = await app.client("viewer")
        assert client.ack == {
            "cursor": app.cursor(),
            "heartbeatSeconds": 7,
            "polling": {"alertsMinutes": 10, "disconnectedAlertsMinutes": 5},
        }


async def test_a_socket_without_an_init_is_closed_with_4408(database_url: str) -> None:
    async with live(database_url, init_timeout_seconds=0.05) as app:
        client = await app.connect()
        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_an_init_whose_check_takes_longer_than_the_time_for_it_is_not_too_late(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live(database_url) as app:
        checked = hold(monkeypatch, app.services.of(Sessions), "viewer_of")
        client = await app.connect()
        await client.send_init(app.token("user"))
        await checked.reached.wait()
        (socket,) = app.sockets._all
        assert socket._init_timer.cancelled()  # so there is no time that this machine must keep
        checked.go_on.set()
        assert (await client.control("connection_ack"))["payload"]["cursor"]


async def test_a_second_init_during_the_check_of_the_first_closes_with_4429(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live(database_url) as app:
        checked = hold(monkeypatch, app.services.of(Sessions), "viewer_of")
        client = await app.connect()
        await client.send_init(app.token("user"))
        await checked.reached.wait()
        await client.send_init(app.token("user"))
        assert (await client.closed())[0] == 4429
        checked.go_on.set()
        await app.assert_nothing_left()


async def test_a_client_that_goes_while_its_init_is_checked_is_not_counted(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It was admitted after it had gone: one of its user's sockets was taken for ever.
    async with live(database_url) as app:
        checked = hold(monkeypatch, app.services.of(Sessions), "viewer_of")
        client = await app.connect()
        await client.send_init(app.token("user"))
        await checked.reached.wait()
        client.reset()
        await eventually(lambda: not app.sockets._all)
        checked.go_on.set()
        await (await app.client("user")).close()
        await app.assert_nothing_left()


@pytest.mark.parametrize("change", ["logout", "role"])
async def test_what_changes_while_an_init_is_checked_is_heeded(
    database_url: str, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    # The session that had been looked up was taken as it had been: its subscriptions waited for
    # ever for a judgement that had passed.
    async with live(database_url) as app:
        hidden, seen = await app.item(admins_only=1), await app.item("SEEN")
        checked = hold(monkeypatch, app.services.of(Sessions), "viewer_of", after=True)
        client = await app.connect()
        await client.send_init(app.token("admin"))
        await checked.reached.wait()
        user_id, session = PEOPLE["admin"][0], session_id("admin")
        if change == "logout":
            await app.services.of(Sessions).log_out(session)
            checked.go_on.set()
            assert (await client.closed())[0] == 4403
        else:
            await app.services.of(Users).change(UserChange(user_id, role=Role.VIEWER))
            checked.go_on.set()
            await client.control("connection_ack")
            assert app.services.counters.connections_by_role["VIEWER"] == 1
            await app.subscribe(client)
            began = app.head
            await app.commit(hidden)
            await app.commit(seen)
            assert await client.until(app.head) == await app.positions(
                began, f"subject = {seen.id}"
            )


async def test_a_second_init_after_the_ack_closes_with_4429(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client()
        await client.send_init(app.token("user"))
        assert (await client.closed())[0] == 4429


async def test_an_operation_before_the_ack_closes_with_4401(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.connect()
        await client.start("1", STOCK)
        assert await client.closed() == (4401, "Unauthorized")


@pytest.mark.parametrize("token", ["nonsense", "", "a.b.c", "x" * 5_000])
async def test_a_token_that_is_none_is_refused_with_4403(database_url: str, token: str) -> None:
    async with live(database_url) as app:
        client = await app.connect()
        await client.send(
            {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        )
        code, reason = await client.closed()
        assert code == 4403 and reason


async def test_an_authorization_that_is_no_text_is_refused_with_4403(database_url: str) -> None:
    async with live(database_url) as app:
        given: list[Any] = [1, [], {"a": 1}, True, "Basic x"]
        for authorization in given:
            client = await app.connect()
            await client.send(
                {"type": "connection_init", "payload": {"authorization": authorization}}
            )
            assert (await client.closed())[0] == 4403


async def test_a_check_that_fails_tells_the_client_to_come_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch, faults: pytest.LogCaptureFixture
) -> None:
    async with live(database_url) as app:

        async def fails(_: str) -> None:
            raise OSError("the database is away")

        monkeypatch.setattr(app.services.of(Sessions), "viewer_of", fails)
        client = await app.connect()
        await client.send_init(app.token("user"))
        assert (await client.closed())[0] == 1013
        await app.assert_nothing_left()
    faults.clear()


async def test_without_a_token_only_what_needs_none_answers(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client(None)
        assert await client.run("{ __typename }") == {"__typename": "Query"}
        await client.start("q", STOCK)
        message = await client.message("q")
        assert message["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        await client.message("q")
        await client.start("s", FEED)
        assert await client.refusal() == ["UNAUTHENTICATED"]
        assert not client.is_closed


async def test_a_user_has_only_so_many_sockets_and_the_refusal_says_why(database_url: str) -> None:
    async with live(database_url, sockets_per_user_max=3) as app:
        mine = [await app.client("user", session) for session in (1, 2, 3)]
        await app.client("viewer")
        refused = await app.connect()
        await refused.send_init(app.token("user"))
        code, reason = await refused.closed()
        assert code == 4403 and "3 sockets open" in reason
        await mine[0].close()
        await eventually(lambda: app.services.counters.connections == 3)
        await app.client("user")


# Operations


async def test_queries_and_mutations_run_over_the_socket(database_url: str) -> None:
    async with live(database_url) as app:
        item = await app.item(initial_stock=5)
        client = await app.client("user")
        data = await client.run(ADJUST, input=adjustment(item, 3))
        assert data["adjustStock"]["movement"]["newStock"] == 8
        assert await client.run(STOCK) == {"item": {"stock": 8}}
        await client.start("q", STOCK)
        assert (await client.message("q"))["payload"]["extensions"]["cost"] > 0


MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "syntax": ("{ item", {}, "GRAPHQL_PARSE_FAILED"),
    "nothing": ("", {}, "GRAPHQL_PARSE_FAILED"),
    "validation": ("{ unknown }", {}, "GRAPHQL_VALIDATION_FAILED"),
    "two subscriptions": (
        "subscription { inventoryUpdated { cursor } alertRaised { cursor } }",
        {},
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a missing variable": (
        "query($ref: ItemRef!) { item(ref: $ref) { id } }",
        {},
        "BAD_USER_INPUT",
    ),
    "a wrong variable of a subscription": (FEED, {"where": {"types": ["NO"]}}, "BAD_USER_INPUT"),
    "too deep": ("{ a " + "{ a " * 40 + "}" * 41, {}, "LIMIT_EXCEEDED"),
    "too long": ("{ __typename }" + " " * 15_000, {}, "LIMIT_EXCEEDED"),
    "too many tokens": ("{ " + "__typename " * 2_000 + "}", {}, "LIMIT_EXCEEDED"),
    "too dear": (
        "{ items(first: 100) { nodes { movements(first: 100) { nodes { id } } } } }",
        {},
        "LIMIT_EXCEEDED",
    ),
    "too many values": (
        FEED,
        {"where": {"itemIds": [str(number) for number in range(1_001)]}},
        "INVALID_INPUT",
    ),
    "a cursor that is none": (FEED, {"after": "nonsense"}, "CURSOR_INVALID"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_an_operations_own_mistake_is_an_error_for_its_id_and_nothing_more(
    database_url: str, mistake: str
) -> None:
    query, variables, code = MISTAKES[mistake]
    async with live(database_url) as app:
        await app.item()
        client = await app.subscriber()
        await client.start("bad", query, **variables)
        assert code in await client.refusal("bad")
        await client.start("bad", STOCK)  # the id is free again
        assert (await client.message("bad"))["payload"]["data"]
        await app.commit(await app.item("SKU-2"))
        assert len(await client.until(app.head)) == 2


async def test_an_unknown_operation_name_is_an_error_for_its_id(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client()
        query = "query A { __typename } query B { __typename }"
        for name in ("C", None, ""):
            payload = {"query": query, "operationName": name}
            await client.send({"id": "1", "type": "subscribe", "payload": payload})
            assert await client.refusal("1") == ["OPERATION_RESOLUTION_FAILURE"]
        payload = {"query": query, "operationName": "B"}
        await client.send({"id": "1", "type": "subscribe", "payload": payload})
        assert (await client.message("1"))["payload"]["data"] == {"__typename": "Query"}


async def test_one_operation_too_many_is_an_error_and_the_socket_stays(database_url: str) -> None:
    async with live(database_url, operations_per_socket_max=50) as app:
        client = await app.client()
        for number in range(50):
            await client.start(f"{number}", FEED)
        await eventually(lambda: app.services.counters.subscriptions == 50)
        await client.start("one more", STOCK)
        assert await client.refusal("one more") == ["LIMIT_EXCEEDED"]
        await client.complete("7")
        assert (await client.run(STOCK, "one more")) == {"item": None}
        item = await app.item()
        for number in (0, 49):
            assert (await client.event(f"{number}"))["item"]["id"] == str(item.id)


async def test_a_rate_that_is_kept_up_is_an_error_for_the_operation(database_url: str) -> None:
    clock = HeldClock()
    async with live(database_url, clock, rate_limit="on", rate_operations_per_second=2) as app:
        client = await app.client()
        for _ in range(10):
            await client.run(STOCK)
        await client.start("q", STOCK)
        assert await client.refusal("q") == ["RATE_LIMITED"]
        clock.advance(1)
        await client.run(STOCK)


async def test_a_subscription_tells_each_change_as_it_is_committed(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.subscriber("viewer")
        item = await app.item(initial_stock=0)
        await app.commit(item)
        created, moved = await client.event(), await client.event()
        if created["type"] == "CREATED" and moved["item"]["stock"] == 0:  # an alert in between
            moved = await client.event()
        assert created["item"] == {"id": str(item.id), "sku": "SKU-1", "stock": 0, "version": 1}
        assert moved["type"] == "STOCK_UPDATED"
        assert moved["details"] == {"oldStock": 0, "newStock": 1}
        assert position_of(moved) > position_of(created)


async def test_complete_ends_a_subscription_without_an_echo(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.subscriber()
        await client.complete("s")
        await client.settle()
        await app.item()
        await client.settle()
        assert [m for m in client.received if m.get("id") == "s"] == []
        assert app.services.counters.subscriptions == 0
        assert app.services.counters.execution_groups == 0


async def test_a_member_that_has_left_is_forgotten_though_its_group_lives_on(
    database_url: str,
) -> None:
    # The group's first member was kept for its context: its socket with it, for as long as others
    # stayed.
    async with live(database_url) as app:
        first = await app.subscriber("user")
        (socket,) = app.sockets._all
        gone = weakref.ref(socket)
        del socket
        second = await app.subscriber("user", session=2)
        assert app.services.counters.execution_groups == 1
        await first.close()
        await eventually(lambda: app.services.counters.connections == 1)
        await asyncio.sleep(0)
        gc.collect()
        assert gone() is None
        await app.item()
        await second.event()


# In the middle of something


class Held:
    """A call of the server that a test holds: `reached` when it came, `go_on` to let it run."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()


def hold(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool = False) -> Held:
    """Hold an async method of a part of the server: before it does its work, or after."""
    held = Held()
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        if after:
            result = await original(*args, **kwargs)
        held.reached.set()
        await held.go_on.wait()
        return result if after else await original(*args, **kwargs)

    monkeypatch.setattr(owner, name, wrapped)
    return held


async def test_an_id_that_is_still_being_prepared_is_in_use(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live(database_url) as app:
        opening = hold(monkeypatch, app.services.log, "check_cursor")
        client = await app.client()
        await client.start("s", FEED, after=app.cursor())
        await opening.reached.wait()
        await client.start("s", FEED)
        assert await client.closed() == (4409, "Subscriber for s already exists")
        opening.go_on.set()
        await app.assert_nothing_left()


async def test_a_subscription_that_is_completed_before_it_has_begun_never_begins(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live(database_url) as app:
        await app.item()
        opening = hold(monkeypatch, app.services.log, "check_cursor")
        client = await app.client()
        await client.start("s", FEED, after=await app.cursor_at(0))
        await opening.reached.wait()
        await client.complete("s")
        await client.settle()
        opening.go_on.set()
        await client.start("s", FEED)  # the id is free at once
        await eventually(lambda: app.services.counters.subscriptions == 1)
        await app.item("SKU-2")
        assert await client.until(app.head) == await app.positions(1)


async def test_a_query_that_is_completed_before_its_result_answers_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live(database_url) as app:
        finding = hold(monkeypatch, app.services.of(Catalogue), "find")
        client = await app.client()
        await client.start("q", STOCK)
        await finding.reached.wait()
        await client.complete("q")
        await client.settle()
        finding.go_on.set()
        await client.settle()
        assert [m for m in client.received if m.get("id") == "q"] == []
        assert await client.run(STOCK) == {"item": None}


async def test_completing_a_mutation_that_runs_does_not_undo_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live(database_url) as app:
        item = await app.item(initial_stock=5)
        client = await app.client()
        taking = hold(monkeypatch, app.services.log, "take_head", after=True)
        await client.start("m", ADJUST, input=adjustment(item, 3, "the key"))
        await taking.reached.wait()
        await client.complete("m")
        await client.settle()
        taking.go_on.set()
        await eventually(lambda: app.head == 2)
        data = await client.run(ADJUST, input=adjustment(item, 3, "the key"))
        assert data["adjustStock"]["replayed"] is True
        assert data["adjustStock"]["movement"]["newStock"] == 8
        assert [m for m in client.received if m.get("id") == "m"] == []


async def test_a_socket_that_goes_while_its_operations_begin_leaves_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with live(database_url) as app:
        opening = hold(monkeypatch, app.services.log, "check_cursor")
        client = await app.client()
        for number in range(20):
            await client.start(f"{number}", FEED, after=app.cursor())
        await opening.reached.wait()
        client.reset()
        await eventually(lambda: not app.sockets._all)
        opening.go_on.set()
        await app.assert_nothing_left()


async def test_a_field_that_fails_in_an_event_is_told_masked_and_the_subscription_goes_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch, faults: pytest.LogCaptureFixture
) -> None:
    async with live(database_url) as app:
        item = await app.item()
        client = await app.subscriber(query=FETCHING_FEED)

        async def fails(*_: Any) -> Any:
            raise RuntimeError("secret: the password is x")

        with monkeypatch.context() as patched:
            patched.setattr(type(app.services.of(Locations)), "by_ids", fails)
            await app.commit(item)
            await eventually(lambda: any(m.get("id") == "s" for m in client.received))
        message = await client.message("s")
        (error,) = message["payload"]["errors"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in str(message)
        await app.commit(item)
        assert (await client.event())["item"]["levels"]
    assert any("fault" in record.getMessage() for record in faults.records)
    faults.clear()


# Resuming


@pytest.mark.parametrize("query", [FEED, FETCHING_FEED], ids=["at once", "fetching"])
@pytest.mark.parametrize("ring_bytes", [16_000_000, 1], ids=["ring", "log"])
async def test_resuming_while_events_are_committed_leaves_no_hole_and_repeats_nothing(
    database_url: str, query: str, ring_bytes: int
) -> None:
    async with live(database_url, ring_bytes_max=ring_bytes, sockets_per_user_max=50) as app:
        items = [await app.item(f"SKU-{number}") for number in range(4)]
        await app.commit(items[0], 60)
        done = asyncio.Event()

        async def keep_committing() -> None:
            while not done.is_set():
                await asyncio.gather(*(app.commit(item) for item in items))
                await asyncio.sleep(0)

        writing = asyncio.create_task(keep_committing())
        clients: dict[int, Client] = {}
        try:
            for after in range(0, app.head, 5):
                client = await app.client("viewer")
                await client.start("s", query, after=await app.cursor_at(after))
                clients[after] = client
        finally:
            done.set()
            await writing
        for after, client in clients.items():
            assert await client.until(app.head) == await app.positions(after)
        assert app.services.counters.subscriptions == len(clients)


async def test_a_client_that_is_cut_again_and_again_ends_up_with_every_event_once(
    database_url: str,
) -> None:
    async with live(database_url) as app:
        item = await app.item()
        got: list[int] = []
        cursor = await app.cursor_at(0)
        for cut in range(12):
            client = await app.subscriber(after=cursor)
            await app.commit(item, 1 + cut % 4)
            await client.until(app.head) if cut % 3 else await client.event()
            got += client.positions()
            cursor = client.events()[-1]["cursor"]
            client.reset()
        last = await app.subscriber(after=cursor)
        await app.commit(item)
        got += await last.until(app.head)
        assert got == await app.positions()


async def test_a_cursor_of_a_query_and_a_subscription_after_it_leave_no_hole(
    database_url: str,
) -> None:
    async with live(database_url) as app:
        item = await app.item(initial_stock=0)
        client = await app.client("viewer")
        writing = asyncio.gather(*(app.commit(item) for _ in range(40)))
        data = await client.run('{ syncCursor item(ref: {sku: "SKU-1"}) { stock version } }')
        await client.start("s", FEED, after=data["syncCursor"])
        await writing
        await app.commit(item)  # the query may have come after all of the others
        await client.until((await app.positions())[-1])
        versions = [event["item"]["version"] for event in client.events()]
        known = data["item"]["version"]
        newer = [version for version in versions if version > known]
        assert newer == list(range(known + 1, 43))
        assert client.events()[-1]["item"]["stock"] == 41


async def test_the_heartbeat_says_up_to_where_everything_was_delivered(
    database_url: str, quick_looks: None
) -> None:
    clock = HeldClock()
    async with live(database_url, clock, heartbeat_seconds=25) as app:
        item = await app.item()
        other = await app.item("SKU-2")
        client = await app.subscriber("viewer", where={"itemIds": [str(other.id)]})
        await app.commit(item, 3)
        assert client.pings == []
        clock.advance(26)
        await eventually(lambda: len(client.pings) == 1)
        assert client.pings == [{"cursor": app.cursor()}]
        assert client.events() == []
        clock.advance(26)
        await eventually(lambda: len(client.pings) == 2)


async def test_the_heartbeat_has_no_cursor_while_a_subscription_is_not_there_yet(
    database_url: str, quick_looks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A subscription that was still being opened counted as served: its client, cut at that moment,
    # came back with a cursor beyond what it had been sent.
    clock = HeldClock()
    async with live(database_url, clock, heartbeat_seconds=25) as app:
        item = await app.item()
        await app.commit(item, 3)
        opening = hold(monkeypatch, app.services.log, "check_cursor")
        client = await app.client()
        await client.start("s", FEED, after=await app.cursor_at(0))
        await opening.reached.wait()
        clock.advance(26)
        await eventually(lambda: len(client.pings) == 1)
        assert client.pings == [None]
        opening.go_on.set()
        await client.until(app.head)
        clock.advance(26)
        await eventually(lambda: len(client.pings) == 2)
        assert client.pings[1] == {"cursor": app.cursor()}


async def test_a_socket_without_an_operation_for_too_long_is_closed_with_1000(
    database_url: str, quick_looks: None
) -> None:
    clock = HeldClock()
    async with live(
        database_url, clock, idle_disconnect_minutes=5, access_token_minutes=600
    ) as app:
        idle, busy, once = await app.client(), await app.subscriber(), await app.client()
        clock.advance(4 * 60)
        await once.run(STOCK)
        clock.advance(61)
        assert await idle.closed() == (1000, "No operation for too long")
        await busy.settle()
        await once.settle()
        clock.advance(4 * 60)
        assert (await once.closed())[0] == 1000
        await busy.settle()
        await busy.complete("s")
        await busy.settle()
        clock.advance(5 * 60 + 1)
        assert (await busy.closed())[0] == 1000


# Storms


async def test_storms_of_starting_and_completing_leave_nothing_behind(database_url: str) -> None:
    async with live(database_url) as app:
        item = await app.item()
        client = await app.client()
        cursor = await app.cursor_at(0)
        for number in range(1_000):
            operation_id = f"{number % 7}"
            query = FEED if number % 2 else FETCHING_FEED
            await client.start(operation_id, query, after=cursor if number % 3 else None)
            await client.complete(operation_id)
            if number % 100 == 0:
                await app.commit(item)
        await client.settle()
        await eventually(lambda: app.services.counters.subscriptions == 0)
        assert app.services.counters.execution_groups == 0
        assert not client.is_closed
        known = len(client.received)
        await app.commit(item)
        await client.settle()
        assert [m for m in client.received[known:] if m["type"] == "next"] == []
        await client.close()
        await app.assert_nothing_left()
        assert not app.sockets.groups.tasks


async def test_storms_of_quick_queries_answer_each_once(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client()
        for number in range(300):
            await client.start(f"{number}", "{ __typename }")
            if number % 40 == 39:
                await client.message(f"{number}")
                await client.message(f"{number}")
        for number in range(300):
            if number % 40 != 39 and (await client.message(f"{number}"))["type"] == "next":
                await client.message(f"{number}")
        for number in range(300):
            kinds = [m["type"] for m in client.received if m.get("id") == f"{number}"]
            assert kinds in (["next", "complete"], ["error"])


async def test_completes_for_what_never_ran_are_nothing(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client()
        for number in range(1_000):
            await client.complete(f"{number}")
        await client.settle()
        assert await client.run("{ __typename }")


async def test_thousands_of_different_documents_are_forgotten_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = by_kind(200, preparation.DOCUMENTS_MAX, preparation.DOCUMENTS_MAX)
    monkeypatch.setattr(preparation, "DOCUMENTS_MAX", most)
    async with live(database_url, sockets_per_user_max=50) as app:
        client = await app.client()
        for number in range(10_000 if is_long() else most + 200):
            operation_id = f"{number % 40}"
            if number >= 40:
                await client.complete(operation_id)
            await client.start(
                operation_id, f"subscription {{ s{number}: alertRaised {{ cursor }} }}"
            )
            if number % 200 == 0:
                await client.settle()
        await client.settle()
        documents = app.app.schema.documents
        assert len(documents._kept) <= most
        await eventually(lambda: app.services.counters.execution_groups == 40)
        await client.close()
        await app.assert_nothing_left()


async def test_many_sockets_of_many_groups_come_and_go_without_a_trace(database_url: str) -> None:
    async with live(database_url, sockets_per_user_max=1_000) as app:
        item = await app.item()
        for _ in range(3):
            clients = [await app.subscriber(("viewer", "user")[n % 2]) for n in range(30)]
            assert app.services.counters.execution_groups == 2
            await app.commit(item, 2)
            for client in clients:
                await client.until(app.head)
            for number, client in enumerate(clients):
                if number % 2:
                    client.reset()
                else:
                    await client.close()
            await app.assert_nothing_left()


async def test_the_status_counts_what_is_there(database_url: str) -> None:
    status = """{ realtimeStatus {
      connections subscriptions executionGroups connectionsByRole { role count } head lag
      deliveries slowSockets } }"""
    async with live(database_url) as app:
        item = await app.item()
        clients = [await app.subscriber("viewer", session=n) for n in (1, 2, 3)]
        await app.subscribe(clients[0], FETCHING_FEED, "more")
        await app.commit(item)
        for client in clients:
            await client.until(app.head)
        await clients[0].event("more")
        admin = await app.client("admin")
        told = (await admin.run(status))["realtimeStatus"]
        assert told == {
            "connections": 4,
            "subscriptions": 4,
            "executionGroups": 2,
            "connectionsByRole": [
                {"role": "ADMIN", "count": 1},
                {"role": "USER", "count": 0},
                {"role": "VIEWER", "count": 3},
            ],
            "head": app.cursor(),
            "lag": 0,
            "deliveries": 4,
            "slowSockets": 0,
        }


# Frames


async def test_a_message_may_come_in_fragments(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client()
        text = '{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}'
        await client.send_text(list(text))
        assert (await client.message("1"))["type"] == "next"


async def test_a_binary_frame_closes_with_4400(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.subscriber()
        await client.send_text(b'{"type":"ping"}')
        assert await client.closed() == (4400, "Messages are text frames.")
        await app.assert_nothing_left()


@pytest.mark.parametrize(
    "text", ["[]", "1", "null", "nonsense", "", '{"type":"nonsense"}', "{" * 30_000]
)
async def test_a_malformed_message_closes_with_4400_and_ends_its_operations(
    database_url: str, text: str
) -> None:
    async with live(database_url) as app:
        client = await app.subscriber()
        await client.send_text(text)
        assert (await client.closed())[0] == 4400
        await app.assert_nothing_left()


@pytest.mark.parametrize("filler", ["x", "ü"])
async def test_a_message_may_have_64_kib_and_not_one_byte_more(
    database_url: str, filler: str
) -> None:
    def ping(size: int) -> str:
        text = '{"type":"ping","payload":{"x":"%s"}}'
        room = size - len(text % "")
        filled = filler * (room // len(filler.encode()))
        return text % (filled + "." * (room - len(filled.encode())))

    async with live(database_url) as app:
        client = await app.client()
        assert len(ping(65_536).encode()) == 65_536
        await client.send_text(ping(65_536))
        assert (await client.control("pong"))["payload"]["x"].startswith(filler)
        await client.send_text(ping(65_537))
        code, reason = await client.closed()
        assert code == 1009
        assert "65536" in reason
        await app.assert_nothing_left()


async def test_a_frame_far_too_long_closes_with_1009(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client()
        await client.send_text("x" * 1_000_000)
        assert (await client.closed())[0] == 1009
        await app.assert_nothing_left()


async def test_half_a_frame_disturbs_nobody_and_ends_with_its_socket(database_url: str) -> None:
    async with live(database_url) as app:
        half = await app.raw()
        await half.start("s", FEED)
        await eventually(lambda: app.services.counters.subscriptions == 1)
        await half.send_bytes(b"\x81\xfe\x10\x00\x00\x00\x00\x00{")  # 4 KiB are announced
        other = await app.subscriber("viewer")
        await app.item()
        await other.until(app.head)
        assert (await half.read())["type"] == "next"
        half.reset()
        await other.close()
        await app.assert_nothing_left()


async def test_a_ping_too_deep_to_be_echoed_closes_with_4400(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client()
        nested = '{"a":' * 400 + "1" + "}" * 400
        await client.send_text(f'{{"type":"ping","payload":{nested}}}')
        assert (await client.closed())[0] == 4400


async def test_an_id_of_any_characters_comes_back_as_it_was(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client()
        for operation_id in ('"\\', "\u2028\u0000\n", "😀" * ID_CHARACTERS_MAX):
            assert await client.run("{ __typename }", operation_id)
            await app.subscribe(client, FEED, operation_id)
            await app.item(f"SKU {len(client.received)}")
            await client.event(operation_id)
        await client.start("x" * (ID_CHARACTERS_MAX + 1), "{ __typename }")
        assert (await client.closed())[0] == 4400


async def test_other_protocols_are_not_spoken(database_url: str) -> None:
    async with live(database_url) as app:
        for protocols in (["graphql-ws"], None):
            async with connect(app.url, subprotocols=protocols, compression=None) as other:  # type: ignore[arg-type]
                await asyncio.wait_for(other.wait_closed(), PATIENCE_S)
                assert other.close_code == 4406
        await app.assert_nothing_left()


async def test_a_second_application_in_one_process_is_a_world_of_its_own(
    database_url: str, sqlite_maker: Any
) -> None:
    other_url = sqlite_maker.fresh()
    async with live(database_url) as one, live(other_url) as other:
        here, there = await one.subscriber(), await other.subscriber()
        await one.item()
        await here.until(one.head)
        await there.settle()
        assert there.events() == []
    sqlite_maker.discard(other_url)
