"""Coroutines side by side, without exception groups: what fails first is what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from graphql_api.kernel.tasks import ended

Work = Coroutine[Any, Any, Any]


async def first_to_end(works: Iterable[Work]) -> None:
    """Till one of them ends or fails; the others are cancelled. Raises what it raised."""
    await _run(works, asyncio.FIRST_COMPLETED)


async def all_to_end(works: Iterable[Work]) -> None:
    """Till all have ended, or one fails; then the others are cancelled. Raises what it raised."""
    await _run(works, asyncio.FIRST_EXCEPTION)


async def _run(works: Iterable[Work], until: str) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=until)
    finally:
        # What a cancelled one still raises comes of the first failure: it is not told.
        await ended(tasks)
    for task in done:
        task.result()
