"""Sessions on open sockets: who may see what, as it is now, and until when."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import UserChange, Users
from graphql_api.clock import HeldClock
from graphql_api.inventory.items import Item, Items, Visibility
from graphql_api.transport import again
from graphql_api.transport import socket as socket_module
from graphql_api.transport import sockets as sockets_module
from tests.builders import change, hide
from tests.campaigns import is_long
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.clients import Client
from tests.transport.serving import (
    BIG_FEED,
    FEED,
    FETCHING_FEED,
    PEOPLE,
    REFRESH,
    UPDATE_USER,
    Live,
    live,
    refresh_token,
)

LOG_OUT = "mutation { logout }"


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server looks after its sockets more often than every second."""
    monkeypatch.setattr(sockets_module, "LOOK_INTERVAL_S", 0.02)


async def hidden_item(app: Live, sku: str = "HIDDEN") -> Item:
    return await app.item(sku, admins_only=1)


async def closed_soon(client: Client) -> tuple[int, str]:
    """How the socket was closed: by the event that says so, since its token is good for long."""
    async with asyncio.timeout(PATIENCE_S):
        return await client.closed()


async def set_role(app: Live, who: str, role: Role) -> None:
    await app.services.of(Users).change(UserChange(PEOPLE[who][0], role=role))


# What a role sees


@pytest.mark.parametrize("query", [FEED, FETCHING_FEED], ids=["at once", "fetching"])
async def test_what_is_for_admins_reaches_admins_only_live_and_in_replay(
    database_url: str, query: str
) -> None:
    async with live(database_url) as app:
        seen = await app.item()
        hidden = await hidden_item(app)
        start = await app.cursor_at(0)
        clients = {
            (who, is_replay): await app.subscriber(
                who, query, session, **({"after": start} if is_replay else {})
            )
            for who in ("admin", "user", "viewer")
            for session, is_replay in ((1, True), (2, False))
        }
        await app.commit(hidden, 2)
        await app.commit(seen)
        for_all = await app.positions(0, f"topic = 'inventory' AND subject = {seen.id}")
        for_admins = await app.positions()
        for (who, is_replay), client in clients.items():
            expected = for_admins if who == "admin" else for_all
            expected = [position for position in expected if is_replay or position > 2]
            assert await client.until(app.head) == expected, (who, is_replay)


async def test_an_item_that_is_hidden_takes_its_past_with_it_also_from_a_replay(
    database_url: str,
) -> None:
    async with live(database_url, ring_bytes_max=1) as app:
        item, other = await app.item(), await app.item("SKU-2")
        await app.commit(item, 5)
        start = await app.cursor_at(0)
        client = await app.subscriber("viewer", after=start)
        await client.until(app.head)
        await hide(app.services, item)
        await app.commit(item)
        await app.commit(other)
        late = await app.subscriber("viewer", session=2, after=start)
        admin = await app.subscriber("admin", after=start)
        of_other = await app.positions(0, f"topic = 'inventory' AND subject = {other.id}")
        assert await late.until(app.head) == of_other
        assert await admin.until(app.head) == await app.positions()
        await client.until(app.head)
        assert [event for event in client.events() if event["item"]["id"] == str(item.id)][-1][
            "type"
        ] in ("STOCK_UPDATED", "DELETED")
        assert app.head - 2 not in client.positions()  # the change while it was hidden


async def test_hiding_an_item_reaches_a_replay_that_stands_still(database_url: str) -> None:
    # Events that a slow reader's replay had fetched before were sent after they had been hidden.
    async with live(database_url, ring_bytes_max=1, send_buffer=16_384) as app:
        long = await app.item("LONG", description="x" * 5_000)
        await app.commit(long, 60)
        secret = await app.item("SECRET", description="y" * 5_000)
        await app.commit(secret, 20)
        slow = await app.raw("viewer", 4_096)
        await slow.start("s", BIG_FEED, after=await app.cursor_at(0))
        (socket,) = app.sockets._all
        await eventually(lambda: bool(socket.outbox.parked))
        await hide(app.services, secret)
        last = await app.item("LAST")
        skus: list[str] = []
        while not skus or skus[-1] != last.sku:
            message = await slow.read()
            if message["type"] == "next":
                skus.append(message["payload"]["data"]["inventoryUpdated"]["item"]["sku"])
        assert skus.count("LONG") == 61
        assert skus.count("SECRET") == 0


