"""Giving up on what takes too long, as asyncio.timeout does, with one timer for all who run.

asyncio.timeout makes an object, a timer and two coroutines for each request, 5 µs that nearly none
of them needs. Here who begins is noted, and one timer looks after the eldest. Called by the HTTP
endpoint.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any


class Deadlines:
    """Those of one kind of work, all of the same length."""

    def __init__(self) -> None:
        self._running: dict[_Limited, None] = {}  # the eldest first
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> _Limited:
        """Hold this for the length of the work: it is cancelled when it takes longer, and
        TimeoutError is raised at its end. seconds: the same each time."""
        return _Limited(self, seconds)

    def begin(self, limited: _Limited) -> None:
        self._running[limited] = None
        if self._timer is None:
            self._look_at(limited.ends_s)

    def end(self, limited: _Limited) -> None:
        self._running.pop(limited, None)

    def _look_at(self, when_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(when_s, self._look)

    def _look(self) -> None:
        self._timer = None
        now_s = asyncio.get_running_loop().time()
        while self._running:
            eldest = next(iter(self._running))
            if eldest.ends_s > now_s:
                self._look_at(eldest.ends_s)
                return
            del self._running[eldest]
            eldest.give_up()


class _Limited:
    """Work of one task."""

    __slots__ = ("_cancelling", "_deadlines", "_is_over", "_task", "ends_s")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._task: asyncio.Task[Any] | None = None
        self._is_over = False
        self.ends_s = asyncio.get_running_loop().time() + seconds

    def __enter__(self) -> None:
        task = self._task = asyncio.current_task()
        assert task is not None, "only a task can be cancelled"
        self._cancelling = task.cancelling()
        self._deadlines.begin(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self._deadlines.end(self)
        if self._is_over and self._task is not None:
            # Somebody else may have cancelled it besides: then it is cancelled. As asyncio.timeout.
            is_alone = self._task.uncancel() <= self._cancelling
            if is_alone and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def give_up(self) -> None:
        """It takes too long."""
        assert self._task is not None, "it has begun"
        self._is_over = True
        self._task.cancel()
