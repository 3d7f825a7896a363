"""Tasks that are given up have really ended."""

from __future__ import annotations

import asyncio
import gc
from typing import NoReturn

import pytest

from graphql_api.kernel.tasks import ended
from tests.patience import PATIENCE_S


async def _for_ever() -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def _forgetting(times: int) -> NoReturn:
    """Goes on after so many cancellations, as what stands in asyncio.wait_for may."""
    for _ in range(times):
        with pytest.raises(asyncio.CancelledError):
            await _for_ever()
    await _for_ever()


async def _failing_at_its_end() -> None:
    try:
        await _for_ever()
    except asyncio.CancelledError:
        raise ValueError("at its end") from None


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_task_that_forgets_a_cancellation_is_cancelled_again(times: int) -> None:
    task = asyncio.create_task(_forgetting(times))
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        await ended([task], again_s=0.01)
    assert task.cancelled()


async def test_each_has_ended_however_it_did() -> None:
    done = asyncio.create_task(asyncio.sleep(0))
    await done
    tasks = [
        asyncio.create_task(_for_ever()),
        asyncio.create_task(_failing_at_its_end()),
        asyncio.create_task(_forgetting(1)),
    ]
    await asyncio.sleep(0)
    await ended([None, done, *tasks], again_s=0.01)
    assert all(task.done() for task in tasks)
    await ended([])


@pytest.mark.parametrize("is_early", [True, False])
async def test_nobody_complains_of_what_they_raised(
    is_early: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """asyncio does, of a task that is let go of before anybody has looked at its exception."""
    task = asyncio.create_task(_failing_at_its_end())
    await asyncio.sleep(0)
    if is_early:
        task.cancel()
        await asyncio.wait([task])
    await ended([task])
    del task
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_who_waits_for_the_ends_can_be_given_up_too() -> None:
    """A caller with little time does not wait for one that tidies up for long."""
    task = asyncio.create_task(_forgetting(1))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await ended([task], again_s=PATIENCE_S)
    assert not task.done()
    await ended([task], again_s=0.01)
