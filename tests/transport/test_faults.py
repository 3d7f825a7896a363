"""What must be survived (the numbers are rows of the fault list), over real sockets."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graphql_api import process as process_module
from graphql_api.clock import DAY_US, HeldClock
from graphql_api.delivery import hub as hub_module
from graphql_api.delivery.broker import Hint
from graphql_api.delivery.memory import MemoryBroker, MemoryExchange
from graphql_api.events.cursor import Cursor
from graphql_api.events.retention import Retention
from graphql_api.inventory.locations import Locations, NewLocation
from tests.builders import hide
from tests.campaigns import by_kind, is_long
from tests.databases import SqliteMaker
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.clients import Client, Closed, RawClient, position_of
from tests.transport.serving import (
    ADJUST,
    BIG_FEED,
    FEED,
    FETCHING_FEED,
    PEOPLE,
    UPDATE_USER,
    Live,
    adjustment,
    live,
)

ANSWER_CPU_S = 1.0  # of this process, within which an ordinary request is answered after a fault


async def assert_answers(app: Live) -> None:
    """An ordinary request is answered, and all that the database holds fits together."""
    began = time.process_time()  # not the machine's time: others may use it
    client = await app.client("admin")
    await client.run("{ items(first: 5) { nodes { sku } } }")
    assert time.process_time() - began < ANSWER_CPU_S
    await client.close()
    await assert_sound(app.services)


# 3


async def test_sockets_reset_with_mutations_in_flight_apply_each_once_or_not_at_all(
    database_url: str,
) -> None:
    async with live(database_url, sockets_per_user_max=200) as app:
        item = await app.item(initial_stock=0)
        watcher = await app.subscriber("viewer")
        keys: list[str] = []
        for round_ in range(20 if is_long() else 3):
            clients = [await app.client("user") for _ in range(20)]
            for number, client in enumerate(clients):
                for nth in range(5):
                    key = f"{round_} {number} {nth}"
                    keys.append(key)
                    await client.start(key, ADJUST, input=adjustment(item, 1, key))
                if number % 3 == 0:
                    await asyncio.sleep(0)
                client.reset()
            await eventually(lambda: len(app.sockets._all) == 1)
        # Commands run in turn: once this one has, so has whatever was accepted of the others.
        # Before that, what is read of the ledger in several statements is not of one moment.
        await app.services.of(Locations).create(NewLocation("BEHIND", "Behind"))
        await assert_answers(app)
        applied = await app.movements(item)
        retry = await app.client("user")

        async def again(key: str) -> bool:
            data = await retry.run(ADJUST, key, input=adjustment(item, 1, key))
            assert data["adjustStock"]["userErrors"] == []
            return bool(data["adjustStock"]["replayed"])

        replayed: list[bool] = []
        for first in range(0, len(keys), 50):
            replayed += await asyncio.gather(*map(again, keys[first : first + 50]))
        assert sum(replayed) == applied
        assert await app.movements(item) == len(keys)
        assert await watcher.until((await app.positions())[-1]) == await app.positions(1)
        assert watcher.events()[-1]["item"]["stock"] == len(keys)
        await assert_answers(app)


# 9


class BadExchange(MemoryExchange):
    """Loses hints, doubles them, and lets them come late and out of order."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chance = random.Random(seed)  # noqa: S311  # a test chooses, nobody guards
        self.lost = 0

    def deliver(self, hint: Hint) -> None:
        loop = asyncio.get_running_loop()
        what = self.chance.random()
        if what < 0.4:
            self.lost += 1
            return
        for _ in range(2 if what > 0.8 else 1):
            loop.call_later(self.chance.random() * 0.03, hint)


class BadBroker(MemoryBroker):
    """Reaches the others as its exchange likes."""

    def announce(self) -> None:
        exchange = self._exchange
        assert isinstance(exchange, BadExchange)
        for hint in exchange.hints:
            exchange.deliver(hint)


@asynccontextmanager
async def two_processes(
    database_url: str, broker: Callable[[], MemoryBroker], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Live, Live]]:
    """Two servers on one database, as two processes are."""
    monkeypatch.setattr(process_module, "MemoryBroker", broker)
    many: dict[str, Any] = {"sockets_per_user_max": 100}
    async with live(database_url, **many) as one, live(database_url, **many) as other:
        yield one, other


