"""The one task of a process that writes. Use cases hand it commands; nobody else changes a row.

Why one task: a write that its request's cancellation interrupts can hold Tortoise's lock for
ever (SQLite) or lose a pooled connection (PostgreSQL); this task is nobody's child. While one
commit runs, waiting commands gather and the next transaction takes them together, so one
fsync serves many without any delay being added.

A transaction's first statement updates the log's head: it takes SQLite's write lock at once
(so no read-then-write upgrade can fail) and makes writers of all processes queue (so position
order is commit order, and what a handler reads afterwards cannot change under it).

A handler takes a run of commands of its kind at once and answers each with a result or a
Refusal, so that it can load and store in a constant number of statements for the whole run.
A run happens in a savepoint; a fault in it is retried command by command, so one bad command
cannot spoil its neighbours.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, Protocol, TypeVar

from tortoise.backends.base.client import TransactionalDBClient

from graphql_api.clock import Clock
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.errors import Refusal, Unavailable

logger = logging.getLogger(__name__)

COMMANDS_PER_TRANSACTION_MAX = 128  # a commit stays short while many callers wait
WEIGHT_PER_TRANSACTION_MAX = 4_000  # lines: about 100 ms of work, so no caller waits longer
QUEUE_MAX = 10_000  # commands; beyond it callers are told to come back


class JournalEntry(Protocol):
    """One transaction's events, as they are being appended."""

    @property
    def events(self) -> Sequence[Any]:
        """What the commands appended so far, in order."""
        ...

    def new_id(self) -> int:
        """An id that no row of any table has."""
        ...

    def mark(self) -> Any:
        """The state now, for `rewind`."""
        ...

    def rewind(self, mark: Any) -> None:
        """Forget what came after `mark`: the savepoint was rolled back."""
        ...


J = TypeVar("J", bound=JournalEntry)
R = TypeVar("R")


class Journal(Protocol[J]):
    """Where a transaction's events go: the log (events/log.py)."""

    async def take_head(self, connection: Connection, now_us: int) -> J:
        """Lock the head. The transaction's first statement."""
        ...

    async def store(self, connection: Connection, entry: J) -> None:
        """Write the entry's events and move the head. The transaction's last statements."""
        ...


class Transaction(Generic[J]):
    """What a handler works with: the open transaction and its share of the log."""

    __slots__ = ("connection", "entry")

    def __init__(self, connection: Connection, entry: J) -> None:
        self.connection = connection
        self.entry = entry

    def new_id(self) -> int:
        """An id that no row of any table has."""
        return self.entry.new_id()


Handler = Callable[[Transaction[Any], Sequence[Any]], Awaitable[Sequence[Any]]]
Reactor = Callable[[Transaction[Any], Sequence[Any]], Awaitable[None]]


@dataclass(slots=True, eq=False)
class _Waiting:
    handler: Handler
    command: Any
    weight: int
    outcome: asyncio.Future[Any]


