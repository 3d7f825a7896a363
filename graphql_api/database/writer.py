"""The one task of a process that writes. Use cases hand it commands; nobody else changes a row.

Why one task: a write that its request's cancellation interrupts can hold Tortoise's lock for
ever (SQLite) or lose a pooled connection (PostgreSQL); this task is nobody's child. While one
commit runs, waiting commands gather and the next transaction takes them together, so one
fsync serves many. Where several wait, who is on the way is let in first (`Queue.gathered`).

A transaction's first statement updates the log's head: it takes SQLite's write lock at once
(so no read-then-write upgrade can fail) and makes writers of all processes queue (so position
order is commit order, and what a handler reads afterwards cannot change under it).

A handler takes a run of commands of its kind at once and answers each with a result or a
Refusal, so that it can load and store in a constant number of statements for the whole run.
A run happens in a savepoint; a fault in it is retried command by command, so one bad command
cannot spoil its neighbours. What time alone has changed (a hold that ran out) is done first, by
preludes: so every command finds it done.

Nothing is done twice. A transaction is repeated only when it certainly was not committed: it
failed before COMMIT was begun. When a COMMIT itself is not answered, the writer asks, on a
fresh connection and before it begins anything else, whether this transaction's mark is in the
head row (marks.py): taking the head waits for the old transaction if that is still open. Then
its callers are answered, or it is repeated, or after `doubt_s` they are told that it is not
known. Rejected: pg_xact_status, which is no use after a failover and has no like on SQLite; a
table of marks, which is one more statement for each transaction.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, Protocol, TypeVar

from graphql_api.clock import Clock
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.database.faults import (
    Away,
    CommitInDoubt,
    DatabaseAway,
    OutcomeUnknown,
    away,
)
from graphql_api.database.marks import Marks, Outcome
from graphql_api.database.patience import Patience
from graphql_api.database.single import single as single  # for use cases
from graphql_api.database.transactions import savepoint
from graphql_api.database.waiting import Queue, Waiting, are_brief
from graphql_api.errors import Refusal, Unavailable

logger = logging.getLogger(__name__)

NAME_BYTES = 6  # of a writer's name in the marks: no two of a database's life have the same
REPEAT_S = 5.0  # how long what was not committed is tried again while the database is away
DOUBT_S = 12.0  # how long is asked what became of a commit; with REPEAT_S, below what callers wait


class JournalEntry(Protocol):
    """One transaction's events, as they are being appended.

    marks: each writer's newest transaction, as the head has them; stored with it.
    """

    marks: Marks

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
Look = Callable[[Transaction[Any]], Awaitable[bool]]


@dataclass(slots=True)
class _Attempt:
    """One transaction: its number among this writer's, and what came of its commands."""

    number: int
    results: list[Any] = field(default_factory=list)
    events: Sequence[Any] = ()


