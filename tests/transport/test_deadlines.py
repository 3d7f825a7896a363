"""Deadlines: what takes too long is given up, and nothing else is."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.transport.deadlines import Deadlines
from tests.patience import PATIENCE_S

SHORT_S = 0.01


async def for_ever(deadlines: Deadlines, seconds: float = SHORT_S) -> None:
    with deadlines.within(seconds):
        await asyncio.get_running_loop().create_future()


async def test_what_takes_too_long_is_given_up_one_after_the_other() -> None:
    deadlines = Deadlines()
    async with asyncio.timeout(PATIENCE_S):
        tasks = []
        for _ in range(3):  # their ends lie apart, and there is one timer
            tasks.append(asyncio.create_task(for_ever(deadlines)))
            await asyncio.sleep(SHORT_S / 2)
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ends] == [TimeoutError] * 3
        with pytest.raises(TimeoutError):  # after its timer has had nobody left
            await for_ever(deadlines)


async def test_what_ends_in_time_is_left_alone_afterwards() -> None:
    deadlines = Deadlines()
    with deadlines.within(SHORT_S):
        pass
    with pytest.raises(LookupError), deadlines.within(SHORT_S):
        raise LookupError
    await asyncio.sleep(3 * SHORT_S)  # it would be cancelled here


async def test_who_is_cancelled_by_somebody_else_is_cancelled() -> None:
    deadlines = Deadlines()
    task = asyncio.create_task(for_ever(deadlines, PATIENCE_S))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_who_is_cancelled_in_the_moment_of_its_deadline_is_cancelled_too() -> None:
    deadlines = Deadlines()
    task = asyncio.create_task(for_ever(deadlines, PATIENCE_S))
    await asyncio.sleep(0)
    task.cancel()
    next(iter(deadlines._running)).give_up()
    await asyncio.wait([task])
    assert task.cancelled()