class Writer(Generic[J]):
    """Owns the writing connection. `start`, `submit` many times, `close`."""

    def __init__(
        self,
        database: Database,
        journal: Journal[J],
        clock: Clock,
        committed: Callable[[Sequence[Any]], None],
    ) -> None:
        """`committed` is called with each transaction's events, right after its commit."""
        self._database = database
        self._journal = journal
        self._clock = clock
        self._committed = committed
        self._reactors: list[Reactor] = []
        self._waiting: deque[_Waiting] = deque()
        self._awake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.transactions = 0

    def add_reactor(self, reactor: Reactor) -> None:
        """`reactor` sees the events of every run, and may append more, in its transaction."""
        self._reactors.append(reactor)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="writer")

    async def close(self) -> None:
        """Refuse new commands, finish the waiting ones, stop."""
        self._closing = True
        self._awake.set()
        if self._task is not None:
            await self._task
            self._task = None

    @property
    def queue_length(self) -> int:
        return len(self._waiting)

    async def submit(
        self,
        handler: Callable[[Transaction[Any], Sequence[Any]], Awaitable[Sequence[Any]]],
        command: Any,
        weight: int = 1,
    ) -> Any:
        """Run `command` through `handler` in some transaction soon; its result after the commit.

        Raises what the handler refused, or Unavailable. Cancelling the caller does not take
        the command back: it was accepted, and is applied whole.
        """
        if self._closing or self._task is None:
            raise Unavailable("The server is closing; try again on the next connection.")
        if len(self._waiting) >= QUEUE_MAX:
            raise Unavailable("Too many changes are waiting; try again in a moment.")
        outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(handler, command, weight, outcome))
        self._awake.set()
        return await asyncio.shield(outcome)

    async def _run(self) -> None:
        while self._waiting or not self._closing:
            if self._waiting:
                await self._settle(self._gather())
            else:
                self._awake.clear()
                await self._awake.wait()

    def _gather(self) -> list[_Waiting]:
        batch = [self._waiting.popleft()]
        weight = batch[0].weight
        while self._waiting and len(batch) < COMMANDS_PER_TRANSACTION_MAX:
            weight += self._waiting[0].weight
            if weight > WEIGHT_PER_TRANSACTION_MAX:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _settle(self, batch: list[_Waiting]) -> None:
        """Run `batch` in one transaction; if that fails whole, each command in its own."""
        try:
            results, events = await self._transact(batch)
        except Exception as error:
            if len(batch) > 1:
                for waiting in batch:
                    await self._settle([waiting])
            else:
                _fail(batch[0], error)
            return
        if events:
            self._committed(events)
        for waiting, result in zip(batch, results, strict=True):
            _answer(waiting, result)

    async def _transact(self, batch: list[_Waiting]) -> tuple[list[Any], Sequence[Any]]:
        async with self._database.transaction() as connection:
            entry = await self._journal.take_head(connection, self._clock.now_us())
            transaction: Transaction[J] = Transaction(connection, entry)
            results: list[Any] = []
            for handler, run in groupby(batch, key=lambda waiting: waiting.handler):
                results += await self._run_of(transaction, handler, [w.command for w in run])
            await self._journal.store(connection, entry)
        self.transactions += 1
        return results, entry.events

    async def _run_of(
        self, transaction: Transaction[J], handler: Handler, commands: list[Any]
    ) -> list[Any]:
        try:
            return await self._in_savepoint(transaction, handler, commands)
        except Refusal as refusal:
            if len(commands) == 1:
                return [refusal]
        except Exception:
            if len(commands) == 1:
                raise
            logger.warning("a run of %d commands failed; trying each alone", len(commands))
        results: list[Any] = []
        for command in commands:
            results += await self._run_of(transaction, handler, [command])
        return results

    async def _in_savepoint(
        self, transaction: Transaction[J], handler: Handler, commands: list[Any]
    ) -> list[Any]:
        client = transaction.connection.client
        assert isinstance(client, TransactionalDBClient)
        mark = transaction.entry.mark()
        first = len(transaction.entry.events)
        try:
            async with client._in_transaction():
                results = list(await handler(transaction, commands))
                for reactor in self._reactors:
                    events = transaction.entry.events[first:]
                    if events:
                        await reactor(transaction, events)
        except BaseException:
            transaction.entry.rewind(mark)
            raise
        assert len(results) == len(commands), f"{handler} answered not every command"
        return results


def _answer(waiting: _Waiting, result: Any) -> None:
    if isinstance(result, Refusal):
        _fail(waiting, result)
    elif not waiting.outcome.done():
        waiting.outcome.set_result(result)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.outcome.done():
        waiting.outcome.set_exception(error)
        waiting.outcome.exception()  # the caller may be gone: do not warn about it


def single(handle: Callable[[Transaction[Any], Any], Awaitable[R]]) -> Handler:
    """A Handler out of a function for one command; each gets a savepoint of its own.

    Wrap once, at construction: commands gather by the handler's identity.
    """

    async def handler(transaction: Transaction[Any], commands: Sequence[Any]) -> Sequence[R]:
        if len(commands) > 1:
            raise _OneByOne
        return [await handle(transaction, commands[0])]

    return handler


class _OneByOne(Refusal):
    """Asks the writer to run the commands one by one, each in its own savepoint."""

    code = "ONE_BY_ONE"

    def __init__(self) -> None:
        super().__init__("one command at a time")