async def test_a_notification_reaches_its_user_and_its_role_only(database_url: str) -> None:
    query = """subscription($after: Cursor) {
      notificationReceived(after: $after) { cursor notification { title readAt } } }"""
    send = """mutation($input: SendNotificationInput!) {
      sendNotification(input: $input) { notification { id } userErrors { code } } }"""
    async with live(database_url) as app:
        admin = await app.client("admin")
        start = app.cursor()
        before = {who: await app.subscriber(who, query) for who in ("admin", "user", "viewer")}
        base = {"type": "INFO", "message": "m"}
        await admin.run(send, input={**base, "title": "mine", "userId": str(PEOPLE["user"][0])})
        await admin.run(send, input={**base, "title": "viewers", "role": "VIEWER"})
        await admin.run(send, input={**base, "title": "all"})
        after = {
            who: await app.subscriber(who, query, 2, after=start)
            for who in ("admin", "user", "viewer")
        }
        wanted = {"admin": ["all"], "user": ["mine", "all"], "viewer": ["viewers", "all"]}
        for clients in (before, after):
            for who, client in clients.items():
                titles = [(await client.event())["notification"]["title"] for _ in wanted[who]]
                assert titles == wanted[who]
        assert app.services.counters.execution_groups == 3  # one for each person


# A role that changes


