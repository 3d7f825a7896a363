"""Runs the command line with a point at which the process kills itself. For tests only.

FAIL_POINT names the point, FAIL_FILE a file: the process dies at that point once the file is
there, as `kill -9` would have it, with nothing flushed and nobody told.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphql_api.cli import main
from graphql_api.database.waiting import Queue
from graphql_api.delivery.hub import Hub
from graphql_api.events.log import Log
from graphql_api.operations.scheduler import Scheduler
from graphql_api.transport.sockets import Sockets

BEFORE_HEAD = "before the head is taken"
AFTER_INSERT = "after the insert"
AFTER_COMMIT = "after the commit, before the hub is told"
POINTS = (BEFORE_HEAD, AFTER_INSERT, AFTER_COMMIT)
STOPPED_WITH_HEAD = "stopped, once, while it holds the head"
STOPPED_AT_COMMIT = "stopped, once, with everything written, before COMMIT"

# Not killed: one part of the process ends by itself, or fails, once the file is there.
WRITER_ENDS = "the writer ends"
HUB_ENDS = "the hub ends"
SOCKETS_END = "the sockets end"
SCHEDULER_ENDS = "the scheduler ends"
PARTS = {
    WRITER_ENDS: "writer",
    HUB_ENDS: "hub backfill",
    SOCKETS_END: "sockets",
    SCHEDULER_ENDS: "scheduler",
}


def install(point: str, file: Path) -> None:
    """Put the fail point into this process."""

    def die_if_told() -> None:
        if file.exists():
            os.kill(os.getpid(), signal.SIGKILL)

    def stop_if_told() -> None:
        if file.exists():
            file.unlink()
            os.kill(os.getpid(), signal.SIGSTOP)

    take_head, store, committed = Log.take_head, Log.store, Hub.committed

    async def failing_take_head(self: Log, *arguments: Any) -> Any:
        die_if_told()
        return await take_head(self, *arguments)

    async def stopping_take_head(self: Log, *arguments: Any) -> Any:
        entry = await take_head(self, *arguments)
        stop_if_told()
        return entry

    async def stopping_store(self: Log, *arguments: Any) -> None:
        await store(self, *arguments)
        stop_if_told()

    async def failing_store(self: Log, *arguments: Any) -> None:
        await store(self, *arguments)
        die_if_told()

    def failing_committed(self: Hub, events: Sequence[Any]) -> None:
        die_if_told()
        committed(self, events)

    if point == BEFORE_HEAD:
        Log.take_head = failing_take_head  # type: ignore[method-assign, assignment]
    elif point == AFTER_INSERT:
        Log.store = failing_store  # type: ignore[method-assign, assignment]
    elif point == AFTER_COMMIT:
        Hub.committed = failing_committed  # type: ignore[method-assign]
    elif point == STOPPED_WITH_HEAD:
        Log.take_head = stopping_take_head  # type: ignore[method-assign, assignment]
    elif point == STOPPED_AT_COMMIT:
        Log.store = stopping_store  # type: ignore[method-assign, assignment]
    elif point == WRITER_ENDS:
        Queue.take = _failing(Queue.take, file)  # type: ignore[method-assign]
    elif point == HUB_ENDS:
        Hub._backfill = _ending(Hub._backfill, file)  # type: ignore[method-assign]
    elif point == SOCKETS_END:
        Sockets.look = _ending(Sockets.look, file)  # type: ignore[method-assign]
    elif point == SCHEDULER_ENDS:
        Scheduler._is_alive = lambda _: not file.exists()  # type: ignore[method-assign, assignment]
    else:
        raise SystemExit(f"there is no fail point {point!r}")


def _failing(method: Any, file: Path) -> Any:
    """`method`, which raises once the file is there."""

    def failing(*arguments: Any) -> Any:
        if file.exists():
            raise LookupError("a fault of tests")
        return method(*arguments)

    return failing


def _ending(method: Any, file: Path) -> Any:
    """`method`, which cancels the task that it is called in once the file is there."""

    def ending(*arguments: Any) -> Any:
        task = asyncio.current_task()
        if file.exists() and task is not None:
            task.cancel()
        return method(*arguments)

    return ending


if __name__ == "__main__":
    if "FAIL_POINT" in os.environ:
        install(os.environ["FAIL_POINT"], Path(os.environ["FAIL_FILE"]))
    main()
