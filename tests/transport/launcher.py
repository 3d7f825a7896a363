"""Runs the command line with a point at which the process kills itself. For tests only.

FAIL_POINT names the point, FAIL_FILE a file: the process dies at that point once the file is
there, as `kill -9` would have it, with nothing flushed and nobody told.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphql_api.cli import main
from graphql_api.delivery.hub import Hub
from graphql_api.events.log import Log

BEFORE_HEAD = "before the head is taken"
AFTER_INSERT = "after the insert"
AFTER_COMMIT = "after the commit, before the hub is told"
POINTS = (BEFORE_HEAD, AFTER_INSERT, AFTER_COMMIT)
STOPPED_WITH_HEAD = "stopped, once, while it holds the head"
STOPPED_AT_COMMIT = "stopped, once, with everything written, before COMMIT"


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
    else:
        raise SystemExit(f"there is no fail point {point!r}")


if __name__ == "__main__":
    if "FAIL_POINT" in os.environ:
        install(os.environ["FAIL_POINT"], Path(os.environ["FAIL_FILE"]))
    main()
