"""Imports of uploaded files: where each stands, and the commands that move it on.

A file is uploaded in pieces, looked at (preview.py), and started; one process runs it
(running.py) and tells of it again and again. One that was not told of for a while is
interrupted: its process is gone. It can be started again, and nothing is taken over twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

from graphql_api import values
from graphql_api.accounts.roles import Role
from graphql_api.clock import SECOND_US, Clock
from graphql_api.database.connection import Connection, Row
from graphql_api.database.idempotency import Keys, check_key
from graphql_api.database.writer import single
from graphql_api.errors import InvalidTransition, NotFound, Unavailable
from graphql_api.events.log import Event, LogTransaction, LogWriter
from graphql_api.imports.cleaning import delete_old, end_silent
from graphql_api.imports.facts import (
    REJECTED_CELLS,
    ROW_COUNTS,
    STARTED,
    TOLD,
    TOPIC,
    ImportTold,
    RowCounts,
    StartedImport,
)
from graphql_api.imports.notes import RowNote, notes_in, text_of_notes
from graphql_api.imports.problems import Problems, joined, problems_in, text_of, told_of
from graphql_api.imports.starting import StartImport
from graphql_api.imports.written import forget_undone, with_written
from graphql_api.said import said

SILENT_US = 30 * SECOND_US  # a runner tells of its import every half second
WAITING_MAX = 20  # uploaded files at once: they lie in the database
REJECTS_MAX = 10_000  # rows that are kept of one import; its counts tell of all
NAME_MAX = 200
COLUMNS = (
    "id, kind, name, user_id, began_at, undone_at, status, size, touched_at, runner, counts"
    ", problem, notes"
)


class ImportStatus(Enum):
    """Where an import stands."""

    UPLOADING = "UPLOADING"
    UPLOADED = "UPLOADED"
    RUNNING = "RUNNING"
    CHECKED = "CHECKED"  # a dry run
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    INTERRUPTED = "INTERRUPTED"


# From these an import may be started, if its file is still there.
STARTABLE = frozenset(ImportStatus) - {ImportStatus.UPLOADING, ImportStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class FileImport:
    """An import. kind: ITEMS or STOCK, None until it is started; size: of the file, bytes, 0 for
    an import by a command; runner: who runs it; problems: why it ended before its end; notes: on
    rows that were taken, once it has ended."""

    id: int
    kind: str | None
    name: str
    user_id: int | None
    began_at: int
    undone_at: int | None
    status: ImportStatus
    size: int
    touched_at: int
    runner: str | None
    counts: RowCounts
    problems: Problems
    notes: list[RowNote] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was left out. cells: its texts by field."""

    line: int
    problems: Problems
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TellImport:
    """A command: how a running import stands. runner None: of one by a command. status: RUNNING,
    or how it ended."""

    id: int
    runner: str | None
    status: ImportStatus
    counts: RowCounts
    done: int
    problems: Problems = ()
    rejects: Sequence[Reject] = ()
    notes: Sequence[RowNote] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """What came of startImport."""

    found: FileImport
    replayed: bool


