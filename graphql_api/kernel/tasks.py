"""Tasks that are given up: cancelled, and waited for until they have really ended.

A task that is cancelled once may go on. `asyncio.wait_for` of Python 3.11 forgets a cancellation
that comes in the moment in which what it waits for is done (bpo-37658), and libraries on the way
use it: gql while it waits for connection_ack. Whoever then waits for the task's end waits for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

CANCEL_AGAIN_S = 2.5  # longer than what tidies up after a cancellation takes, like closing a socket


async def ended(tasks: Iterable[asyncio.Task[Any] | None], again_s: float = CANCEL_AGAIN_S) -> None:
    """Cancel these tasks, and wait until each has ended, however it does: what they raise is not
    told. Those that still run after `again_s` seconds are cancelled again. None is no task."""
    given = [task for task in tasks if task is not None]
    running = {task for task in given if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=again_s)
    for task in given:
        if not task.cancelled():
            task.exception()  # looked at: asyncio complains of those that nobody looks at