@pytest.mark.parametrize("query", [FEED, FETCHING_FEED], ids=["at once", "fetching"])
async def test_a_role_taken_away_stops_what_is_above_it_at_its_very_place_in_the_log(
    database_url: str, query: str
) -> None:
    async with live(database_url) as app:
        seen, hidden = await app.item(), await hidden_item(app)
        boss = await app.client("boss")
        client = await app.subscriber("admin", query)
        began = app.head
        await asyncio.gather(*(app.commit(item) for item in (hidden, seen) * 10))
        data = await boss.run(UPDATE_USER, input={"id": str(PEOPLE["admin"][0]), "role": "USER"})
        assert data["updateUser"]["user"]["role"] == "USER"
        (changed,) = await app.positions(began, "topic = 'accounts'")
        await asyncio.gather(*(app.commit(item) for item in (hidden, seen) * 10))
        await app.commit(seen)
        got = await client.until(app.head)
        before = await app.positions(began, f"topic = 'inventory' AND position < {changed}")
        for_all = await app.positions(began, f"topic = 'inventory' AND subject = {seen.id}")
        if query == FEED:
            assert got == before + [position for position in for_all if position > changed]
        else:  # what was still being fetched is judged by the role as it is then
            assert [position for position in got if position in for_all] == for_all
            assert set(got) - set(for_all) <= set(before)
            assert got == sorted(set(got))
        await client.start("denied", "{ realtimeStatus { connections } }")
        message = await client.message("denied")
        assert message["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_role_given_shows_what_is_for_it_from_there_on(database_url: str) -> None:
    async with live(database_url) as app:
        seen, hidden = await app.item(), await hidden_item(app)
        client = await app.subscriber("viewer")
        began = app.head
        await app.commit(hidden)
        await app.commit(seen)
        await set_role(app, "viewer", Role.ADMIN)
        changed = app.head
        await app.commit(hidden)
        await app.commit(seen)
        before = await app.positions(
            began, f"topic = 'inventory' AND position < {changed} AND subject = {seen.id}"
        )
        after = await app.positions(changed)
        assert await client.until(app.head) == before + after
        assert app.services.counters.connections_by_role["ADMIN"] == 1
        assert app.services.counters.connections_by_role["VIEWER"] == 0


async def test_a_role_that_changes_again_and_again_is_heeded_each_time(database_url: str) -> None:
    async with live(database_url) as app:
        seen, hidden = await app.item(), await hidden_item(app)
        clients = [await app.subscriber("admin", FEED, n) for n in (1, 2)]
        clients.append(await app.subscriber("admin", FETCHING_FEED, 3))
        expected: list[int] = []
        for number in range(100 if is_long() else 8):
            role = (Role.VIEWER, Role.ADMIN)[number % 2]
            await set_role(app, "admin", role)
            changed = app.head
            await asyncio.gather(*(app.commit(item) for item in (hidden, seen) * 3))
            await app.commit(seen)
            visible = "" if role is Role.ADMIN else f" AND subject = {seen.id}"
            expected += await app.positions(changed, f"topic = 'inventory'{visible}")
            for client in clients:
                assert await client.until(app.head) == expected


async def test_roles_that_change_in_a_storm_never_show_more_than_the_log_allows(
    database_url: str,
) -> None:
    """What was decided with a role that came a moment later is right too; a hole is not."""
    chance = random.Random(7)  # noqa: S311  # a test chooses, nobody guards
    async with live(database_url) as app:
        seen, hidden = await app.item(), await hidden_item(app)
        client = await app.subscriber("admin")
        await set_role(app, "admin", Role.VIEWER)

        async def change_roles() -> None:
            for _ in range(20):
                await set_role(app, "admin", chance.choice([Role.USER, Role.VIEWER]))

        async def commit() -> None:
            for _ in range(40):
                await app.commit(chance.choice([seen, hidden]))

        await asyncio.gather(change_roles(), commit(), commit())
        await app.commit(seen)
        of_seen = await app.positions(2, f"topic = 'inventory' AND subject = {seen.id}")
        assert await client.until(app.head) == of_seen


async def test_a_role_taken_away_during_a_replay_ends_what_is_above_it(database_url: str) -> None:
    async with live(database_url, ring_bytes_max=1, send_buffer=16_384) as app:
        big = "x" * 5_000
        seen = await app.item(description=big)
        hidden = await app.item("HIDDEN", admins_only=1, description=big)
        for _ in range(30):
            await app.commit(hidden)
            await app.commit(seen)
        slow = await app.raw("admin")
        await slow.start("s", BIG_FEED, after=await app.cursor_at(0))
        (socket,) = app.sockets._all
        await eventually(lambda: bool(socket.outbox.parked))
        written = socket.outbox.bytes_sent // 5_000 + 1  # messages that have left already
        await set_role(app, "admin", Role.USER)
        await eventually(lambda: socket.viewer.role is Role.USER)
        last = await app.item("LAST")
        skus: list[str] = []
        while not skus or skus[-1] != last.sku:
            message = await slow.read()
            if message["type"] == "next":
                skus.append(message["payload"]["data"]["inventoryUpdated"]["item"]["sku"])
        assert skus.count("SKU-1") == 31
        assert "HIDDEN" in skus[:written]
        assert "HIDDEN" not in skus[written:]


async def test_a_subscription_that_is_being_opened_when_the_role_changes_heeds_the_new_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It was not among those that were judged anew, and kept the role that it had begun with.
    async with live(database_url) as app:
        seen, hidden = await app.item(), await hidden_item(app)
        client = await app.client("admin")
        reached, go_on = asyncio.Event(), asyncio.Event()
        original = app.services.log.check_cursor

        async def held(cursor: Any) -> Any:
            head = await original(cursor)
            reached.set()
            await go_on.wait()
            return head

        monkeypatch.setattr(app.services.log, "check_cursor", held)
        await client.start("s", FEED, after=app.cursor())
        await reached.wait()
        await set_role(app, "admin", Role.VIEWER)
        changed = app.head
        await app.commit(hidden)
        await app.commit(seen)
        go_on.set()
        assert await client.until(app.head) == await app.positions(
            changed, f"subject = {seen.id} AND topic = 'inventory'"
        )


@pytest.mark.parametrize("delay", range(6))
async def test_a_subscription_that_begins_while_its_session_is_judged_heeds_the_judgement(
    database_url: str, monkeypatch: pytest.MonkeyPatch, delay: int
) -> None:
    async with live(database_url) as app:
        seen, hidden = await app.item(), await hidden_item(app)
        client = await app.subscriber("admin")
        began = app.head
        original = app.services.of(Sessions).role_now
        go_on = asyncio.Event()

        async def held(session_id: int) -> Role | None:
            role = await original(session_id)
            await go_on.wait()
            return role

        monkeypatch.setattr(app.services.of(Sessions), "role_now", held)
        await set_role(app, "admin", Role.VIEWER)
        monkeypatch.setattr(app.services.of(Sessions), "role_now", original)
        await client.start("new", FEED, after=await app.cursor_at(began))
        if delay > 2:
            await client.settle()
        await app.commit(hidden)
        for _ in range(delay):
            await asyncio.sleep(0)
        go_on.set()
        await app.commit(hidden)
        await app.commit(seen)
        of_seen = await app.positions(began, f"subject = {seen.id} AND topic = 'inventory'")
        assert await client.until(app.head, "s") == of_seen
        assert await client.until(app.head, "new") == of_seen


async def test_a_judgement_that_a_newer_one_overtook_does_not_count(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two looks at a session, answered in the other order: the older role came to stay.
    async with live(database_url) as app:
        seen, hidden = await app.item(), await hidden_item(app)
        client = await app.subscriber("user")
        original = app.services.of(Sessions).role_now
        go_on = asyncio.Event()

        async def held(session_id: int) -> Role | None:
            role = await original(session_id)
            await go_on.wait()
            return role

        with monkeypatch.context() as patched:
            patched.setattr(app.services.of(Sessions), "role_now", held)
            await set_role(app, "user", Role.ADMIN)
            await asyncio.sleep(0)
        await set_role(app, "user", Role.VIEWER)
        changed = app.head
        by_role = app.services.counters.connections_by_role
        await eventually(lambda: by_role["VIEWER"] == 1)
        go_on.set()
        await app.commit(hidden)
        await app.commit(seen)
        of_seen = await app.positions(changed, f"subject = {seen.id} AND topic = 'inventory'")
        assert await client.until(app.head) == of_seen
        assert by_role["VIEWER"] == 1


async def test_a_session_that_cannot_be_judged_sends_its_sockets_back_to_their_cursors(
    database_url: str, monkeypatch: pytest.MonkeyPatch, faults: pytest.LogCaptureFixture
) -> None:
    # The subscriptions had been taken out to be judged, and stayed out, without a word.
    async with live(database_url) as app:
        client = await app.subscriber("user")
        spared = await app.subscriber("viewer")

        async def fails(_: int) -> None:
            raise OSError("the database is away")

        with monkeypatch.context() as patched:
            patched.setattr(again, "PATIENCE_S", 0.2)
            patched.setattr(app.services.of(Sessions), "role_now", fails)
            await set_role(app, "user", Role.VIEWER)
            assert (await closed_soon(client))[0] == 1013
        await app.item()
        await spared.until(app.head)
    faults.clear()


# A session that ends


async def test_a_logout_closes_the_sockets_of_that_session_and_no_others(
    database_url: str,
) -> None:
    async with live(database_url) as app:
        first = [await app.subscriber("user", session=1) for _ in range(2)]
        other = await app.subscriber("user", session=2)
        bystander = await app.subscriber("viewer")
        voice = await app.client("user", 1)
        await voice.start("out", LOG_OUT)
        for client in (*first, voice):
            assert await closed_soon(client) == (4403, "The session has ended")
        await app.item()
        await other.until(app.head)
        await bystander.until(app.head)
        refused = await app.connect()
        await refused.send_init(app.token("user", 1))
        assert (await refused.closed())[0] == 4403


async def test_nothing_is_delivered_after_the_session_has_ended(database_url: str) -> None:
    async with live(database_url) as app:
        item = await app.item()
        client = await app.subscriber("user")
        await app.commit(item, 3)
        ended = app.services.of(Sessions).log_out(PEOPLE["user"][0] * 10 + 1)
        await asyncio.gather(ended, *(app.commit(item) for _ in range(20)))
        (place,) = await app.positions(0, "topic = 'accounts'")
        assert (await closed_soon(client))[0] == 4403
        assert all(position < place for position in client.positions())
        assert client.positions() == await app.positions(1, f"position < {place}")


@pytest.mark.parametrize("how", ["deactivated", "new password"])
async def test_a_user_who_is_deactivated_or_gets_a_new_password_loses_all_sockets(
    database_url: str, how: str
) -> None:
    async with live(database_url) as app:
        clients = [await app.subscriber("user", session=session) for session in (1, 2, 3)]
        bystander = await app.subscriber("viewer")
        boss = await app.client("boss")
        input_ = {"active": False} if how == "deactivated" else {"password": "a new password"}
        data = await boss.run(UPDATE_USER, input={"id": str(PEOPLE["user"][0]), **input_})
        assert data["updateUser"]["userErrors"] == []
        for client in clients:
            assert await closed_soon(client) == (4403, "The session has ended")
        await app.item()
        await bystander.until(app.head)


async def test_a_session_that_ends_during_a_replay_ends_the_replay(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_module, "CLOSE_TIMEOUT_S", PATIENCE_S)  # it is read, if late
    async with live(database_url, ring_bytes_max=1, send_buffer=16_384) as app:
        item = await app.item(description="x" * 5_000)
        await app.commit(item, 60)
        slow = await app.raw("user")
        await slow.start("s", BIG_FEED, after=await app.cursor_at(0))
        (socket,) = app.sockets._all
        await eventually(lambda: bool(socket.outbox.parked))
        await app.services.of(Sessions).log_out(PEOPLE["user"][0] * 10 + 1)
        messages = await slow.read_all()
        assert slow.close_code == 4403
        assert len(messages) < 60
        await app.assert_nothing_left()


# A token that expires


async def test_an_expired_token_closes_its_socket_after_the_grace_and_not_before(
    database_url: str, quick_looks: None
) -> None:
    clock = HeldClock()
    async with live(database_url, clock, access_token_minutes=10) as app:
        client = await app.subscriber("user")
        clock.advance(10 * 60 + 24)
        await app.item()
        await client.until(app.head)
        app.sockets.look()
        await client.run("{ __typename }")  # behind a close, it would not be answered
        clock.advance(2)
        assert await client.closed() == (4403, "The access token has expired")
        await app.assert_nothing_left()


async def test_a_session_renewed_in_time_over_the_socket_keeps_it_open(
    database_url: str, quick_looks: None
) -> None:
    clock = HeldClock()
    async with live(database_url, clock, access_token_minutes=10) as app:
        item = await app.item()
        client = await app.subscriber("user")
        token = refresh_token("user")
        for _ in range(3):
            clock.advance(10 * 60 + 10)
            data = await client.run(REFRESH, token=token)
            assert data["refreshSession"]["userErrors"] == []
            token = data["refreshSession"]["refreshToken"]
        await app.commit(item)
        await client.until(app.head)
        assert not client.is_closed
        assert len(client.positions()) == 1
        clock.advance(11 * 60)
        assert (await client.closed())[0] == 4403


async def test_a_renewal_that_is_refused_does_not_keep_the_socket_open(
    database_url: str, quick_looks: None
) -> None:
    clock = HeldClock()
    async with live(database_url, clock, access_token_minutes=10) as app:
        client = await app.subscriber("user")
        clock.advance(10 * 60 + 10)
        data = await client.run(REFRESH, token="not one of ours")
        assert data["refreshSession"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]
        assert not client.is_closed
        clock.advance(16)
        assert (await client.closed())[0] == 4403


async def test_renewing_somebody_elses_session_does_not_renew_the_socket(
    database_url: str, quick_looks: None
) -> None:
    clock = HeldClock()
    async with live(database_url, clock, access_token_minutes=10) as app:
        client = await app.subscriber("viewer")
        clock.advance(9 * 60)
        data = await client.run(REFRESH, token=refresh_token("admin"))
        assert data["refreshSession"]["userErrors"] == []
        clock.advance(2 * 60)
        assert (await client.closed())[0] == 4403


async def test_a_refresh_token_that_is_used_twice_ends_the_session_of_its_sockets(
    database_url: str,
) -> None:
    async with live(database_url) as app:
        client = await app.subscriber("user")
        thief = await app.client(None)
        data = await thief.run(REFRESH, token=refresh_token("user"))
        # Its successor is in use: this is no second tab any more, which has 30 s of grace.
        await thief.run(REFRESH, token=data["refreshSession"]["refreshToken"])
        await thief.run(REFRESH, token=refresh_token("user"))
        assert (await closed_soon(client))[0] == 4403


async def test_a_login_over_a_socket_without_a_token_gives_one_for_the_next(
    database_url: str,
) -> None:
    login = "mutation($i: LoginInput!) { login(input: $i) { accessToken userErrors { code } } }"
    async with live(database_url) as app:
        await app.services.of(Users).change(
            UserChange(PEOPLE["user"][0], password="a good password")
        )
        client = await app.client(None)
        given = {"email": "user@example.com", "password": "a good password"}
        data = await client.run(login, i=given)
        signed_in = await (await app.connect()).init(data["login"]["accessToken"])
        await app.subscribe(signed_in)
        data = await client.run(login, i={**given, "password": "another one"})
        assert data["login"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]


async def test_visibility_given_back_shows_what_comes(database_url: str) -> None:
    async with live(database_url) as app:
        item = await app.item()
        client = await app.subscriber("viewer")
        await hide(app.services, item)
        await app.commit(item)
        hidden_at = app.head
        await app.services.of(Items).change(change(item, visibility=Visibility.EVERYONE))
        await app.commit(item)
        await client.until(app.head)
        assert hidden_at not in client.positions()
        assert client.events()[-1]["item"]["stock"] == 1_002