class Writer(Generic[J]):
    """Owns the writing connection. `start`, `submit` many times, `close`."""

    def __init__(
        self,
        database: Database,
        journal: Journal[J],
        clock: Clock,
        committed: Callable[[Sequence[Any]], None],
        *,
        repeat_s: float = REPEAT_S,
        doubt_s: float = DOUBT_S,
    ) -> None:
        """`committed` is called with each transaction's events, right after its commit.

        repeat_s: while the database is away, for how long a transaction that was certainly not
        committed is tried again; doubt_s: for how long is asked what became of a commit.
        """
        self._database = database
        self._journal = journal
        self._clock = clock
        self._committed = committed
        self._reactors: list[Reactor] = []
        self._preludes: list[tuple[Look, Handler]] = []
        self._queue = Queue()
        self._awake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._repeat_s = repeat_s
        self._doubt_s = doubt_s
        self._name = secrets.token_hex(NAME_BYTES)
        self.attempts = 0  # transactions begun, the ones included that were not committed
        self._batch: list[Waiting] = []  # being carried out
        self._batch_since_s = 0.0
        self.transactions = 0

    def add_reactor(self, reactor: Reactor) -> None:
        """`reactor` sees the events of every run, and may append more, in its transaction."""
        self._reactors.append(reactor)

    def add_prelude(self, look: Look, handler: Handler) -> None:
        """`handler` comes before the commands of each transaction in which `look` says so, with
        None as its command. A fault of it is told in the log, and does not spoil the commands."""
        self._preludes.append((look, handler))

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="writer")

    async def close(self) -> None:
        """Refuse new commands, finish the waiting ones, stop."""
        self._closing = True
        self._awake.set()
        if self._task is not None:
            # How it ended is told by whoever watches it (supervision.py).
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def clock(self) -> Clock:
        """By which transactions are dated."""
        return self._clock

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What it lives by, while it runs."""
        return [] if self._task is None else [self._task]

    @property
    def queue_length(self) -> int:
        return len(self._queue)

    @property
    def stalled_s(self) -> float:
        """For how long it has been at one and the same batch; 0: it waits for commands."""
        return asyncio.get_running_loop().time() - self._batch_since_s if self._batch else 0.0

    async def submit(
        self,
        handler: Callable[[Transaction[Any], Sequence[Any]], Awaitable[Sequence[Any]]],
        command: Any,
        weight: int = 1,
        *,
        is_brief: bool = False,
    ) -> Any:
        """Run `command` through `handler` in some transaction soon; its result after the commit.

        weight: lines that it changes; is_brief: by statements that find these lines by indexes
        and touch no others, so that few of them may run in the event loop.
        Raises what the handler refused, or Unavailable. Cancelling the caller does not take
        the command back: it was accepted, and is applied whole.
        """
        if self._closing or self._task is None or self._task.done():
            raise Unavailable("The server is closing; try again on the next connection.")
        outcome = self._queue.append(handler, command, weight, is_brief)
        self._awake.set()
        return await outcome  # cancelled with its caller; the writer then finds nobody to tell

    async def _run(self) -> None:
        try:
            while self._queue or not self._closing:
                if self._queue:
                    await self._queue.gathered()
                    self._batch_since_s = asyncio.get_running_loop().time()
                    self._batch = self._queue.take()
                    await self._settle(self._batch)
                    self._batch = []
                else:
                    self._awake.clear()
                    await self._awake.wait()
        finally:  # whatever ended it, nobody waits for ever
            for waiting in self._batch:
                waiting.fail(Unavailable(_ENDED_IN_DOUBT))
            self._queue.fail_all(lambda: Unavailable(_ENDED))
            self._batch = []

    async def _settle(self, batch: list[Waiting]) -> None:
        """Run `batch` in one transaction; if that fails by a command, each in its own."""
        try:
            done = await self._carry_out(batch)
        except DatabaseAway as fault:
            self._give_up(batch, fault.changed_nothing, fault.changed_nothing)
        except OutcomeUnknown:
            self._give_up(batch, OutcomeUnknown, DatabaseAway(Away.LOST, True).changed_nothing)
        except Exception as error:
            if len(batch) > 1:
                for waiting in batch:
                    await self._settle([waiting])
            else:
                batch[0].fail(error)
        else:
            self.transactions += 1
            if done.events:
                self._tell_committed(done.events)
            for waiting, result in zip(batch, done.results, strict=True):
                waiting.answer(result)

    def _tell_committed(self, events: Sequence[Any]) -> None:
        """Whoever listens has a fault of their own: the commands are done, and are answered."""
        try:
            self._committed(events)
        except Exception:
            logger.exception("who listens to commits failed")

    def _give_up(
        self,
        batch: list[Waiting],
        fault: Callable[[], Unavailable],
        behind: Callable[[], Unavailable],
    ) -> None:
        """Tell `batch` its fault; and those who have waited behind it theirs: it would be the
        same for them, one transaction after the other. Nothing of theirs was begun."""
        for waiting in batch:
            waiting.fail(fault())
        self._queue.fail_all(behind)

    async def _carry_out(self, batch: list[Waiting]) -> _Attempt:
        """Run `batch` in one transaction that is committed once, whatever happens to the line.

        Raises DatabaseAway (it was not committed), OutcomeUnknown, or a fault of the commands.
        """
        patience = Patience(self._repeat_s)
        while True:
            self.attempts += 1
            attempt = _Attempt(self.attempts)
            try:
                await self._transact(attempt, batch)
                return attempt
            except CommitInDoubt as doubt:
                if await self._was_committed(attempt.number):
                    return attempt
                fault = away(doubt.cause)
                if fault is None:
                    raise doubt.cause from None  # a constraint that is looked at in COMMIT
            except DatabaseAway as error:
                fault = error
            if not fault.may_pass or patience.is_over:
                raise fault
            await patience.pause()

    async def _was_committed(self, number: int) -> bool:
        """What became of this writer's transaction `number`. Raises OutcomeUnknown.

        Whoever holds the head knows: no other transaction is open that took it before.
        """
        patience = Patience(self._doubt_s)
        while True:
            outcome: Outcome | None = None
            try:
                async with self._database.transaction() as connection:
                    entry = await self._journal.take_head(connection, self._clock.now_us())
                    outcome = entry.marks.outcome(self._name, number)
            except (DatabaseAway, CommitInDoubt) as error:
                logger.debug("asking what became of a commit: %r", error)
            if outcome is not None and outcome is not Outcome.UNKNOWN:
                logger.warning("a commit that was not answered was %s", outcome.value)
                return outcome is Outcome.COMMITTED
            if outcome is Outcome.UNKNOWN or patience.is_over:
                raise OutcomeUnknown
            await patience.pause()

    async def _transact(self, attempt: _Attempt, batch: list[Waiting]) -> None:
        async with self._database.transaction() as connection:
            if connection.is_locked:
                connection.make_brief()  # the head is one row
            entry = await self._journal.take_head(connection, self._clock.now_us())
            entry.marks.sign(self._name, attempt.number)
            if are_brief(batch):
                connection.make_brief()
            else:
                connection.make_long()
            transaction: Transaction[J] = Transaction(connection, entry)
            await self._begin(transaction)
            for handler, run in groupby(batch, key=lambda waiting: waiting.handler):
                commands = [waiting.command for waiting in run]
                attempt.results += await self._run_of(transaction, handler, commands)
            await self._journal.store(connection, entry)
            attempt.events = entry.events

    async def _begin(self, transaction: Transaction[J]) -> None:
        for look, handler in self._preludes:
            try:
                if await look(transaction):
                    await self._in_savepoint(transaction, handler, [None])
            except DatabaseAway:
                raise
            except Exception:
                logger.exception("what time alone changes could not be done before the commands")

    async def _run_of(
        self, transaction: Transaction[J], handler: Handler, commands: list[Any]
    ) -> list[Any]:
        try:
            return await self._in_savepoint(transaction, handler, commands)
        except Refusal as refusal:
            if len(commands) == 1:
                return [refusal]
        except DatabaseAway:
            raise  # no command's fault
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
        mark = transaction.entry.mark()
        first = len(transaction.entry.events)
        try:
            async with savepoint(transaction.connection):
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


_ENDED = "The server cannot write any more and is about to end. Nothing was changed; try again."
_ENDED_IN_DOUBT = (
    "The server cannot write any more and is about to end. It is not known whether this was done: "
    "look, or send it again with the same idempotencyKey."
)
