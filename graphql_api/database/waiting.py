"""Commands that wait for the writer, oldest first, and those who wait for their results."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api.errors import Refusal, Unavailable

COMMANDS_PER_TRANSACTION_MAX = 128  # a commit stays short while many callers wait
WEIGHT_PER_TRANSACTION_MAX = 4_000  # lines: about 100 ms of work, so no caller waits longer
# Lines of a transaction whose statements run in the event loop: about 3 ms of it, of which SQLite
# has a fifth; and some 20 ms (estimated) when none of the pages that they touch is in memory.
BRIEF_WEIGHT_MAX = 32
# Rounds of the event loop in which nobody comes, after which nobody else is waited for, and for how
# long in all. A transaction costs as much as ten commands in it, and a round next to nothing.
GATHERING_ROUNDS = 6
GATHERING_S = 0.002
QUEUE_MAX = 10_000  # commands; beyond it callers are told to come back


@dataclass(slots=True, eq=False)
class Waiting:
    """A command that was accepted, and the future that its caller waits for."""

    handler: Any
    command: Any
    weight: int
    is_brief: bool
    outcome: asyncio.Future[Any]

    def answer(self, result: Any) -> None:
        """Tell the caller what came of it: a result or a Refusal."""
        if isinstance(result, Refusal):
            self.fail(result)
        elif not self.outcome.done():
            self.outcome.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)
            self.outcome.exception()  # the caller may be gone: do not warn about it


def are_brief(batch: Sequence[Waiting]) -> bool:
    """Whether a transaction of these touches few rows, so that it holds up nobody."""
    return (
        all(waiting.is_brief for waiting in batch)
        and sum(waiting.weight for waiting in batch) <= BRIEF_WEIGHT_MAX
    )


class Queue:
    """What waits, oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def append(
        self, handler: Any, command: Any, weight: int, is_brief: bool = False
    ) -> asyncio.Future[Any]:
        """Accept a command; what will be known of it. Raises Unavailable."""
        if len(self._waiting) >= QUEUE_MAX:
            raise Unavailable("Too many changes are waiting; try again in a moment.")
        outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(handler, command, weight, is_brief, outcome))
        return outcome

    async def gathered(self) -> None:
        """Let those come who are on their way, most of them because they were answered just now:
        the more share a transaction, the less it costs each. Who is alone is not held up."""
        loop = asyncio.get_running_loop()
        known, quiet, ends_s = 1, 0, loop.time() + GATHERING_S
        while 1 < len(self._waiting) < COMMANDS_PER_TRANSACTION_MAX and quiet < GATHERING_ROUNDS:
            if loop.time() >= ends_s:
                break
            quiet = 0 if known < len(self._waiting) else quiet + 1
            known = len(self._waiting)
            await asyncio.sleep(0)

    def take(self) -> list[Waiting]:
        """The oldest ones, as many as one transaction carries out; there must be one."""
        batch = [self._waiting.popleft()]
        weight = batch[0].weight
        while self._waiting and len(batch) < COMMANDS_PER_TRANSACTION_MAX:
            weight += self._waiting[0].weight
            if weight > WEIGHT_PER_TRANSACTION_MAX:
                break
            batch.append(self._waiting.popleft())
        return batch

    def fail_all(self, fault: Callable[[], Exception]) -> None:
        """Nothing that waits is done: each caller gets a fault of its own."""
        while self._waiting:
            self._waiting.popleft().fail(fault())
