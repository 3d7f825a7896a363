"""The hub: everything once, in order, whatever the hints do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.delivery import audience
from graphql_api.delivery import hub as hub_module
from graphql_api.delivery.hub import Hub
from graphql_api.errors import CursorTooOld, EpochChanged
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event, Head, Log
from graphql_api.services import Services
from tests import campaigns
from tests.builders import make_item, move
from tests.conftest import OpenServices
from tests.patience import PATIENCE_S
from tests.streams import events_after, eventually, next_run, positions_after, stream

EPOCH = "ab" * 8


class FakeLog:
    """A log in memory: grows, is read by pages, and can be down."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.floor = 0
        self.is_down = False
        self.reads = 0

    def grow(self, count: int = 1) -> list[Event]:
        """Commit `count` events in one transaction."""
        first = len(self.events) + 1
        grown = [event_at(position) for position in range(first, first + count)]
        self.events += grown
        return grown

    async def head(self) -> Head:
        await asyncio.sleep(0)
        if self.is_down:
            raise ConnectionError("the log is away")
        witness_us = self.events[-1].recorded_at_us if self.events else 0
        return Head(EPOCH, len(self.events), self.floor, witness_us)

    async def page(self, after: int, up_to: int, limit: int = 500) -> list[Event]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.is_down:
            raise ConnectionError("the log is away")
        return self.events[max(after, self.floor) : min(up_to, max(after, self.floor) + limit)]


def event_at(position: int, subject: int | None = None) -> Event:
    return Event(
        "t", "K", subject, audience.EVERYONE, None, {}, position, recorded_at_us=position, size=100
    )


def cursor_at(position: int) -> Cursor:
    return Cursor(EPOCH, position, position)


@asynccontextmanager
async def running(
    log: FakeLog, ring_bytes_max: int = 10**6
) -> AsyncIterator[tuple[Hub, list[int]]]:
    """A started hub, and the positions that its listeners are told."""
    hub = Hub(cast(Log, log), ring_bytes_max)
    told: list[int] = []
    hub.listen(lambda events: told.extend(event.position for event in events))
    await hub.start()
    try:
        yield hub, told
    finally:
        await hub.close()


async def test_a_hub_begins_where_the_log_stands() -> None:
    log = FakeLog()
    log.grow(3)
    async with running(log) as (hub, told):
        assert hub.head.position == 3
        hub.committed(log.grow(2))
        assert told == [4, 5]


async def test_the_next_run_is_taken_as_it_comes() -> None:
    log = FakeLog()
    async with running(log) as (hub, told):
        hub.committed(log.grow(2))
        hub.committed(log.grow(1))
        assert told == [1, 2, 3]
        assert hub.head == await log.head()
        assert log.reads == 0


async def test_events_that_were_there_are_dropped() -> None:
    log = FakeLog()
    async with running(log) as (hub, told):
        first, second = log.grow(3), log.grow(2)
        hub.committed(first)
        hub.committed(first)
        hub.committed([*first[1:], *second])  # partly known
        hub.committed(second)
        assert told == [1, 2, 3, 4, 5]


async def test_a_hole_is_read_from_the_log() -> None:
    log = FakeLog()
    async with running(log) as (hub, told):
        log.grow(2)  # another process; its hint is lost
        hub.committed(log.grow(2))
        await eventually(lambda: len(told) == 4)
        assert told == [1, 2, 3, 4]


async def test_a_hint_makes_the_hub_look() -> None:
    log = FakeLog()
    async with running(log) as (hub, told):
        log.grow(3)
        hub.hint()
        hub.hint()
        await eventually(lambda: len(told) == 3)
        assert told == [1, 2, 3]


async def test_a_hint_without_news_tells_nobody() -> None:
    log = FakeLog()
    async with running(log) as (hub, told):
        hub.hint()
        for _ in range(20):
            await asyncio.sleep(0)
        assert told == []


async def test_without_any_hint_the_watchdog_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 0.01)
    log = FakeLog()
    async with running(log) as (_, told):
        log.grow(3)
        await eventually(lambda: told == [1, 2, 3])


async def test_a_hole_larger_than_a_page_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    log = FakeLog()
    async with running(log) as (hub, told):
        log.grow(1_203)
        hub.hint()
        await eventually(lambda: len(told) == 1_203)
        assert told == list(range(1, 1_204))