async def test_a_broker_that_loses_doubles_and_reorders_its_hints_is_not_noticed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 0.05)
    exchange = BadExchange(seed=9)
    async with two_processes(database_url, lambda: BadBroker(exchange), monkeypatch) as (a, b):
        item = await a.item(initial_stock=0)
        await eventually(lambda: b.head == a.head)
        start = a.cursor()
        clients = [await app.subscriber("viewer") for app in (a, b)]
        clients += [await b.subscriber("user", FETCHING_FEED, after=start)]
        began = dict.fromkeys(clients, a.head)
        for number in range(200 if is_long() else 40):
            await (a, b)[number % 2].commit(item, 1 + number % 3)
            if number % 10 == 5:  # a cursor of one, used on the other, which may not be there yet
                app = (b, a)[number % 2]
                late, cursor = await app.client("user"), (a, b)[number % 2].cursor()
                await late.start("s", FEED, after=cursor)  # the head moves meanwhile
                began[late] = position_of({"cursor": cursor})
        await eventually(lambda: a.head == b.head)
        assert exchange.lost > 0
        for client, position in began.items():
            expected = await a.positions(position)
            assert await client.until(expected[-1]) == expected
        await assert_answers(a)


async def test_a_change_of_a_session_reaches_sockets_of_another_process_within_five_seconds(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even by a broker that loses everything: the watchdog looks."""

    class DeafBroker(MemoryBroker):
        def announce(self) -> None:
            pass

    async with two_processes(database_url, DeafBroker, monkeypatch) as (a, b):
        hidden = await a.item(admins_only=1)
        await eventually(lambda: b.head == a.head)
        gone, lowered = await b.subscriber("user"), await b.subscriber("admin")
        boss = await a.client("boss")
        for change in ({"id": str(PEOPLE["user"][0]), "active": False}, {
            "id": str(PEOPLE["admin"][0]), "role": "USER",
        }):  # fmt: skip
            await boss.run(UPDATE_USER, input=change)
        await a.commit(hidden)
        async with asyncio.timeout(PATIENCE_S):
            assert (await gone.closed())[0] == 4403
        seen = await b.item("SEEN")
        of_seen = await a.positions(1, f"topic = 'inventory' AND subject = {seen.id}")
        # b may have to look for what a wrote before: its head is no place to wait for.
        assert await lowered.until(of_seen[-1]) == of_seen


# 11, 12 and the other refusals


async def refused(app: Live, cursor: str) -> list[str]:
    """The codes with which a subscription after `cursor` is refused; its socket stays."""
    client = await app.client("viewer")
    await client.start("s", FEED, after=cursor)
    codes = await client.refusal()
    await app.subscribe(client, FEED, "again", after=app.cursor())
    await client.close()
    return codes


async def test_a_cursor_that_retention_has_passed_is_refused_and_a_fresh_start_agrees_with_sql(
    database_url: str,
) -> None:
    clock = HeldClock()
    async with live(database_url, clock, event_retention_days=30, ring_bytes_max=1) as app:
        items = [await app.item(f"SKU-{number}") for number in range(3)]
        await app.commit(items[0], 20)
        places = [await app.cursor_at(position) for position in range(app.head + 1)]
        floor = app.head
        clock.advance(31 * DAY_US / 1_000_000)
        await app.commit(items[1], 5)
        retention = Retention(app.services.writer, clock, 30)
        assert await retention.run() == floor
        for position, place in enumerate(places):
            if position < floor:
                assert await refused(app, place) == ["CURSOR_TOO_OLD"], position
        at_the_floor = await app.subscriber("viewer", after=places[floor])
        assert await at_the_floor.until(app.head) == await app.positions(floor)

        # The refused client asks afresh, subscribes after that, and knows what SQL knows.
        client = await app.client("viewer")
        writing = asyncio.gather(*(app.commit(item, 5) for item in items))
        data = await client.run("{ syncCursor items { nodes { sku stock version } } }")
        await client.start("s", FEED, after=data["syncCursor"])
        await writing
        await app.commit(items[0])  # the query may have come after all of the others
        known = {node["sku"]: node for node in data["items"]["nodes"]}
        await client.until(app.head)
        for event in client.events():
            item = event["item"]
            if item["version"] > known[item["sku"]]["version"]:
                known[item["sku"]] = item
        rows = await app.services.database.reading.rows("SELECT sku, stock, version FROM item")
        assert {sku: (node["stock"], node["version"]) for sku, node in known.items()} == {
            row["sku"]: (row["stock"], row["version"]) for row in rows
        }


async def test_retention_that_passes_a_replay_tells_it_and_lets_nobody_miss_a_thing_unknowingly(
    database_url: str,
) -> None:
    clock = HeldClock()
    async with live(
        database_url, clock, ring_bytes_max=1, send_buffer=16_384, access_token_minutes=600_000
    ) as app:
        item = await app.item(description="x" * 4_900)
        for _ in range(12):
            await app.commit(item, 50)
        slow = await app.raw("viewer")
        await slow.start("s", BIG_FEED, after=await app.cursor_at(0))
        (socket,) = app.sockets._all
        await eventually(lambda: bool(socket.outbox.parked))
        clock.advance(31 * DAY_US / 1_000_000)
        socket.outbox.progress_s = clock.monotonic_s()  # it is not its slowness that is tested
        await app.commit(item)
        await Retention(app.services.writer, clock, 30).run()
        kinds = []
        while "error" not in kinds:
            message = await slow.read()
            if message["type"] != "ping":
                kinds.append(message["type"])
        assert message["payload"][0]["extensions"]["code"] == "CURSOR_TOO_OLD"
        assert 0 < kinds.count("next") < 601


async def test_an_older_backup_restored_is_told_to_every_cursor_beyond_it(
    tmp_path: Path, sqlite_maker: SqliteMaker
) -> None:
    file = Path(sqlite_maker.fresh().removeprefix("sqlite://"))
    url, backup = f"sqlite://{file}", tmp_path / "backup"
    async with live(url) as app:
        item = await app.item()
        known = app.cursor()
    shutil.copyfile(file, backup)
    async with live(url) as app:
        await app.commit(item, 10)
        newest = app.cursor()
        middle = await app.cursor_at(app.head - 5)
    shutil.copyfile(backup, file)
    async with live(url) as app:
        assert await refused(app, newest) == ["EPOCH_CHANGED"]
        await app.commit(item, 12)  # the same places are given out again, for other events
        assert await refused(app, newest) == ["EPOCH_CHANGED"]
        assert await refused(app, middle) == ["EPOCH_CHANGED"]
        client = await app.subscriber("viewer", after=known)
        assert await client.until(app.head) == await app.positions(1)


async def test_cursors_forged_foreign_and_of_the_future_are_refused_by_code(
    database_url: str,
) -> None:
    async with live(database_url) as app:
        await app.item()
        head = app.services.hub.head
        refusals = {
            Cursor("00" * 8, 1, head.witness_us).encode(): "EPOCH_CHANGED",
            Cursor(head.epoch, head.position + 1, head.witness_us).encode(): "EPOCH_CHANGED",
            Cursor(head.epoch, 2**62, 0).encode(): "EPOCH_CHANGED",
            Cursor(head.epoch, head.position, head.witness_us + 1).encode(): "EPOCH_CHANGED",
            "": "CURSOR_INVALID",
            "nonsense": "CURSOR_INVALID",
            "=" * 34: "CURSOR_INVALID",
            app.cursor()[:-1]: "CURSOR_INVALID",
            app.cursor() + "A": "CURSOR_INVALID",
            "A" * 34: "CURSOR_INVALID",
            "x" * 10_000: "CURSOR_INVALID",
            "\u0000": "CURSOR_INVALID",
            "ü" * 34: "CURSOR_INVALID",
        }
        for cursor, code in refusals.items():
            assert await refused(app, cursor) == [code], cursor


# 18


async def test_hundreds_that_come_back_at_once_share_what_is_read_of_the_log(
    database_url: str,
) -> None:
    count = by_kind(200, 500, 2_000)
    async with live(database_url, ring_bytes_max=50_000, sockets_per_user_max=5_000) as app:
        item, wanted = await app.item(), await app.item("WANTED")
        for _ in range(7):
            await app.commit(item, 90)
            await app.commit(wanted, 10)
        places = [await app.cursor_at(1 + n * 600 // count) for n in range(count)]
        clients: list[Client] = []
        for _ in range(count // 50):
            clients += await asyncio.gather(*(app.client("viewer") for _ in range(50)))
        for client in clients:
            client.reset()
        await app.assert_nothing_left()
        reads = app.services.hub.log_reads

        async def come_back(number: int) -> Client:
            client = await app.client("viewer")
            where = {"itemIds": [str(wanted.id)]}
            await client.start("s", FEED, after=places[number], where=where)
            return client

        back: list[Client] = []
        for first in range(0, count, 50):
            back += await asyncio.gather(*(come_back(n) for n in range(first, first + 50)))
        of_wanted = await app.positions(0, f"subject = {wanted.id}")
        for number, client in enumerate(back):
            began = 1 + number * 600 // count
            assert await client.until(app.head) == [p for p in of_wanted if p > began]
        assert app.services.hub.log_reads - reads <= count // 10
        assert app.services.counters.execution_groups == 1
        await app.commit(wanted)
        for client in back:
            await client.until(app.head)


# 19


async def test_a_clock_that_jumps_an_hour_changes_neither_order_nor_delivery(
    database_url: str,
) -> None:
    clock = HeldClock()
    async with live(database_url, clock, access_token_minutes=100_000) as app:
        item = await app.item()
        client = await app.subscriber("viewer")
        start = app.cursor()
        for jump in (3_600, -3_600, -3_600, 7_200, -1, 0):
            clock.advance(jump)
            await app.commit(item, 3)
            late = await app.subscriber("user", after=start)
            await late.until(app.head)
            await late.close()
        assert await client.until(app.head) == await app.positions(1)
        moments = [event["timestamp"] for event in client.events()]
        assert moments == sorted(moments)
        await assert_answers(app)


# 23


HOSTILE_FRAMES = {
    "reserved bits": b"\xf1\x80\x00\x00\x00\x00",
    "an unknown opcode": b"\x83\x80\x00\x00\x00\x00",
    "no mask": b"\x81\x02{}",
    "a length beyond everything": b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
    "a fragmented ping": b"\x09\x80\x00\x00\x00\x00",
    "a ping too long": b"\x89\xfe\x01\x00\x00\x00\x00\x00" + b"x" * 256,
    "a continuation of nothing": b"\x80\x80\x00\x00\x00\x00",
    "a text within a text": b"\x01\x80\x00\x00\x00\x00\x01\x80\x00\x00\x00\x00",
    "a close of one byte": b"\x88\x81\x00\x00\x00\x00\x03",
    "a close with a code that is none": b"\x88\x82\x00\x00\x00\x00\x00\x01",
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "noise": bytes(range(256)) * 16,
}


async def test_hostile_frames_end_their_own_socket_and_nobody_elses(database_url: str) -> None:
    async with live(database_url, sockets_per_user_max=200) as app:
        bystander = await app.subscriber("viewer")
        for name, frames in HOSTILE_FRAMES.items():
            client = await app.raw("user")
            await client.start("s", FEED)
            await client.send_bytes(frames)
            await client.read_all()
            assert client.close_code in (1002, 1007, 1009, 4400), name
        await eventually(lambda: len(app.sockets._all) == 1)
        await app.item()
        await bystander.until(app.head)
        await assert_answers(app)


async def test_a_text_that_is_no_utf_8_ends_its_socket(
    database_url: str, faults: pytest.LogCaptureFixture
) -> None:
    async with live(database_url) as app:
        client = await app.raw("user")
        await client.send_bytes(b"\x81\x82\x00\x00\x00\x00\xff\xfe")
        await client.read_all()
        assert client.close_code == 1007
        await app.assert_nothing_left()
    assert {record.name for record in faults.records} <= {"uvicorn.error"}
    faults.clear()  # the server under us tells it with a traceback, which is not ours


FEW = settings(  # each starts a server; a failure is told as it was found, not made smaller
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
NESTED = 1_500
HOSTILE_DOCUMENTS = {
    "depth": "{ " + "item { " * NESTED + "id" + " }" * (NESTED + 1),
    "lists in a value": "{ item(ref: " + "[" * 5_000 + "]" * 5_000 + ") { id } }",
    "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(900)) + " }",
    "directives": "{ __typename" + " @skip(if: false)" * 400 + " }",
    "a fragment in itself": "{ ...A } fragment A on Query { ...A }",
    "fragments in a ring": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "fragments that double": "{ ...A0 } "
    + " ".join(f"fragment A{n} on Query {{ ...A{n + 1} ...A{n + 1} }}" for n in range(19))
    + " fragment A19 on Query { __typename }",
    "tokens": "{ " + "a " * 7_000 + "}",
    "a long name": "{ " + "a" * 14_000 + " }",
    "a long text": '{ item(ref: {sku: "' + "x" * 14_000 + '"}) { id } }',
    "quotes": '"' * 14_000,
    "braces": "{" * 14_000,
    "spreads": "..." * 4_900,
    "not a character": "{ a \u0000 \uffff }",
    "a schema": "type Query { a: Int }",
    "an empty selection": "{ }",
    "wrong types": "mutation { adjustStock(input: 1) { replayed } }",
    "many operations": " ".join(f"query Q{n} {{ __typename }}" for n in range(500)),
    "introspection of types of types": "{ __schema { types "
    + "{ fields { type " * 30
    + "{ name }"
    + " } }" * 30
    + " } }",
}


async def test_hostile_documents_are_typed_errors_in_little_time(database_url: str) -> None:
    async with live(database_url) as app:
        client = await app.client("user")
        for name, document in HOSTILE_DOCUMENTS.items():
            began = time.process_time()
            await client.start("s", document)
            message = await client.message("s")
            if message["type"] == "next":
                assert (await client.message("s"))["type"] == "complete", name
                errors = message["payload"].get("errors", [])
            else:
                errors = message["payload"]
                assert errors, name
            took = time.process_time() - began
            assert took < 0.5, f"{name} took {took:.2f} s"
            for error in errors:
                assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR", name
        await assert_answers(app)


VARIABLES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["itemIds", "skus", "categories", "types", "where", "after", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(data=st.lists(st.tuples(VARIABLES, VARIABLES), min_size=1, max_size=30))
@settings(FEW)
def test_hostile_variables_are_typed_errors(
    sqlite_maker: SqliteMaker, data: list[tuple[Any, Any]]
) -> None:
    async def play() -> None:
        async with live(sqlite_maker.fresh()) as app:
            client = await app.client("user")
            for after, where in data:
                payload = {"query": FEED, "variables": {"after": after, "where": where}}
                await client.send({"id": "s", "type": "subscribe", "payload": payload})
                await client.complete("s")
                await client.settle()
            for message in client.received:
                if message["type"] == "error":
                    for error in message["payload"]:
                        assert error["extensions"]["code"] in (
                            "BAD_USER_INPUT",
                            "CURSOR_INVALID",
                            "EPOCH_CHANGED",
                            "INVALID_INPUT",
                        ), message
            assert not client.is_closed

    asyncio.run(asyncio.wait_for(play(), 240))


@given(noise=st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=20))
@settings(FEW)
def test_noise_on_the_wire_ends_sockets_and_not_the_server(
    sqlite_maker: SqliteMaker, noise: list[bytes]
) -> None:
    async def play() -> None:
        async with live(sqlite_maker.fresh(), sockets_per_user_max=100) as app:
            for data in noise:
                client = await RawClient.open(app.url)
                await client.init(app.token("user"))
                await client.send_bytes(data)
                client.reset()
            await eventually(lambda: not app.sockets._all)
            await assert_answers(app)

    asyncio.run(asyncio.wait_for(play(), 240))


async def test_hiding_and_closing_in_the_middle_of_everything_leaves_the_log_whole(
    database_url: str,
) -> None:
    """A bit of all: readers that come and go, roles and items that change, for some seconds."""
    chance = random.Random(23)  # noqa: S311  # a test chooses, nobody guards
    async with live(database_url, sockets_per_user_max=200) as app:
        items = [await app.item(f"SKU-{number}") for number in range(5)]
        witness = await app.subscriber("admin")
        began = app.head

        async def come_and_go() -> None:
            for _ in range(100 if is_long() else 12):
                after = await app.cursor_at(chance.randrange(app.head + 1))
                who = chance.choice(["user", "viewer"])
                client = await app.client(who)
                await client.start("s", chance.choice([FEED, FETCHING_FEED]), after=after)
                try:
                    for _ in range(chance.randrange(4)):
                        await client.event()
                except (Closed, AssertionError):
                    pass
                places = client.positions()
                assert places == sorted(set(places))
                client.reset() if chance.random() < 0.5 else await client.close()

        readers = asyncio.gather(come_and_go(), come_and_go(), come_and_go())

        async def change() -> None:
            for _ in range(200 if is_long() else 30):
                await app.commit(chance.choice(items))
            await hide(app.services, items[0])
            while not readers.done():  # whoever began at the head waits for more
                await app.commit(chance.choice(items[1:]))

        await asyncio.gather(readers, change(), change())
        assert await witness.until(app.head if app.head in await app.positions() else (
            await app.positions()
        )[-1]) == await app.positions(began)  # fmt: skip
        await witness.close()
        await app.assert_nothing_left()
        await assert_answers(app)
