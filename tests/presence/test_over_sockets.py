"""Presence as clients have it: over real sockets, on a clock that stands still until told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from graphql_api.accounts.sessions import Sessions
from graphql_api.clock import HeldClock
from graphql_api.delivery.audience import ADMINS, EVERYONE
from graphql_api.events.log import Unreadable
from graphql_api.inventory.items import Item
from graphql_api.kernel.codec import WrittenByNewer
from graphql_api.presence.entries import Activity, Person
from graphql_api.presence.live import LivePresence
from graphql_api.presence.presence import Presence
from graphql_api.transport import states as states_module
from tests.builders import hide
from tests.databases import SqliteMaker
from tests.patience import PATIENCE_S
from tests.presence.asking import (
    ASK,
    RELEASE,
    SET,
    TAKE,
    UPDATE,
    WATCH,
    codes,
    go,
    id_of,
    shown,
    take,
    told,
    told_until,
)
from tests.streams import eventually
from tests.transport.clients import Client
from tests.transport.serving import SEND_BUFFER, UPDATE_USER, Live, live


@pytest.fixture
def database_url(sqlite_maker: SqliteMaker) -> Iterator[str]:
    """Presence above the leases does not know the database."""
    url = sqlite_maker.fresh()
    yield url
    sqlite_maker.discard(url)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def app(database_url: str, clock: HeldClock) -> AsyncIterator[Live]:
    async with live(
        database_url, clock, heartbeat_seconds=10_000, idle_disconnect_minutes=10_000
    ) as opened:
        yield opened


def move_on(app: Live, seconds: float) -> None:
    """Let time pass, and presence notice it."""
    assert isinstance(app.clock, HeldClock)
    app.clock.advance(seconds)
    app.services.of(LivePresence).look()


async def watch(app: Live, who: str = "viewer", *items: Item, session: int = 1) -> Client:
    """A subscriber to the presence at these items, or at all."""
    ids = [id_of(item) for item in items] or None
    return await app.subscriber(who, WATCH, session, ids=ids)


async def test_two_people_see_each_other_come_edit_and_go(app: Live) -> None:
    item = await app.item()
    watcher = await watch(app, "viewer", item)
    user, admin = await app.client("user"), await app.client("admin")
    answered = await go(user, item)
    assert shown(answered) == [("user", "VIEWING", False)]
    first = await told(watcher)
    assert first["itemId"] == id_of(item)
    assert shown(first) == [("user", "VIEWING", False)]
    assert first["lease"] is None
    move_on(app, 1)
    await go(admin, item, "EDITING", typing=True)
    second = await told(watcher)
    assert shown(second) == [("user", "VIEWING", False), ("admin", "EDITING", True)]
    assert first["at"] < second["at"]
    move_on(app, 5)  # the typing ends by itself
    assert shown(await told(watcher)) == [("user", "VIEWING", False), ("admin", "EDITING", False)]
    await user.close()
    await eventually(lambda: app.services.counters.connections == 2)
    move_on(app, 4.9)
    await watcher.settle()
    assert len(watcher.events()) == 3
    move_on(app, 0.1)
    assert shown(await told(watcher)) == [("admin", "EDITING", False)]
    await go(admin, None)
    move_on(app, 5)
    assert shown(await told(watcher)) == []


async def test_a_new_subscription_begins_with_the_state_of_now(app: Live) -> None:
    items = [await app.item(f"SKU-{number}") for number in range(3)]
    user, viewer = await app.client("user"), await app.client("viewer")
    await go(user, items[0], "EDITING")
    await go(viewer, items[1])
    everything = await watch(app, "viewer")
    states = {state["itemId"]: shown(state) for state in [await told(everything) for _ in "12"]}
    assert states == {
        id_of(items[0]): [("user", "EDITING", False)],
        id_of(items[1]): [("viewer", "VIEWING", False)],
    }
    one = await watch(app, "viewer", items[1], items[2], session=2)
    assert (await told(one))["itemId"] == id_of(items[1])
    # A change of an item that was not asked for is not told.
    move_on(app, 1)
    await go(user, items[2], "EDITING")
    assert (await told(one))["itemId"] == id_of(items[2])
    asked = (await viewer.run(ASK, ids=[id_of(items[2]), "99", id_of(items[2])]))["presence"]
    assert [(state["itemId"], shown(state)) for state in asked] == [
        (id_of(items[2]), [("user", "EDITING", False)])
    ]


async def test_more_than_a_turns_worth_of_states_comes_whole(
    app: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states_module, "TURN_STATES", 7)
    presence = app.services.of(LivePresence)
    items = [await app.item(f"SKU-{number}") for number in range(30)]
    user = await app.client("user")
    for item in items:
        await take(user, item)
    await eventually(lambda: len(list(presence.subjects(4))) == len(items))
    from_all = await watch(app)
    assert {(await told(from_all))["itemId"] for _ in items} == {id_of(item) for item in items}


async def test_a_reconnect_within_5_seconds_is_not_seen(app: Live) -> None:
    item = await app.item()
    watcher = await watch(app, "viewer", item)
    user = await app.client("user")
    await go(user, item, "EDITING")
    await told(watcher)
    user.reset()
    await eventually(lambda: app.services.counters.connections == 1)
    move_on(app, 3)
    again = await app.client("user", session=2)
    await go(again, item, "EDITING")
    move_on(app, 30)
    move_on(app, 10)
    await watcher.settle()
    assert len(watcher.events()) == 1


async def test_presence_over_http_lives_until_its_45_seconds(app: Live) -> None:
    item = await app.item()
    watcher = await watch(app, "viewer", item)
    context = app.services
    viewer = await context.of(Sessions).viewer_of(app.token("user"))
    # As a request over HTTP has it: without a connection's number.
    from_http = await context.of(LivePresence).set(viewer, None, item.id, Activity.VIEWING, False)
    assert from_http is not None
    await told(watcher)
    move_on(app, 44.9)
    await watcher.settle()
    assert len(watcher.events()) == 1
    move_on(app, 0.1)
    assert shown(await told(watcher)) == []


async def test_who_may_not_see_an_item_learns_nothing_of_it_and_cannot_be_there(app: Live) -> None:
    item, public = await app.item("SECRET", admins_only=1), await app.item("PUBLIC")
    watcher, insider = await watch(app, "viewer"), await watch(app, "boss")
    admin, user = await app.client("admin"), await app.client("user")
    await go(admin, item, "EDITING")
    assert shown(await told(insider)) == [("admin", "EDITING", False)]
    for who in (user, await app.client("viewer")):
        payload = (await who.run(SET, input={"itemId": id_of(item)}))["setPresence"]
        assert codes(payload) == ["NOT_FOUND"]
        assert payload["presence"] is None
        assert (await who.run(ASK, ids=[id_of(item)]))["presence"] == []
    assert codes(await take(user, item)) == ["NOT_FOUND"]
    late = await watch(app, "user")
    await go(user, public)
    for outsider in (watcher, late):
        assert (await told(outsider))["itemId"] == id_of(public)
        assert len(outsider.events()) == 1


async def test_hiding_and_deleting_an_item_ends_what_is_told_of_it(app: Live) -> None:
    hidden, deleted = await app.item("HIDDEN"), await app.item("DELETED")
    watcher, insider = await watch(app, "viewer"), await watch(app, "boss")
    user, admin = await app.client("user"), await app.client("admin")
    await go(user, hidden)
    await go(admin, deleted)
    for one in (watcher, insider):
        assert {(await told(one))["itemId"] for _ in "12"} == {id_of(hidden), id_of(deleted)}
    move_on(app, 1)
    await hide(app.services, hidden)
    state = await told(watcher)
    assert (state["itemId"], shown(state)) == (id_of(hidden), [])
    state = await told_until(insider, [])  # the user may not see it either, so is not there
    assert state["itemId"] == id_of(hidden)
    await admin.run(
        "mutation($id: ID!) { deleteItem(input: {id: $id}) { userErrors { code } } }",
        id=id_of(deleted),
    )
    for one in (watcher, insider):
        state = await told(one)
        assert (state["itemId"], shown(state)) == (id_of(deleted), [])
    payload = (await user.run(SET, input={"itemId": id_of(deleted)}))["setPresence"]
    assert codes(payload) == ["NOT_FOUND"]


async def test_a_viewer_looks_and_does_not_edit(app: Live) -> None:
    item = await app.item()
    viewer = await app.client("viewer")
    payload = (await viewer.run(SET, input={"itemId": id_of(item), "activity": "EDITING"}))[
        "setPresence"
    ]
    assert codes(payload) == ["FORBIDDEN"]
    assert codes(await take(viewer, item)) == ["FORBIDDEN"]
    await go(viewer, item)


async def test_without_a_session_everything_is_refused(app: Live) -> None:
    nobody = await app.client(None)
    calls: list[tuple[str, dict[str, Any]]] = [
        (SET, {"input": {"itemId": "1"}}),
        (ASK, {"ids": ["1"]}),
        (TAKE, {"id": "1"}),
        (RELEASE, {"id": "1", "token": "1-a"}),
    ]
    for number, (query, variables) in enumerate(calls):
        await nobody.start(f"{number}", query, **variables)
        message = await nobody.message(f"{number}")
        assert "UNAUTHENTICATED" in str(message), message
    await nobody.start("s", WATCH)
    assert await nobody.refusal() == ["UNAUTHENTICATED"]


async def test_a_session_that_ends_takes_its_presence_and_its_lease_with_it(app: Live) -> None:
    item = await app.item()
    watcher = await watch(app, "viewer", item)
    user = await app.client("user")
    await go(user, item, "EDITING")
    await told(watcher)
    move_on(app, 1)
    token = (await take(user, item))["lease"]["token"]
    while (await told(watcher))["lease"] is None:
        pass
    move_on(app, 1)
    await user.start("out", "mutation { logout }")
    while (state := await told(watcher))["participants"] or state["lease"]:
        move_on(app, 1)
    admin = await app.client("admin")
    assert codes(await take(admin, item)) == []
    again = await app.client("user", session=2)
    payload = await update(again, item, token)
    assert codes(payload) == ["LEASE_LOST"]


async def update(client: Client, item: Item, token: str | None, name: str = "New") -> Any:
    told = {"id": id_of(item), "name": name, "leaseToken": token}
    return (await client.run(UPDATE, input=told))["updateItem"]


async def test_a_deactivated_user_and_one_who_lost_the_right_are_shown_no_more(app: Live) -> None:
    item = await app.item()
    watcher = await watch(app, "boss", item)
    admin = await app.client("boss", session=2)
    user, viewer = await app.client("user"), await app.client("viewer")
    await go(user, item, "EDITING")
    await told(watcher)
    move_on(app, 1)
    await go(viewer, item)
    await told(watcher)
    move_on(app, 1)
    await admin.run(UPDATE_USER, input={"id": "12", "role": "VIEWER"})
    assert shown(await told(watcher)) == [("user", "VIEWING", False), ("viewer", "VIEWING", False)]
    move_on(app, 1)
    await admin.run(UPDATE_USER, input={"id": "12", "active": False})
    assert shown(await told(watcher)) == [("viewer", "VIEWING", False)]


async def test_a_subscriber_whose_role_changes_sees_by_the_new_role(app: Live) -> None:
    secret = await app.item("SECRET", admins_only=1)
    admin = await app.client("admin")
    await go(admin, secret)
    watcher = await watch(app, "viewer")
    boss = await app.client("boss")
    await boss.run(UPDATE_USER, input={"id": "13", "role": "ADMIN"})
    assert shown(await told(watcher)) == [("admin", "VIEWING", False)]
    await boss.run(UPDATE_USER, input={"id": "13", "role": "VIEWER"})
    await watcher.settle()
    await eventually(lambda: app.services.counters.subscriptions == 1)
    move_on(app, 1)
    await go(admin, secret, "EDITING")
    public = await app.item("PUBLIC")
    await go(admin, public)
    assert (await told(watcher))["itemId"] == id_of(public)


async def test_it_counts_as_an_operation_and_leaves_nothing_behind(
    database_url: str, clock: HeldClock
) -> None:
    async with live(
        database_url, clock, operations_per_socket_max=2, heartbeat_seconds=10_000
    ) as app:
        client = await app.client("viewer")
        for operation_id in ("a", "b"):
            await app.subscribe(client, WATCH, operation_id)
        assert app.services.counters.state_groups == 1
        await client.start("c", WATCH)
        assert await client.refusal("c") == ["LIMIT_EXCEEDED"]
        await client.complete("a")
        await eventually(lambda: app.services.counters.subscriptions == 1)
        await client.start("d", WATCH, ids=["1"] * 1_001)
        assert await client.refusal("d") == ["INVALID_INPUT"]
        await client.close()
        await app.assert_nothing_left()
        assert app.services.counters.state_groups == 0
        assert not app.sockets.states._groups


async def test_a_socket_that_did_not_read_for_a_while_ends_at_the_newest_state(
    database_url: str, clock: HeldClock
) -> None:
    async with live(
        database_url,
        clock,
        send_buffer=SEND_BUFFER,
        outbox_bytes_max=8_192,
        slow_reader_seconds=10_000,
        heartbeat_seconds=10_000,
    ) as app:
        crowded, quiet = await app.item("CROWDED"), await app.item("QUIET")
        for number in range(90):  # so that a state has about 30 KB
            person = Person(1_000 + number, "x" * 200, number)
            presence_of(app).enter(f"key {number}", person, crowded.id, Activity.VIEWING, False)
        stuck = await app.raw("viewer")
        await stuck.start("s", WATCH)
        await eventually(lambda: app.services.counters.subscriptions == 1)
        user = await app.client("user")
        changes = 0
        while not any(_missed(socket) for socket in app.sockets._all):
            await go(user, crowded, "EDITING" if changes % 2 else "VIEWING")
            changes += 1
            move_on(app, 0.2)
            assert changes < 100
        for _ in range(10):
            await go(user, quiet, "EDITING")
            move_on(app, 1)
            await go(user, crowded, "VIEWING")
            move_on(app, 1)
        await go(user, crowded, "EDITING", typing=True)
        move_on(app, 1)
        assert max(socket.outbox.bytes_waiting for socket in app.sockets._all) <= 8_192
        newest: dict[str, list[tuple[str, str, bool]]] = {}
        wanted = {id_of(crowded): [("user", "EDITING", True)], id_of(quiet): mine(quiet, app)}
        moments: list[str] = []
        async with asyncio.timeout(PATIENCE_S):
            while newest != wanted:
                message = await stuck.read()
                if message["type"] == "next":
                    state = message["payload"]["data"]["presenceChanged"]
                    newest[state["itemId"]] = [one for one in shown(state) if one[0] == "user"]
                    moments.append(state["at"])
        assert len(moments) < changes + 10  # it was not told everything in between


def presence_of(app: Live) -> Presence:
    return app.services.of(LivePresence)._presence


def mine(item: Item, app: Live) -> list[tuple[str, str, bool]]:
    """What is true of an item that nobody but the user is at."""
    state = presence_of(app).state(item.id, EVERYONE)
    return [(p.name, p.activity.value, p.typing) for p in state.participants]


def _missed(socket: Any) -> bool:
    running = socket._running.values()
    return any(operation.watcher is not None and operation.watcher.missed for operation in running)


# Edit leases


async def test_one_edits_the_other_is_told_who_and_takes_over_when_it_ends(app: Live) -> None:
    item = await app.item()
    watcher = await watch(app, "viewer", item)
    user, admin = await app.client("user"), await app.client("admin")
    taken = await take(user, item)
    lease = taken["lease"]
    assert lease["holder"]["name"] == "user"
    assert lease["token"]
    state = await told(watcher)
    assert state["lease"] == {**lease, "token": None}
    held = await take(admin, item)
    assert held["lease"] is None
    assert [(error["code"], error["message"]) for error in held["userErrors"]] == [
        ("LEASE_HELD", "user is editing this item.")
    ]
    move_on(app, 30)
    renewed = (await take(user, item))["lease"]
    assert renewed["token"] == lease["token"]
    assert renewed["expiresAt"] > lease["expiresAt"]
    assert (await told(watcher))["lease"]["expiresAt"] == renewed["expiresAt"]
    move_on(app, 60)
    assert (await told(watcher))["lease"] is None
    # Nobody else took it: what was begun under it still counts.
    assert codes(await update(user, item, lease["token"], "Late")) == []
    other = (await take(admin, item))["lease"]
    refused = await update(user, item, lease["token"], "Too late")
    assert [(e["code"], e["field"]) for e in refused["userErrors"]] == [
        ("LEASE_LOST", ["input", "leaseToken"])
    ]
    assert codes(await update(admin, item, other["token"], "Mine")) == []
    # A lease is advisory: without a token the version decides.
    assert codes(await update(user, item, None, "Anyway")) == []
    # Somebody else's token is worth nothing.
    assert codes(await update(user, item, other["token"])) == ["LEASE_LOST"]


async def test_a_lease_that_was_given_back_is_free_at_once(app: Live) -> None:
    item = await app.item()
    user, admin = await app.client("user"), await app.client("admin")
    token = (await take(user, item))["lease"]["token"]
    given = await user.run(RELEASE, id=id_of(item), token="1-wrong")
    assert codes(given["releaseEditLease"]) == ["LEASE_LOST"]
    given = await admin.run(RELEASE, id=id_of(item), token=token)
    assert codes(given["releaseEditLease"]) == ["LEASE_LOST"]
    given = await user.run(RELEASE, id=id_of(item), token=token)
    assert given["releaseEditLease"] == {"lease": None, "userErrors": []}
    assert codes(await update(user, item, token)) == ["LEASE_LOST"]
    assert codes(await take(admin, item)) == []


async def test_an_item_whose_news_only_a_newer_server_can_read_is_looked_up(app: Live) -> None:
    item = await app.item()
    user = await app.client("user")
    await go(user, item)
    presence = app.services.of(LivePresence)
    await hide(app.services, item)
    newest = app.services.hub.head.position
    (event,) = [
        e
        for e in await app.services.log.page(newest - 3, newest)
        if (e.topic, e.subject, e.kind) == ("inventory", item.id, "UPDATED")
    ]
    event.payload = Unreadable(WrittenByNewer("event inventory", 7))
    presence._audiences._known[item.id] = (1, EVERYONE)  # as before the item was hidden
    presence.heed([event])
    await eventually(lambda: presence._audiences.roles(item.id) == ADMINS)