async def test_a_log_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 0.01)
    log = FakeLog()
    async with running(log) as (hub, told):
        log.is_down = True
        log.grow(2)
        hub.hint()
        await asyncio.sleep(0.03)  # lets some watchdogs fail
        assert told == []
        log.is_down = False
        await eventually(lambda: told == [1, 2])


async def test_a_hub_that_retention_has_overtaken_goes_on_after_the_floor() -> None:
    # How the bug came about: a process that slept through retention finds the next event gone,
    # and asks for it for ever.
    log = FakeLog()
    log.grow(2)
    async with running(log) as (hub, told):
        log.grow(8)
        log.floor = 6
        async with stream(hub, cursor_at(2)) as runs:
            hub.hint()
            with pytest.raises(CursorTooOld):
                await next_run(runs)
        await eventually(lambda: hub.head.position == 10)
        assert told == [7, 8, 9, 10]
        assert await positions_after(hub, cursor_at(6), 4) == [7, 8, 9, 10]


async def test_a_hub_whose_whole_backlog_was_deleted_goes_on_with_what_comes() -> None:
    log = FakeLog()
    log.grow(2)
    async with running(log) as (hub, told):
        log.grow(8)
        log.floor = 10
        hub.hint()
        await eventually(lambda: hub.head.position == 10)
        hub.committed(log.grow(1))
        assert told == [11]


async def test_a_reader_without_a_cursor_begins_now() -> None:
    log = FakeLog()
    log.grow(3)
    async with running(log) as (hub, _), stream(hub, None) as runs:
        waiting = asyncio.create_task(next_run(runs))
        await asyncio.sleep(0)
        hub.committed(log.grow(2))
        assert await waiting == [4, 5]


async def test_a_reader_with_a_cursor_gets_all_that_follows_it() -> None:
    log = FakeLog()
    log.grow(3)
    async with running(log) as (hub, _):
        hub.committed(log.grow(2))
        assert await positions_after(hub, cursor_at(1), 4) == [2, 3, 4, 5]
        assert await positions_after(hub, cursor_at(4), 1) == [5]


async def test_every_reader_hears_of_every_growth() -> None:
    log = FakeLog()
    async with running(log) as (hub, _):
        readers = [asyncio.create_task(positions_after(hub, None, 3)) for _ in range(20)]
        for _ in range(3):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            hub.committed(log.grow(1))
        assert await asyncio.gather(*readers) == [[1, 2, 3]] * 20


async def test_what_the_ring_let_go_is_read_from_the_log() -> None:
    log = FakeLog()
    async with running(log, ring_bytes_max=3 * 900) as (hub, _):
        for _ in range(10):
            hub.committed(log.grow(1))
        assert len(hub._ring) == 3
        assert await positions_after(hub, cursor_at(7), 3) == [8, 9, 10]
        assert log.reads == 0
        assert await positions_after(hub, cursor_at(2), 8) == [3, 4, 5, 6, 7, 8, 9, 10]
        assert log.reads == 1


async def test_the_newest_event_stays_however_large_it_is() -> None:
    log = FakeLog()
    async with running(log, ring_bytes_max=1) as (hub, _):
        hub.committed(log.grow(1))
        hub.committed(log.grow(1))
        assert [event.position for event in hub._ring] == [2]


async def test_many_readers_catching_up_share_their_reads_of_the_log() -> None:
    log = FakeLog()
    log.grow(1_400)
    async with running(log) as (hub, _):
        readers = [positions_after(hub, cursor_at(0), 1_400) for _ in range(200)]
        for positions in await asyncio.gather(*readers):
            assert positions == list(range(1, 1_401))
        assert log.reads <= 9, "three pages, not three for each reader"


async def test_a_reader_that_is_given_up_does_not_take_the_page_from_the_others() -> None:
    log = FakeLog()
    log.grow(10)
    async with running(log) as (hub, _):
        leaving = asyncio.create_task(positions_after(hub, cursor_at(0), 10))
        staying = asyncio.create_task(positions_after(hub, cursor_at(0), 10))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await staying == list(range(1, 11))


