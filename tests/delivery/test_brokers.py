"""What every broker promises, the same tests over each engine; and what a remote one survives."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest

from graphql_api.delivery import remote
from graphql_api.delivery.broker import (
    MESSAGE_BYTES_MAX,
    Broker,
    Hint,
    MessageTooLong,
    Receive,
)
from graphql_api.delivery.remote import WAITING_MAX, RemoteBroker
from graphql_api.errors import ConfigurationError
from tests.delivery.engines import (
    ENGINES,
    REMOTE,
    Ear,
    Engine,
    FailingProxy,
    MemoryEngine,
    PostgresEngine,
    RedisEngine,
    RemoteEngine,
    WorkersEngine,
    redis_url,
)
from tests.streams import eventually


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    kind = request.param
    if kind == "memory":
        yield MemoryEngine()
        return
    if kind == "workers":
        yield WorkersEngine()
        return
    made: RemoteEngine
    if kind == "postgres":
        made = PostgresEngine(request.getfixturevalue("postgres_maker"))
    else:
        made = RedisEngine(redis_url())
    yield made
    made.close()


class Company:
    """Brokers that are closed at the end."""

    def __init__(self) -> None:
        self.ears: list[Ear] = []

    async def join(self, broker: Broker, channel: str = "presence") -> Ear:
        """A started broker, once it works."""
        ear = await self.begin(broker, channel)
        await eventually(lambda: ear.connections == 1)
        return ear

    async def begin(self, broker: Broker, channel: str = "presence") -> Ear:
        ear = Ear(broker)
        self.ears.append(ear)
        await ear.start(channel)
        return ear


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    made = Company()
    yield made
    for ear in made.ears:
        await ear.broker.close()


on_every_engine = pytest.mark.parametrize("engine", ENGINES, indirect=True)
on_remote_engines = pytest.mark.parametrize("engine", REMOTE, indirect=True)


@on_every_engine
async def test_an_announcement_reaches_the_others_and_not_itself(
    engine: Engine, company: Company
) -> None:
    one, two, three = [await company.join(engine.broker()) for _ in range(3)]
    before = [ear.hints for ear in (one, two, three)]
    two.broker.announce()
    await eventually(lambda: one.hints > before[0] and three.hints > before[2])
    assert two.hints == before[1]


@on_every_engine
async def test_a_message_reaches_the_others_on_its_channel_in_order(
    engine: Engine, company: Company
) -> None:
    one, two = [await company.join(engine.broker()) for _ in range(2)]
    elsewhere = await company.join(engine.broker(), "elsewhere")
    told = ["", "a b", '{"ä": "\\n"}', "日本", "x" * MESSAGE_BYTES_MAX, "end"]
    for message in told:
        one.broker.publish("presence", message)
    await eventually(lambda: two.heard == told)
    one.broker.publish("elsewhere", "only there")
    await eventually(lambda: elsewhere.heard == ["only there"])
    assert two.heard == told
    assert one.heard == []


@on_every_engine
async def test_a_message_that_is_too_long_is_refused_by_every_engine_alike(
    engine: Engine, company: Company
) -> None:
    one = await company.join(engine.broker())
    with pytest.raises(MessageTooLong, match="7001 bytes"):
        one.broker.publish("presence", "ä" * 3_500 + "x")


@on_every_engine
async def test_who_stopped_listening_and_who_was_closed_hear_nothing_more(
    engine: Engine, company: Company
) -> None:
    one, two, three = [await company.join(engine.broker()) for _ in range(3)]
    kept: list[str] = []
    stop = two.broker.subscribe("presence", kept.append, lambda: None)
    stop()
    await three.broker.close()
    await three.broker.close()
    hints = three.hints
    one.broker.publish("presence", "late")
    one.broker.announce()
    await eventually(lambda: two.heard == ["late"])
    assert kept == []
    assert three.heard == []
    assert three.hints == hints


@on_every_engine
async def test_a_thousand_messages_in_a_burst_arrive(engine: Engine, company: Company) -> None:
    one, two = [await company.join(engine.broker()) for _ in range(2)]
    told = [f"message {number}" for number in range(WAITING_MAX)]
    for message in told:
        one.broker.publish("presence", message)
    await eventually(lambda: len(two.heard) == len(told))
    assert two.heard == told


@on_remote_engines
async def test_announcements_while_one_is_being_sent_are_merged(
    engine: RemoteEngine, company: Company
) -> None:
    one, two = [await company.join(engine.broker()) for _ in range(2)]
    before = two.hints
    for _ in range(1_000):
        one.broker.announce()
    one.broker.publish("presence", "after")
    await eventually(lambda: two.heard == ["after"])
    assert 1 <= two.hints - before <= 2


@on_remote_engines
async def test_it_comes_back_after_its_server_dropped_it(
    engine: RemoteEngine, company: Company
) -> None:
    one, two = [await company.join(engine.broker()) for _ in range(2)]
    for again in range(2, 4):
        hints = two.hints
        await engine.drop_connections()
        await eventually(lambda again=again: one.connections == two.connections == again)  # type: ignore[misc]
        assert two.hints > hints  # what was announced meanwhile may have been missed
        one.broker.publish("presence", f"again {again}")
        await eventually(lambda again=again: f"again {again}" in two.heard)  # type: ignore[misc]


@on_remote_engines
async def test_a_server_that_is_away_stops_nothing_is_told_once_and_costs_no_memory(
    engine: RemoteEngine,
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(remote, "PAUSE_MAX_S", 0.01)
    monkeypatch.setattr(remote, "PAUSE_S", 0.01)
    monkeypatch.setattr(remote, "STEADY_S", math.inf)  # each link here is a flapping one
    caplog.set_level(logging.WARNING)
    async with FailingProxy(engine.port) as proxy:
        proxy.is_down = True
        one = await company.begin(engine.broker(proxy.port))
        two = await company.join(engine.broker())
        for _ in range(10 * WAITING_MAX):
            one.broker.announce()
            one.broker.publish("presence", "lost")
        assert isinstance(one.broker, RemoteBroker)
        assert len(one.broker._waiting) == 0
        # It flaps: each time it is there for a moment only.
        for _ in range(5):
            connections = one.connections
            proxy.is_down = False
            await eventually(lambda before=connections: one.connections > before)  # type: ignore[misc]
            proxy.is_down = True
            proxy.cut()
            await eventually(lambda: not one.broker.is_connected)  # type: ignore[attr-defined]
        hints = two.hints
        one.broker.announce()
        proxy.is_down = False
        await eventually(lambda: two.hints > hints)  # it was kept, as one
        # What two heard may be its own link's sign; what is published without a link is lost.
        await eventually(lambda: one.broker.is_connected)  # type: ignore[attr-defined]
        one.broker.publish("presence", "here")
        await eventually(lambda: two.heard == ["here"])
    told = [record.message for record in caplog.records if "is away" in record.message]
    assert len(told) == 1, told


@on_remote_engines
async def test_a_half_open_connection_is_found_and_replaced(
    engine: RemoteEngine, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROBE_INTERVAL_S", "PROBE_TIMEOUT_S", "SEND_TIMEOUT_S", "CONNECT_TIMEOUT_S"):
        monkeypatch.setattr(remote, name, 0.3)
    async with FailingProxy(engine.port) as proxy:
        one = await company.join(engine.broker(proxy.port))
        two = await company.join(engine.broker())
        proxy.is_silent = True  # nothing is cut: it just never answers
        await eventually(lambda: not one.broker.is_connected)  # type: ignore[attr-defined]
        monkeypatch.undo()  # a busy machine may let a probe wait so long: the next line stays
        proxy.is_silent = False
        await eventually(lambda: one.connections == 2)
        two.broker.publish("presence", "hello")
        await eventually(lambda: one.heard == ["hello"])


class LoopLink:
    """A link to nobody but itself, which can go deaf: what is sent is taken, and never comes."""

    def __init__(self) -> None:
        self.is_deaf = False
        self.is_closed = False
        self._receive: Receive = lambda _: None

    async def open(self, receive: Receive, lost: Hint) -> None:
        self._receive = receive

    async def send(self, texts: Sequence[str]) -> None:
        for text in texts:
            if not self.is_deaf:
                self._receive(text)

    async def close(self) -> None:
        self.is_closed = True


async def test_a_link_that_sends_but_hears_nothing_is_replaced(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PROBE_INTERVAL_S", 0.02)
    monkeypatch.setattr(remote, "PROBE_TIMEOUT_S", 0.1)
    links: list[LoopLink] = []

    def new_link() -> LoopLink:
        links.append(LoopLink())
        return links[-1]

    ear = await company.join(RemoteBroker("itself", new_link))
    links[0].is_deaf = True
    await eventually(lambda: ear.connections == 2)
    assert [link.is_closed for link in links] == [True, False]


@pytest.mark.parametrize("engine", ["redis"], indirect=True)
async def test_a_flushed_redis_loses_nothing(engine: RedisEngine, company: Company) -> None:
    one, two = [await company.join(engine.broker()) for _ in range(2)]
    await engine.flush()
    one.broker.publish("presence", "still here")
    await eventually(lambda: two.heard == ["still here"])
    assert two.connections == 1


async def test_inventories_on_one_redis_do_not_hear_each_other(company: Company) -> None:
    ours, others = RedisEngine(redis_url()), RedisEngine(redis_url())
    one, two = [await company.join(ours.broker()) for _ in range(2)]
    stranger = await company.join(others.broker())
    hints = stranger.hints
    one.broker.publish("presence", "ours")
    one.broker.announce()
    await eventually(lambda: two.heard == ["ours"])
    stranger.broker.publish("presence", "theirs")
    one.broker.publish("presence", "ours again")
    await eventually(lambda: len(two.heard) == 2)
    assert stranger.heard == []
    assert stranger.hints == hints
    assert two.heard == ["ours", "ours again"]


def test_a_redis_url_that_is_none_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        RedisEngine("http://example.com").broker()
