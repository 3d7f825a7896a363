"""Presence, leases and events between processes: two servers on one database, each with its own
sockets, and the watchdog out of the way, so that only a broker can have been so quick."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from graphql_api import process as process_module
from graphql_api.clock import HeldClock
from graphql_api.delivery import hub as hub_module
from graphql_api.delivery import remote
from graphql_api.delivery.audience import EVERYONE
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.memory import MemoryBroker, MemoryExchange
from graphql_api.inventory.items import Item
from graphql_api.presence.entries import GONE_S, LEAVE_S
from graphql_api.presence.live import LivePresence
from graphql_api.presence.presence import HEARTBEAT_S
from graphql_api.services import Services
from tests.databases import PostgresMaker, SqliteMaker
from tests.delivery.engines import FailingProxy, RedisEngine, at_port, redis_url
from tests.presence.asking import TAKE, WATCH, codes, go, id_of, shown, take, told_until
from tests.streams import eventually
from tests.transport.clients import Client
from tests.transport.serving import Live, live

Two = tuple[Live, Live]
KINDS = ("postgres", "redis")


@pytest.fixture
async def two(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Two]:
    """Two servers: on one PostgreSQL database, or on one SQLite file with Redis between."""
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 3_600.0)
    kind = request.param
    maker: PostgresMaker | SqliteMaker
    if kind == "postgres":
        maker, redis = request.getfixturevalue("postgres_maker"), None
    else:
        maker, redis = request.getfixturevalue("sqlite_maker"), redis_url()
    url = maker.fresh()
    try:
        async with both(url, redis_url=redis) as servers:
            await eventually(lambda: all(_broker(app).is_connected for app in servers))
            yield servers
    finally:
        maker.discard(url)


@asynccontextmanager
async def both(url: str, clock: HeldClock | None = None, **settings: Any) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(live(url, clock, **settings))
        other = await stack.enter_async_context(live(url, clock, **settings))
        yield one, other


def _broker(app: Live) -> Any:
    return app.services.of(LivePresence)._exchange._broker


on_both = pytest.mark.parametrize("two", KINDS, indirect=True)


@on_both
async def test_an_event_of_one_process_reaches_the_sockets_of_the_other_without_the_watchdog(
    two: Two,
) -> None:
    one, other = two
    item = await one.item()
    await eventually(lambda: other.head == one.head)  # else its beginning is heard too
    subscribers = [await one.subscriber("viewer"), await other.subscriber("viewer")]
    for number in range(20):
        app = two[number % 2]
        await app.commit(item)
        for subscriber in subscribers:
            assert (await subscriber.event())["item"]["id"] == id_of(item)
    assert subscribers[0].positions() == subscribers[1].positions()
    assert subscribers[0].positions() == await one.positions(subscribers[0].positions()[0] - 1)


@on_both
async def test_people_at_two_processes_see_each_other_and_one_lease(two: Two) -> None:
    one, other = two
    item = await one.item()
    here, there = [await app.subscriber("viewer", WATCH) for app in two]
    user, admin = await one.client("user"), await other.client("admin")
    await go(user, item, "EDITING", typing=True)
    for watcher in (here, there):
        await told_until(watcher, [("user", "EDITING", True)])
    await go(admin, item)
    for watcher in (here, there):
        await told_until(watcher, [("user", "EDITING", True), ("admin", "VIEWING", False)])
    asked = await asyncio.gather(take(user, item), take(admin, item))
    assert sorted(map(codes, asked)) == [[], ["LEASE_HELD"]]
    (holder,) = [answer["lease"]["holder"]["name"] for answer in asked if answer["lease"]]
    for watcher in (here, there):
        state = await watcher.event()
        while state["lease"] is None:
            state = await watcher.event()
        assert state["lease"]["holder"]["name"] == holder


@on_both
async def test_a_process_that_comes_later_is_told_who_is_there(two: Two) -> None:
    one, _ = two
    item = await one.item()
    user = await one.client("user")
    await go(user, item, "EDITING")
    await user.run(TAKE, id=id_of(item))
    settings = one.app.settings
    async with live(settings.database_url, redis_url=settings.redis_url) as late:
        await eventually(lambda: _state(late.services, item) == [("user", "EDITING")])
        await eventually(
            lambda: late.services.of(LivePresence).state(item.id, EVERYONE).holder is not None
        )


@on_both
async def test_a_process_that_ends_in_order_says_goodbye(two: Two) -> None:
    one, _ = two
    item = await one.item()
    settings = one.app.settings
    async with live(settings.database_url, redis_url=settings.redis_url) as leaving:
        user = await leaving.client("user")
        await go(user, item)
        await eventually(lambda: _state(one.services, item) == [("user", "VIEWING")])
        (entry,) = one.services.of(LivePresence)._presence.at(item.id)
        assert entry.left_s is None
    await eventually(lambda: _left(one.services, item))


def _left(services: Services, item: Item) -> bool:
    return all(
        entry.left_s is not None for entry in services.of(LivePresence)._presence.at(item.id)
    )


def _state(services: Services, item: Item) -> list[tuple[str, str]]:
    state = services.of(LivePresence).state(item.id, EVERYONE)
    return [(one.name, one.activity.value) for one in state.participants]


# Faults, on a held clock


async def test_while_redis_answers_nothing_events_are_delivered_by_the_watchdog(
    sqlite_maker: SqliteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROBE_INTERVAL_S", "PROBE_TIMEOUT_S", "SEND_TIMEOUT_S", "CONNECT_TIMEOUT_S"):
        monkeypatch.setattr(remote, name, 0.3)
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 0.1)
    engine, url = RedisEngine(redis_url()), sqlite_maker.fresh()
    async with FailingProxy(engine.port) as proxy:
        behind = at_port(engine.url, proxy.port)
        async with both(url, redis_url=behind) as (one, other):
            await eventually(lambda: _broker(one).is_connected and _broker(other).is_connected)
            item = await one.item()
            await eventually(lambda: other.head == one.head)  # else its beginning is heard too
            subscriber = await other.subscriber("viewer")
            proxy.is_silent = True
            await one.commit(item, 10)
            assert len(await subscriber.until(one.head)) == 10
            await eventually(lambda: not _broker(one).is_connected)
            await one.commit(item, 10)
            assert len(await subscriber.until(one.head)) == 20
            proxy.is_silent = False
            await eventually(lambda: _broker(one).is_connected and _broker(other).is_connected)
            monkeypatch.setattr(hub_module, "WATCHDOG_S", 3_600.0)
            await asyncio.sleep(0.1)  # the watchdog's last look at its old pace
            await one.commit(item, 10)
            assert len(await subscriber.until(one.head)) == 30
    sqlite_maker.discard(url)


class UnreliableBroker(MemoryBroker):
    """Loses, doubles and delays what it is given, by chance."""

    chance = random.Random(4)  # noqa: S311  # no secret

    def __init__(self, exchange: MemoryExchange) -> None:
        super().__init__(exchange)
        self._held: list[tuple[str, str]] = []
        self.is_cut = False

    def publish(self, channel: str, message: str) -> None:
        if self.is_cut:
            return
        self._held += [(channel, message)] * self.chance.choice([0, 1, 1, 2])
        self.chance.shuffle(self._held)
        while self._held and self.chance.random() < 0.7:
            super().publish(*self._held.pop())


@asynccontextmanager
async def unreliable(
    url: str, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Two, list[UnreliableBroker]]]:
    exchange, made = MemoryExchange(), []

    def broker_of(*_: Any) -> Broker:
        made.append(UnreliableBroker(exchange))
        return made[-1]

    monkeypatch.setattr(process_module, "broker_of", broker_of)
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 0.02)
    async with both(url, clock, heartbeat_seconds=10_000, idle_disconnect_minutes=10_000) as two:
        yield two, made


async def beat(apps: Two, clock: HeldClock, seconds: float, say: Callable[[], Any]) -> None:
    """Time passes, everybody says again where they are, and both processes look."""
    clock.advance(seconds)
    await say()
    for _ in range(3):
        await asyncio.sleep(0)
    for app in apps:
        app.services.of(LivePresence).look()


async def test_presence_heals_by_heartbeats_whatever_the_broker_does(
    sqlite_maker: SqliteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, clock = sqlite_maker.fresh(), HeldClock()
    async with unreliable(url, clock, monkeypatch) as (two, _):
        one, other = two
        items = [await one.item(f"SKU-{number}") for number in range(3)]
        people = [await one.client("user"), await other.client("admin"), await one.client("viewer")]
        chance = random.Random(5)  # noqa: S311  # no secret
        at: list[Item] = [items[0]] * len(people)
        for _ in range(30):
            number = chance.randrange(len(people))
            at[number] = chance.choice(items)
            await go(people[number], at[number])
            await beat(two, clock, chance.choice([0.2, 1.0, 4.0]), _nothing)

        async def everybody() -> None:
            for client, item in zip(people, at, strict=True):
                await go(client, item)

        for _ in range(int(GONE_S / HEARTBEAT_S) + 4):
            await beat(two, clock, HEARTBEAT_S, everybody)
        await beat(two, clock, 1.0, everybody)

        def agreed() -> bool:
            return all(_names(one.services, item) == _names(other.services, item) for item in items)

        for _ in range(20):
            if agreed():
                break
            await beat(two, clock, HEARTBEAT_S, everybody)
        assert agreed()
        names = ["user", "admin", "viewer"]
        for item in items:
            here = {name for name, place in zip(names, at, strict=True) if place is item}
            assert _names(one.services, item) == here
    sqlite_maker.discard(url)


async def _nothing() -> None:
    pass


def _names(services: Services, item: Item) -> set[str]:
    return {name for name, _ in _state(services, item)}


async def test_those_of_a_process_that_died_are_gone_after_45_seconds(
    sqlite_maker: SqliteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, clock = sqlite_maker.fresh(), HeldClock()
    async with unreliable(url, clock, monkeypatch) as (two, brokers):
        one, other = two
        item = await one.item()
        user = await other.client("user")
        while not _names(one.services, item):
            clock.advance(LEAVE_S)
            await go(user, item)
            await asyncio.sleep(0.01)
        for broker in brokers:
            broker.is_cut = True  # nothing comes from it any more, no goodbye either
        clock.advance(GONE_S - 1)
        one.services.of(LivePresence).look()
        assert _names(one.services, item) == {"user"}
        clock.advance(1)
        one.services.of(LivePresence).look()
        assert _names(one.services, item) == set()
    sqlite_maker.discard(url)


async def test_events_are_delivered_by_the_watchdog_while_the_broker_loses_everything(
    sqlite_maker: SqliteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, clock = sqlite_maker.fresh(), HeldClock()
    async with unreliable(url, clock, monkeypatch) as (two, brokers):
        for broker in brokers:
            monkeypatch.setattr(broker, "announce", lambda: None)
        item = await two[0].item()
        await eventually(lambda: two[1].head == two[0].head)
        subscriber: Client = await two[1].subscriber("viewer")
        await two[0].commit(item, 10)
        assert len(await subscriber.until(two[0].head)) == 10
    sqlite_maker.discard(url)


NO_MESSAGES = (
    "",
    "[",
    "[]",
    "1",
    '{"entries": 1}',
    '["?", null]',
    '["entries", 1]',
    '["entries", [[]]]',
    '["leases", null]',
    '["leases", ["a", null, true]]',
)


async def test_a_message_that_is_none_is_passed_over(
    sqlite_maker: SqliteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, clock = sqlite_maker.fresh(), HeldClock()
    exchange = MemoryExchange()
    monkeypatch.setattr(process_module, "broker_of", lambda *_: MemoryBroker(exchange))
    async with live(url, clock) as app:
        item = await app.item()
        stranger = MemoryBroker(exchange)
        await stranger.start(lambda: None)
        for message in NO_MESSAGES:
            stranger.publish("presence", message)
        user = await app.client("user")
        assert shown(await go(user, item)) == [("user", "VIEWING", False)]
        # An entry of a session that does not exist is shown to nobody for long.
        ghost = f'["entries",[["x",{2**60},12,"user",999,{item.id},"EDITING",0,1,0,null]]]'
        stranger.publish("presence", ghost)
        await eventually(lambda: _state(app.services, item) == [("user", "VIEWING")])
        await stranger.close()
    sqlite_maker.discard(url)