class FileImports:
    """The use cases, but for running."""

    def __init__(
        self, reading: Connection, scanning: Connection, writer: LogWriter, clock: Clock
    ) -> None:
        self._reading = reading
        self._scanning = scanning
        self._writer = writer
        self._clock = clock
        self._begin = single(self._begin_one)
        self._begin_command = single(_begun_by_command)
        self._put = single(self._put_one)
        self._close = single(self._close_one)
        self._start = single(self._start_one)
        self._tell = single(self._tell_one)
        self._cancel = single(self._cancel_one)
        self._clean = single(self._clean_all)

    async def find(self, import_id: int) -> FileImport | None:
        row = await self._reading.row(f"SELECT {COLUMNS} FROM file_import WHERE id = ?", import_id)
        return None if row is None else self.seen(row)

    async def rejects(self, import_id: int, after: int, limit: int) -> list[Reject]:
        """Rows that were left out, from the line behind `after` on."""
        rows = await self._scanning.rows(
            "SELECT line, problem, cells FROM file_reject WHERE import_id = ? AND line > ? "
            "ORDER BY line LIMIT ?",
            import_id,
            after,
            limit,
        )
        return [Reject(at, problems_in(why), REJECTED_CELLS.decode(c)) for at, why, c in rows]

    # Uploading

    async def begin(self, name: str, user_id: int | None) -> int:
        """The id of a new upload. Raises InvalidInput, InvalidTransition when too many wait."""
        checked = values.required_text(name, ("name",), NAME_MAX)
        import_id: int = await self._writer.submit(self._begin, (checked, user_id))
        return import_id

    async def put(self, import_id: int, number: int, content: bytes) -> None:
        """The next piece of an upload."""
        await self._writer.submit(self._put, (import_id, number, content))

    async def close(self, import_id: int, size: int) -> None:
        """An upload is whole: `size` bytes."""
        await self._writer.submit(self._close, (import_id, size))

    async def begin_command(self, kind: str, name: str) -> int:
        """The id of an import by a command, which writes under it."""
        import_id: int = await self._writer.submit(self._begin_command, (kind, name[:NAME_MAX]))
        return import_id

    # Running

    @asynccontextmanager
    async def by_command(
        self, import_id: Callable[[], int | None], counts: Callable[[], RowCounts]
    ) -> AsyncIterator[None]:
        """Tells how an import by a command ended: DONE, or INTERRUPTED when it was given up or
        a fault stopped it: what it has written counts. import_id: None while nothing was."""
        try:
            yield
        except BaseException:
            with suppress(Unavailable):  # why it stopped is worth more
                await self._end_command(import_id(), ImportStatus.INTERRUPTED, counts())
            raise
        await self._end_command(import_id(), ImportStatus.DONE, counts())

    async def _end_command(
        self, import_id: int | None, status: ImportStatus, counts: RowCounts
    ) -> None:
        if import_id is not None:
            await self.tell(TellImport(import_id, None, status, counts, 0))

    async def start(self, command: StartImport) -> Started:
        """Raises NotFound, InvalidInput, InvalidTransition, IdempotencyKeyReused."""
        check_key(command.key)
        command.check()
        started: Started = await self._writer.submit(self._start, command)
        return started

    async def tell(self, command: TellImport) -> bool:
        """Whether its runner is still the one to run it."""
        told: bool = await self._writer.submit(self._tell, command)
        return told

    async def cancel(self, import_id: int) -> FileImport:
        """Stop a running import, or take back an upload. Raises NotFound, InvalidTransition."""
        cancelled: FileImport = await self._writer.submit(self._cancel, import_id)
        return cancelled

    async def clean(self) -> None:
        """Delete files that nobody took over for a day, and tell of imports that broke off."""
        await self._writer.submit(self._clean, self._clock.now_us())

    async def _begin_one(self, transaction: LogTransaction, command: tuple[str, int | None]) -> int:
        name, user_id = command
        row = await transaction.connection.row(
            "SELECT count(DISTINCT import_id) FROM file_chunk WHERE number = 0"
        )
        if row is not None and row[0] >= WAITING_MAX:
            raise InvalidTransition(
                said(
                    "{count} uploaded files wait to be taken over: cancel some of these imports.",
                    count=row[0],
                ),
                ("name",),
            )
        import_id = transaction.new_id()
        now_us = transaction.entry.now_us
        await transaction.connection.change(
            "INSERT INTO file_import (id, name, user_id, began_at, status, touched_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            import_id, name, user_id, now_us, ImportStatus.UPLOADING.value, now_us,
        )  # fmt: skip
        return import_id

    async def _put_one(self, transaction: LogTransaction, command: tuple[int, int, bytes]) -> None:
        await transaction.connection.change(
            "INSERT INTO file_chunk (id, import_id, number, content) VALUES (?, ?, ?, ?)",
            transaction.new_id(),
            *command,
        )

    async def _close_one(self, transaction: LogTransaction, command: tuple[int, int]) -> None:
        import_id, size = command
        await transaction.connection.change(
            "UPDATE file_import SET status = ?, size = ? WHERE id = ?",
            ImportStatus.UPLOADED.value, size, import_id,
        )  # fmt: skip
        await self.told(transaction, import_id)

    async def _start_one(self, transaction: LogTransaction, command: StartImport) -> Started:
        connection = transaction.connection
        keys = await Keys.load(connection, STARTED, [command])
        key = keys.of(command)
        if key.is_known:
            return Started(await self.existing(connection, keys.first(key).import_id), True)
        found = await self.existing(connection, command.import_id)
        if found.status not in STARTABLE:
            raise InvalidTransition(
                said(
                    "This import is {status}: it cannot be started now.", status=found.status.value
                ),
                ("input", "id"),
            )
        if not await _has_file(connection, found.id):
            raise InvalidTransition(
                said(
                    "This import is {status}, and its file is not kept any more: upload it again.",
                    status=found.status.value,
                ),
                ("input", "id"),
            )
        await connection.change("DELETE FROM file_reject WHERE import_id = ?", found.id)
        if found.undone_at is not None and not command.wanted.dry_run:
            await forget_undone(connection, found.id)
        await connection.change(
            "UPDATE file_import SET status = ?, kind = ?, runner = ?, touched_at = ?, "
            "counts = NULL, problem = NULL, notes = NULL WHERE id = ?",
            ImportStatus.RUNNING.value, command.kind, command.runner, transaction.entry.now_us,
            found.id,
        )  # fmt: skip
        keys.remember(key, StartedImport(found.id))
        await keys.store(transaction, transaction.entry.now_us)
        return Started(await self.told(transaction, found.id), False)

    async def _tell_one(self, transaction: LogTransaction, command: TellImport) -> bool:
        connection = transaction.connection
        found = await self.existing(connection, command.id)
        if found.runner != command.runner or found.status is ImportStatus.CANCELLED:
            return False
        is_over = command.status is not ImportStatus.RUNNING
        counts = command.counts
        if command.runner is None and command.status is ImportStatus.INTERRUPTED:
            counts = await with_written(connection, command.id, counts)
        await connection.change(
            "UPDATE file_import SET status = ?, runner = ?, touched_at = ?, counts = ?, "
            "problem = ?, notes = ? WHERE id = ?",
            command.status.value, None if is_over else command.runner, transaction.entry.now_us,
            ROW_COUNTS.encode(counts), text_of(command.problems), text_of_notes(command.notes),
            command.id,
        )  # fmt: skip
        row = await connection.row(
            "SELECT count(*) FROM file_reject WHERE import_id = ?", command.id
        )
        room = REJECTS_MAX - (row[0] if row is not None else 0)
        await connection.change_many(
            "INSERT INTO file_reject (id, import_id, line, problem, cells) VALUES (?, ?, ?, ?, ?)",
            [
                (transaction.new_id(), command.id, one.line, text_of(one.problems),
                 REJECTED_CELLS.encode(one.cells))
                for one in command.rejects[: max(room, 0)]
            ],
        )  # fmt: skip
        if command.status is ImportStatus.DONE:
            await connection.change("DELETE FROM file_chunk WHERE import_id = ?", command.id)
        await self.told(transaction, command.id, command.done)
        return True

    async def _cancel_one(self, transaction: LogTransaction, import_id: int) -> FileImport:
        connection = transaction.connection
        found = await self.existing(connection, import_id)
        if found.status is ImportStatus.DONE:
            raise InvalidTransition("This import is DONE: undoImport takes it back.", ("id",))
        if found.status is not ImportStatus.RUNNING:
            await connection.change("DELETE FROM file_chunk WHERE import_id = ?", import_id)
        await connection.change(
            "UPDATE file_import SET status = ?, runner = NULL WHERE id = ?",
            ImportStatus.CANCELLED.value,
            import_id,
        )
        return await self.told(transaction, import_id)

    async def _clean_all(self, transaction: LogTransaction, now_us: int) -> None:
        for import_id in await end_silent(transaction.connection, now_us - SILENT_US):
            await self.told(transaction, import_id)
        await delete_old(transaction.connection, now_us)

    async def existing(self, connection: Connection, import_id: int) -> FileImport:
        """For commands. Raises NotFound."""
        row = await connection.row(f"SELECT {COLUMNS} FROM file_import WHERE id = ?", import_id)
        if row is None:
            raise NotFound("There is no such import.", ("id",))
        return self.seen(row)

    def seen(self, row: Row) -> FileImport:
        """As it stands now: one that nobody told of for a while is interrupted."""
        found = _import_of(row)
        silent_us = self._clock.now_us() - found.touched_at
        if found.status is ImportStatus.RUNNING and silent_us > SILENT_US:
            return _import_of(row, ImportStatus.INTERRUPTED)
        return found

    async def told(self, transaction: LogTransaction, import_id: int, done: int = 0) -> FileImport:
        """Tell how it stands, in an event of the transaction. done: bytes that were read."""
        found = await self.existing(transaction.connection, import_id)
        told = ImportTold(
            found.name, found.kind, found.status.value, found.counts, done, found.size,
            joined(found.problems), told_of(found.problems),
        )  # fmt: skip
        transaction.entry.append(Event(TOPIC, TOLD, import_id, Role.ADMIN.bit, None, told))
        return found


async def _begun_by_command(transaction: LogTransaction, command: tuple[str, str]) -> int:
    import_id = transaction.new_id()
    await transaction.connection.change(
        "INSERT INTO file_import (id, kind, name, began_at) VALUES (?, ?, ?, ?)",
        import_id,
        *command,
        transaction.entry.now_us,
    )
    return import_id


def _import_of(row: Row, status: ImportStatus | None = None) -> FileImport:
    (import_id, kind, name, user_id, began_at, undone_at, kept, size, touched_at, runner, counts,
     problem, notes) = row  # fmt: skip
    return FileImport(
        import_id, kind, name, user_id, began_at, undone_at, status or ImportStatus(kept), size,
        touched_at, runner, RowCounts() if counts is None else ROW_COUNTS.decode(counts),
        problems_in(problem), notes_in(notes),
    )  # fmt: skip


async def _has_file(connection: Connection, import_id: int) -> bool:
    row = await connection.row(
        "SELECT 1 FROM file_chunk WHERE import_id = ? AND number = 0", import_id
    )
    return row is not None
