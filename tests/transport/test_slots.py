"""Slots: few reads of one caller at work, the others in its own queue, nobody forgotten."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.errors import RateLimited
from graphql_api.transport.slots import Slots
from tests.patience import PATIENCE_S


class Reads:
    """Reads that go on until they are told. begun: in their order."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.begun: list[str] = []
        self.end = asyncio.Event()

    async def read(self, caller: str) -> None:
        async with self._slots.entered(caller):
            self.begun.append(caller)
            await self.end.wait()

    def start(self, caller: str) -> asyncio.Task[None]:
        return asyncio.create_task(self.read(caller))


async def rounds() -> None:
    """Let everything go on that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_crowd_of_one_caller_waits_for_itself_alone() -> None:
    reads = Reads(Slots(at_work_max=2))
    tasks = [reads.start("crowd") for _ in range(50)]
    await rounds()
    tasks.append(reads.start("honest"))
    await rounds()
    assert reads.begun == ["crowd", "crowd", "honest"]
    reads.end.set()
    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)
    assert reads.begun.count("crowd") == 50


async def test_beyond_the_bound_a_read_is_refused_and_holds_nothing() -> None:
    reads = Reads(Slots(at_work_max=1, waiting_max=2))
    tasks = [reads.start("a") for _ in range(3)]
    await rounds()
    with pytest.raises(RateLimited) as refused:
        await reads.read("a")
    assert refused.value.extensions == {"retryAfterSeconds": 1}
    other = reads.start("b")
    reads.end.set()
    await asyncio.wait_for(asyncio.gather(*tasks, other, reads.read("a")), PATIENCE_S)


@pytest.mark.parametrize("has_slot", [True, False], ids=["at work", "waiting"])
async def test_who_gives_up_leaves_its_slot_to_the_next(has_slot: bool) -> None:
    slots = Slots(at_work_max=1)
    reads = Reads(slots)
    first, second, third = (reads.start("a") for _ in range(3))
    await rounds()
    (first if has_slot else second).cancel()
    await rounds()
    assert reads.begun == (["a", "a"] if has_slot else ["a"])
    reads.end.set()
    ended = await asyncio.wait_for(
        asyncio.gather(first, second, third, return_exceptions=True), PATIENCE_S
    )
    assert [isinstance(end, asyncio.CancelledError) for end in ended].count(True) == 1
    assert not slots._callers, "nothing is kept of who is not here"


async def test_who_gives_up_in_the_moment_that_it_is_handed_a_slot_hands_it_on() -> None:
    slots = Slots(at_work_max=1)
    reads, left = Reads(slots), asyncio.Event()

    async def hold() -> None:
        async with slots.entered("a"):
            await left.wait()
        second.cancel()  # its slot was set just now; it has not gone on yet

    first = asyncio.create_task(hold())
    await rounds()
    second, third = reads.start("a"), reads.start("a")
    await rounds()
    left.set()
    reads.end.set()
    await asyncio.wait_for(asyncio.gather(first, third), PATIENCE_S)
    await asyncio.gather(second, return_exceptions=True)
    assert reads.begun == ["a"]
    assert second.cancelled()
    assert not slots._callers
