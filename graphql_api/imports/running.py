"""Runs imports of uploaded files in this process, and tells of them. A part that lives while the
process serves; what it runs when the process ends is told as interrupted."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from graphql_api.clock import Clock
from graphql_api.database.connection import Connection
from graphql_api.errors import Refusal, RequestFault, log_fault
from graphql_api.events.log import LogWriter
from graphql_api.files.tables import Table, TableRow, UnreadableFile
from graphql_api.imports.facts import RowCounts
from graphql_api.imports.file_imports import (
    FileImport,
    FileImports,
    ImportStatus,
    Reject,
    TellImport,
)
from graphql_api.imports.items import (
    BadRow,
    ImportCounts,
    ImportEnd,
    ImportOptions,
    ImportStopped,
    ItemImports,
    Phase,
)
from graphql_api.imports.notes import RowNotes
from graphql_api.imports.spool import Spool
from graphql_api.imports.starting import STOCK, StartImport, Wanted
from graphql_api.imports.stock import StockCounts, StockEnd, StockImports, StockOptions
from graphql_api.imports.stock_tables import StockTable, stock_table
from graphql_api.inventory.locations import Locations
from graphql_api.kernel.tasks import ended
from graphql_api.said import said

logger = logging.getLogger(__name__)

TELL_S = 0.5  # between two words on one import
_NOT_WRITTEN = {
    False: "Nothing was written: {count} rows are bad.",
    True: "Nothing was written: 1 row is bad.",
}
RECENT_ROWS = 1_000  # whose cells are remembered, for those that are left out

Ended = Callable[[ImportEnd | StockEnd], Awaitable[None]]


async def _nobody_asked(_: ImportEnd | StockEnd) -> None:
    """Nobody wants to know how imports end."""


class RememberingTable(Table):
    """A table that remembers the cells of the rows that were read last."""

    recent: dict[int, Mapping[str, str]]

    def rows(self) -> Iterator[TableRow]:
        self.recent = {}
        for row in super().rows():
            self.recent[row.line] = row.cells
            if len(self.recent) > RECENT_ROWS:
                del self.recent[next(iter(self.recent))]
            yield row


@dataclass(slots=True)
class Step:
    """How far an import is, of either kind. phase: CHECKING writes nothing."""

    counts: RowCounts
    bad: Sequence[BadRow]
    odd: Sequence[BadRow]
    done: int
    phase: Phase


@dataclass(slots=True)
class _Going:
    """An import that runs here."""

    found: FileImport
    runner: str
    counts: RowCounts = field(default_factory=RowCounts)
    done: int = 0
    rejects: list[Reject] = field(default_factory=list)
    notes: RowNotes = field(default_factory=RowNotes)
    told_s: float = 0.0


class ImportRunner:
    """The use case. `ended`: is told of each end of an import that may write."""

    def __init__(
        self,
        imports: FileImports,
        spool: Spool,
        locations: Locations,
        scanning: Connection,
        writer: LogWriter,
        clock: Clock,
    ) -> None:
        self._imports = imports
        self._spool = spool
        self._locations = locations
        self._clock = clock
        self.ended: Ended = _nobody_asked
        self._items = ItemImports(writer, locations, scanning, self._tell_end)
        self._stock = StockImports(writer, locations, scanning, self._tell_end)
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @property
    def is_busy(self) -> bool:
        """Whether an import runs here."""
        return bool(self._tasks)

    def new_runner(self) -> str:
        """A name for one run of one import."""
        return secrets.token_hex(16)

    def run(self, found: FileImport, command: StartImport) -> None:
        """Begin with an import that was started under `command`."""
        going = _Going(found, command.runner)
        task = asyncio.create_task(self._run(going, command.wanted, command.user_id))
        self._tasks[found.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(found.id, None))

    async def close(self) -> None:
        """Stop what runs; each is told as interrupted."""
        await ended(self._tasks.values())

    async def _tell_end(self, end: ImportEnd | StockEnd) -> None:
        await self.ended(end)

    async def _run(self, going: _Going, wanted: Wanted, user_id: int | None) -> None:
        try:
            await self._taken_over(going, wanted, user_id)
        except asyncio.CancelledError:
            await self._end(going, ImportStatus.INTERRUPTED, said("The server stopped."))
            raise
        except (UnreadableFile, ImportStopped) as error:
            await self._end(going, ImportStatus.FAILED, *error.sentences)
        except (Refusal, RequestFault) as error:
            await self._end(going, ImportStatus.FAILED, error.sentence)
        except Exception:
            logger.exception("the import %s failed", going.found.id)
            words = said("Something went wrong on the server.")
            await self._end(going, ImportStatus.FAILED, words)

    async def _taken_over(self, going: _Going, wanted: Wanted, user_id: int | None) -> None:
        async with self._spool.opened(going.found.id) as source:
            if source is None:
                words = said("The file is not kept any more: upload it again.")
                await self._end(going, ImportStatus.FAILED, words)
                return
            phase = Phase.WRITING
            steps = self._steps(going, wanted, source, user_id)
            async with aclosing(steps):
                async for step in steps:
                    going.counts, going.done, phase = step.counts, step.done, step.phase
                    if not await self._told(going):
                        return  # cancelled, or somebody else runs it
        if wanted.dry_run:
            await self._end(going, ImportStatus.CHECKED)
        elif phase is Phase.CHECKING and going.counts.bad:
            words = said(_NOT_WRITTEN[going.counts.bad == 1], count=going.counts.bad)
            await self._end(going, ImportStatus.FAILED, words)
        else:
            await self._end(going, ImportStatus.DONE)

    async def _steps(
        self, going: _Going, wanted: Wanted, source: BinaryIO, user_id: int | None
    ) -> AsyncGenerator[Step, None]:
        """Take it over, step by step; what is left out is put among the rejects."""
        phase = Phase.CHECKING
        async with aclosing(self._of_kind(going, wanted, source, user_id)) as steps:
            async for table, step in steps:
                if step.phase is not phase:  # what the check found is found again
                    phase = step.phase
                    going.rejects.clear()
                    going.notes.clear()
                going.rejects += [
                    Reject(row.line, row.problems, dict(table.recent.get(row.line, {})))
                    for row in step.bad
                ]
                for row in step.odd:
                    going.notes.add(row.line, row.faults)
                yield step

    async def _of_kind(
        self, going: _Going, wanted: Wanted, source: BinaryIO, user_id: int | None
    ) -> AsyncGenerator[tuple[RememberingTable, Step], None]:
        name = going.found.name
        if wanted.kind == STOCK:
            assert wanted.mode is not None, "checked"
            file = await open_stock(self._locations, source, wanted)
            options = StockOptions(
                wanted.mode, wanted.location_id, wanted.dry_run, wanted.strict, wanted.reference,
                name, user_id, going.found.id,
            )  # fmt: skip
            assert isinstance(file.table, RememberingTable)
            async with aclosing(self._stock.run(file, options)) as booking:
                async for told in booking:
                    counts = stock_counts(told.counts)
                    yield file.table, Step(counts, told.bad, told.odd, told.bytes_done, told.phase)
            return
        table = await open_items(source, wanted)
        item_options = ImportOptions(
            table.lookups, wanted.dry_run, wanted.strict, wanted.create_locations,
            wanted.ignore_stock, user_id, name, going.found.id,
            rules=wanted.rules, place=table.place,
            makes_first_places=table.has_foreign_places,
        )  # fmt: skip
        async with aclosing(self._items.run(table, item_options)) as writing:
            async for progress in writing:
                counts = item_counts(progress.counts)
                yield (
                    table,
                    Step(counts, progress.bad, progress.odd, progress.bytes_done, progress.phase),
                )

    async def _told(self, going: _Going) -> bool:
        """Whether it may go on."""
        now_s = self._clock.monotonic_s()
        if now_s - going.told_s < TELL_S:
            return True
        going.told_s = now_s
        return await self._tell(going, ImportStatus.RUNNING)

    async def _end(self, going: _Going, status: ImportStatus, *problems: str) -> None:
        try:
            await self._tell(going, status, *problems)
        except Exception as error:  # then it is interrupted, as of a server that was killed
            log_fault(logger, error, "cannot tell the end of the import %s", going.found.id)

    async def _tell(self, going: _Going, status: ImportStatus, *problems: str) -> bool:
        rejects, going.rejects = going.rejects, []
        notes = () if status is ImportStatus.RUNNING else going.notes.kinds
        return await self._imports.tell(
            TellImport(
                going.found.id, going.runner, status, going.counts, going.done, problems, rejects,
                notes,
            )
        )  # fmt: skip


async def open_items(source: BinaryIO, wanted: Wanted) -> RememberingTable:
    """Raises UnreadableFile."""
    made: Any = await asyncio.to_thread(
        RememberingTable, source, wanted.encoding, wanted.mapping, required=wanted.required,
        decimal=wanted.decimal and wanted.decimal.value, sheet=wanted.sheet,
    )  # fmt: skip
    assert isinstance(made, RememberingTable)
    return made


async def open_stock(locations: Locations, source: BinaryIO, wanted: Wanted) -> StockTable:
    """Raises UnreadableFile."""
    everywhere = await locations.all()
    return await asyncio.to_thread(
        stock_table, source, wanted.encoding, wanted.mapping, everywhere, wanted.is_wide,
        RememberingTable, sheet=wanted.sheet,
        decimal=wanted.decimal and wanted.decimal.value,
    )  # fmt: skip


def item_counts(counts: ImportCounts) -> RowCounts:
    return RowCounts(
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        deleted=counts.deleted,
        bad=counts.bad,
    )


def stock_counts(counts: StockCounts) -> RowCounts:
    return RowCounts(
        unchanged=counts.unchanged, booked=counts.booked, already=counts.already, bad=counts.bad
    )
