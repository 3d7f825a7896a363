"""Nothing dies in silence: the tasks that a process lives by are watched, and so is its end.

A task of these never ends by itself. One that does anyway, or whatever else tells `fail`, makes
readiness say so and ends the process (cli/serve.py): whoever runs it starts a new one, which is
better than one that looks alive while its changes wait for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from graphql_api.errors import log_fault

logger = logging.getLogger(__name__)

CLOSE_S = 5.0  # for one part to close; then it is left as it is, and the next one is closed

Failed = Callable[[str], None]


class Supervision:
    """Of one process. `reason`: which part has failed, by its name; None: none has."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._is_closing = False
        self._tell: list[Failed] = []

    def on_failure(self, tell: Failed) -> None:
        """Call `tell` with the reason, once, at the first failure."""
        self._tell.append(tell)

    def watch(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """These live as long as the process: one that ends before `close` is a failure."""
        for task in tasks:
            task.add_done_callback(self._ended)

    def fail(self, name: str, error: BaseException | None) -> None:
        """The part `name` cannot go on. error: why; None: it ended without a word."""
        logger.critical("%s has ended: the process ends too", name, exc_info=error)
        if self.reason is not None:
            return
        self.reason = name
        for tell in self._tell:
            try:
                tell(name)
            except Exception:
                logger.exception("a failure could not be told")

    def close(self) -> None:
        """The process is closing: from now on tasks may end."""
        self._is_closing = True

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if not self._is_closing:
            self.fail(task.get_name(), error)
        elif error is not None:
            logger.error("%s failed while it was closed", task.get_name(), exc_info=error)


async def close_safely(
    name: str, close: Callable[[], Awaitable[None]], within_s: float = CLOSE_S
) -> None:
    """Close one part. Whatever happens in it is logged, and the next part is closed anyway."""
    try:
        async with asyncio.timeout(within_s):
            await close()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # it is we who are given up, not something that we waited for
        logger.warning("closing %s: what it waited for was cancelled", name)
    except TimeoutError:
        logger.error("closing %s took longer than %g s; it is left as it is", name, within_s)
    except Exception as error:
        log_fault(logger, error, "closing %s failed; the rest is closed all the same", name)