@given(
    steps=st.lists(
        st.sampled_from(["commit", "commit in another process", "hint", "read", "yield"]),
        max_size=40,
    ),
    sizes=st.lists(st.integers(1, 4), min_size=40, max_size=40),
    ring_events=st.sampled_from([1, 3, 100]),
    start=st.integers(0, 5),
)
def test_at_every_seam_a_reader_gets_each_event_once_and_in_order(
    steps: list[str], sizes: list[int], ring_events: int, start: int
) -> None:
    async def run() -> None:
        log = FakeLog()
        log.grow(5)
        async with running(log, ring_bytes_max=ring_events * 900) as (hub, told):
            got: list[int] = []
            async with stream(hub, cursor_at(start)) as runs:
                for step, size in zip(steps, sizes, strict=False):
                    match step:
                        case "commit":
                            hub.committed(log.grow(size))
                        case "commit in another process":
                            log.grow(size)
                        case "hint":
                            hub.hint()
                        case "yield":
                            await asyncio.sleep(0)
                        case _ if start + len(got) < hub.head.position:
                            got += await next_run(runs)
                hub.hint()
                while start + len(got) < len(log.events):
                    got += await next_run(runs)
            assert got == list(range(start + 1, len(log.events) + 1))
            assert told == list(range(6, len(log.events) + 1))

    asyncio.run(run())


async def test_a_listener_that_has_stopped_is_told_nothing_more() -> None:
    log = FakeLog()
    async with running(log) as (hub, _):
        told: list[int] = []

        def listener(events: Sequence[Event]) -> None:
            told.extend(event.position for event in events)
            stop()

        stop = hub.listen(listener)
        hub.committed(log.grow(1))
        hub.committed(log.grow(1))
        assert told == [1]


async def test_a_narrower_audience_reaches_the_events_still_in_memory() -> None:
    log = FakeLog()
    async with running(log) as (hub, _):
        hub.committed([event_at(1, subject=7), event_at(2, subject=8)])
        notice = Event(
            audience.TOPIC,
            audience.RESTRICTED,
            7,
            audience.NOBODY,
            None,
            audience.Restricted(audience.ADMINS),
            3,
            3,
        )
        log.events = [event_at(1), event_at(2), notice]
        hub.committed([notice])
        roles = [event.roles for event in await events_after(hub, cursor_at(0), 3)]
        assert roles == [audience.ADMINS, audience.EVERYONE, audience.NOBODY]


# ---- on real databases -----------------------------------------------------------------------


async def test_a_small_ring_falls_back_to_the_real_log(open_again: OpenServices) -> None:
    async with open_again(ring_bytes_max=4_000) as services:
        beginning = (await services.log.head()).cursor
        item = await make_item(services)
        for _ in range(30):
            await move(services, item, 1)
        assert len(services.hub._ring) < 10
        assert await positions_after(services.hub, beginning, 31) == list(range(1, 32))
        assert services.hub.log_reads >= 1


