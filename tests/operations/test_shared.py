"""Dear reads are made once for all who ask, and kept for a while."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.clock import HeldClock
from graphql_api.operations.shared import KEPT_FACTOR, RESULTS_MAX, SharedReads

KEPT_S = 3.0


class Read:
    """Counts how often it ran; lasts until `go_on`, and takes `seconds` of the held clock."""

    def __init__(self, clock: HeldClock, seconds: float = 0.0) -> None:
        self.times = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.fault: Exception | None = None
        self._clock = clock
        self._seconds = seconds

    async def __call__(self) -> int:
        self.times += 1
        await self.go_on.wait()
        self._clock.advance(self._seconds)
        if self.fault is not None:
            raise self.fault
        return self.times


async def test_all_who_ask_at_the_same_time_share_one_read(clock: HeldClock) -> None:
    shared, read = SharedReads(clock, KEPT_S), Read(clock)
    assert await asyncio.gather(*(shared.get("key", read) for _ in range(50))) == [1] * 50
    assert await shared.get("other", read) == 2


async def test_a_result_is_kept_for_its_seconds_and_then_read_anew(clock: HeldClock) -> None:
    shared, read = SharedReads(clock, KEPT_S), Read(clock)
    assert await shared.get("key", read) == 1
    clock.advance(KEPT_S - 0.1)
    assert await shared.get("key", read) == 1
    clock.advance(0.1)
    assert await shared.get("key", read) == 2


async def test_what_takes_long_is_kept_for_longer(clock: HeldClock) -> None:
    """So that no key keeps a connection busy for more than a tenth of the time."""
    shared, read = SharedReads(clock, KEPT_S), Read(clock, seconds=2.0)
    assert await shared.get("key", read) == 1
    clock.advance(KEPT_FACTOR * 2.0 - 0.1)
    assert await shared.get("key", read) == 1
    clock.advance(0.1)
    assert await shared.get("key", read) == 2


async def test_a_failure_reaches_everyone_who_waits_and_is_not_kept(clock: HeldClock) -> None:
    shared, read = SharedReads(clock, KEPT_S), Read(clock)
    read.fault = RuntimeError("no database")
    found = await asyncio.gather(
        shared.get("key", read), shared.get("key", read), return_exceptions=True
    )
    assert list(found) == [read.fault, read.fault]
    read.fault = None
    assert await shared.get("key", read) == 2


async def test_a_caller_that_is_cancelled_leaves_the_read_to_the_others(clock: HeldClock) -> None:
    shared, read = SharedReads(clock, KEPT_S), Read(clock)
    read.go_on.clear()
    first = asyncio.create_task(shared.get("key", read))
    second = asyncio.create_task(shared.get("key", read))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    read.go_on.set()
    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_the_number_of_results_that_are_kept_has_a_limit(clock: HeldClock) -> None:
    shared, read = SharedReads(clock, KEPT_S), Read(clock)
    for key in range(RESULTS_MAX + 1):
        await shared.get(key, read)
    assert await shared.get(RESULTS_MAX, read) == RESULTS_MAX + 1
    assert await shared.get(0, read) == RESULTS_MAX + 2


async def test_closing_gives_up_what_is_being_read(clock: HeldClock) -> None:
    shared, read = SharedReads(clock, KEPT_S), Read(clock)
    read.go_on.clear()
    asking = asyncio.create_task(shared.get("key", read))
    await asyncio.sleep(0)
    await shared.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