@pytest.mark.parametrize("seed", range(2))
async def test_readers_lose_nothing_while_many_write(services: Services, seed: int) -> None:
    chance = campaigns.chance(seed)
    services.hub._ring_bytes_max = 5_000  # so that slow readers leave the ring
    item = await make_item(services)
    total = 120

    async def write(count: int) -> None:
        for _ in range(count):
            await move(services, item, 1)

    async def read(after: Cursor) -> list[int]:
        got: list[int] = []
        async with stream(services.hub, after) as runs:
            while not got or got[-1] < total + 1:
                got += await next_run(runs)
                for _ in range(chance.randrange(6)):
                    await asyncio.sleep(0)
        return got

    beginning = Cursor((await services.log.head()).epoch, 0, 0)
    async with asyncio.timeout(2 * PATIENCE_S):
        *_, first, second = await asyncio.gather(
            *(write(total // 4) for _ in range(4)), read(beginning), read(beginning)
        )
    assert cast(Any, first) == cast(Any, second) == list(range(1, total + 2))


# The log goes back, or has holes


async def test_retention_that_passes_between_two_reads_is_noticed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The hub asked for the same page again and again, for ever, as fast as it could.
    log = FakeLog()
    read = log.page

    async def page(after: int, up_to: int, limit: int = 500) -> list[Event]:
        log.floor = 3
        return await read(after, up_to, limit)

    monkeypatch.setattr(log, "page", page)
    async with running(log) as (hub, told):
        log.grow(5)
        hub.hint()
        await eventually(lambda: told == [4, 5])
        assert log.reads <= 3
        assert hub.head.position == 5


@pytest.mark.parametrize("missing", [[1, 2], [1, 2, 3, 4, 5]])
async def test_a_hole_that_no_retention_made_is_passed_and_told(
    missing: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = FakeLog()
    read = log.page

    async def page(after: int, up_to: int, limit: int = 500) -> list[Event]:
        return [e for e in await read(after, up_to, limit) if e.position not in missing]

    monkeypatch.setattr(log, "page", page)
    async with running(log) as (hub, told):
        log.grow(5)
        hub.hint()
        await eventually(lambda: hub.head.position == 5)
        assert told == [n for n in range(1, 6) if n not in missing]
        assert log.reads <= 3
    assert "lacks events" in caplog.text


class FailedOverLog(FakeLog):
    """Goes back to an earlier state, and then grows by other events at the same places."""

    epoch = EPOCH

    def __init__(self) -> None:
        super().__init__()
        self.renewals: list[str] = []

    def go_back(self, position: int, count: int) -> None:
        del self.events[position:]
        for event in self.grow(count):
            event.recorded_at_us += 1_000_000

    async def head(self) -> Head:
        head = await super().head()
        return Head(self.epoch, head.position, head.floor, head.witness_us)

    async def renew(self, old_epoch: str) -> None:
        self.renewals.append(old_epoch)
        self.epoch = "cd" * 8


@pytest.mark.parametrize(
    "grown", [0, 2, 4, 9], ids=["below", "still below", "at the same place", "beyond"]
)
async def test_a_log_that_went_back_gets_a_new_epoch_and_everybody_begins_anew(grown: int) -> None:
    log = FailedOverLog()
    async with running(log) as (hub, told):
        hub.renew = log.renew
        replaced = list[str]()
        hub.listen(lambda _: None, replaced=lambda: replaced.append(hub.head.epoch))
        log.grow(6)
        hub.hint()
        await eventually(lambda: told == [1, 2, 3, 4, 5, 6])
        async with stream(hub, cursor_at(6)) as runs:
            waiting = asyncio.ensure_future(anext(runs))
            await asyncio.sleep(0)
            log.go_back(2, grown)
            hub.hint()
            await eventually(lambda: replaced == [log.epoch])
            with pytest.raises(EpochChanged):
                await waiting
        assert (log.renewals, hub.head) == ([EPOCH], await log.head())
        hub.committed(log.grow(1))  # and later events go on in the new epoch
        assert told[6:] == [len(log.events)]
        assert len(await hub.read(len(log.events) - 1)) == 1


async def test_nothing_of_a_log_in_doubt_is_delivered_until_it_was_looked_at() -> None:
    log = FailedOverLog()
    async with running(log) as (hub, told):
        hub.renew = log.renew
        hub.committed(log.grow(3))
        log.go_back(1, 0)
        log.epoch = "cd" * 8  # another process has noticed, or the writer of this one
        hub.doubt()
        hub.committed(log.grow(3))  # in the new epoch: at places that are known in the old one
        await eventually(lambda: not hub.is_in_doubt)
        assert (told, hub.head) == ([1, 2, 3], await log.head())
        assert log.renewals == []


async def test_a_doubt_without_ground_costs_nothing() -> None:
    log = FakeLog()
    async with running(log) as (hub, told):
        hub.committed(log.grow(2))
        hub.doubt()
        hub.committed(log.grow(2))
        await eventually(lambda: told == [1, 2, 3, 4] and not hub.is_in_doubt)


async def test_an_audience_that_cannot_be_read_takes_everything_out_of_memory() -> None:
    log = FakeLog()
    async with running(log) as (hub, told):
        hub.committed(log.grow(2))
        notice = Event(audience.TOPIC, audience.RESTRICTED, 1, 0, None, {}, 3, 3, 10)
        log.events.append(notice)
        reads = log.reads
        hub.committed([notice])
        assert told == [1, 2, 3]
        await hub.read(0)
        assert log.reads == reads + 1  # what is for others now is not served from memory
