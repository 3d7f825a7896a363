"""Importing items from a file. Called by `import-items`.

The file is the truth for the columns that it has: a row whose SKU is new creates an item, a
row that differs from its item changes it, and an equal row does nothing, so that the same file
again changes nothing. `initialStock` opens the stock of new items only: stock changes through
the ledger, and a count that is not what an old item has is a bad row, unless such counts are to
be ignored. A cell left blank empties description, category, barcode and cost; of any other
field it leaves the default to a new item, and what stands to an old one. A row of a deleted
item (deletedAt) makes none; one of an archived item (archivedAt) makes one that is archived, and
changes one without archiving it or bringing it back.

Rows go to the writer in commands of bounded size, each of which takes a constant number of
statements (command.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from itertools import islice

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.database.dialect import Dialect
from graphql_api.database.writer import single
from graphql_api.errors import ApplicationError, Refusal, RequestFault, Unavailable
from graphql_api.events.log import LogWriter
from graphql_api.files.tables import Table, TableRow
from graphql_api.imports.command import ImportItems, import_rows
from graphql_api.imports.locations import ImportPlaces
from graphql_api.imports.plan import FileMemory, Outcome, Step, planned
from graphql_api.imports.rows import (
    AS_THEY_STAND,
    CheckedRow,
    Fault,
    RowRules,
    checked_row,
    make_sku,
)
from graphql_api.inventory.barcode_rows import holders_of
from graphql_api.inventory.barcodes import compare_key
from graphql_api.inventory.locations import Locations
from graphql_api.said import in_shell, said

ROWS_PER_COMMAND = 200  # about 20 ms of work, so that no other change waits longer
PLANS_HOLD_FOR = 1_000  # items, and ten times as many the next time


class Phase(Enum):
    """CHECKING: nothing is written. WRITING: rows are taken over."""

    CHECKING = "CHECKING"
    WRITING = "WRITING"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out, or is odd. line: the physical line on which it begins;
    record: its cells as they stand."""

    line: int
    faults: tuple[Fault, ...]
    record: Sequence[str] = ()

    def __str__(self) -> str:
        """As a command says it."""
        return " ".join(map(in_shell, self.problems))

    @property
    def problems(self) -> tuple[str, ...]:
        """In sentences."""
        return tuple(fault.message for fault in self.faults)


@dataclass(slots=True)
class ImportCounts:
    """Rows by outcome."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: int = 0
    deleted: int = 0
    stock_ignored: int = 0  # of those created, updated or unchanged
    archived: int = 0  # of those updated or unchanged: their items are archived and stay so

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.bad + self.deleted


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is. counts: of its phase so far; bad, odd: rows since the last progress,
    odd ones are in all the same."""

    phase: Phase
    counts: ImportCounts
    bad: tuple[BadRow, ...]
    bytes_done: int
    odd: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """lookups: field → what each text of its column stands for. rules: how each row is taken.

    dry_run: check everything, write nothing. strict: check everything first and write nothing
    if a row is bad. create_locations: make the unknown locations at which stock is booked, named
    by their code. ignore_stock: counts of items that stand are no fault, and not booked. place:
    where the stock of rows without a place is. makes_first_places: as create_locations, if there
    is no place yet but the default one. name: what people call the file.
    """

    lookups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dry_run: bool = False
    strict: bool = False
    create_locations: bool = False
    ignore_stock: bool = False
    user_id: int | None = None
    name: str = "items"
    import_id: int | None = None  # under which what it writes is kept, to be undone
    rules: RowRules = field(default=AS_THEY_STAND, kw_only=True)
    place: str | None = field(default=None, kw_only=True)
    makes_first_places: bool = field(default=False, kw_only=True)

    @property
    def leaves_counts(self) -> bool:
        """Whether a count that is not what an item has is no fault of its row."""
        return self.ignore_stock or self.rules.is_lenient


@dataclass(frozen=True, slots=True)
class ImportEnd:
    """How an import that may write ended. refused: it was strict and a row is bad, so nothing
    was written. stopped_at: the line of a fault that is no row's, None when it came to its end.
    given_up: somebody stopped it. began_us: when; item_ids: of all that it wrote."""

    name: str
    counts: ImportCounts
    refused: bool = False
    stopped_at: int | None = None
    given_up: bool = False
    began_us: int = 0
    item_ids: Sequence[int] = ()


async def _nobody_asked(_: ImportEnd) -> None:
    """Nobody wants to know how imports end."""


class ImportStopped(Exception):
    """A fault that is no row's, at rows from `line` on; the rows before them are in."""

    def __init__(self, line: int, cause: Exception) -> None:
        super().__init__(
            f"stopped at line {line}, the rows before it are in: {str(cause).rstrip('.')}. "
            "The same file again goes on from there."
        )
        self.line = line
        self.sentences = (
            said(
                "It stopped at line {line}; the rows before it are in, and the same file again "
                "goes on from there.",
                line=line,
            ),
            cause.sentence if isinstance(cause, ApplicationError) else str(cause),
        )


class ItemImports:
    """The use case."""

    def __init__(
        self,
        writer: LogWriter,
        locations: Locations,
        scanning: Connection,
        ended: Callable[[ImportEnd], Awaitable[None]] = _nobody_asked,
    ) -> None:
        """`ended` is called at the end of each import that is no dry run."""
        self._writer = writer
        self._ended = ended
        self._locations = locations
        self._scanning = scanning
        self._apply = single(import_rows)

    async def run(
        self, table: Table, options: ImportOptions | None = None
    ) -> AsyncGenerator[ImportProgress, None]:
        """Take over every row of `table`, telling how far it is after each command.

        Given up half way, the rows told so far are in. Strict, a bad row ends it after CHECKING.
        Raises ImportStopped, RequestFault.
        """
        options = options or ImportOptions()
        counts, phase = ImportCounts(), Phase.WRITING
        written: list[int] = []
        end = partial(
            ImportEnd, options.name, began_us=self._writer.clock.now_us(), item_ids=written
        )
        try:
            async with aclosing(self._passes(table, options, written)) as passes:
                async for progress in passes:
                    counts, phase = progress.counts, progress.phase
                    yield progress
        except ImportStopped as stopped:
            await self._ended(end(counts=counts, stopped_at=stopped.line))
            raise
        except (asyncio.CancelledError, GeneratorExit):
            if written:
                await self._ended(end(counts=counts, given_up=True))
            raise
        if not options.dry_run:
            refused = phase is Phase.CHECKING and counts.bad > 0
            await self._ended(end(counts=counts, refused=refused))

    async def _passes(
        self, table: Table, options: ImportOptions, written: list[int]
    ) -> AsyncGenerator[ImportProgress, None]:
        if options.dry_run or options.strict:
            bad = 0
            async with aclosing(self._pass(table, options, Phase.CHECKING, [])) as checking:
                async for progress in checking:
                    bad = progress.counts.bad
                    yield progress
            if options.dry_run or bad:
                return
        async with aclosing(self._pass(table, options, Phase.WRITING, written)) as writing:
            async for progress in writing:
                yield progress

    async def _pass(
        self, table: Table, options: ImportOptions, phase: Phase, written: list[int]
    ) -> AsyncGenerator[ImportProgress, None]:
        counts = ImportCounts()
        known = 0  # new items at the last look at statistics
        places = ImportPlaces(
            self._locations, options.create_locations, options.place, options.makes_first_places
        )
        with FileMemory() as memory:
            for chunk in _chunks(table.rows()):
                try:
                    steps = await self._chunk(chunk, options, phase, memory, places)
                except Unavailable as error:  # where it stopped is worth more than the bare fault
                    raise ImportStopped(chunk[0].line, error) from error
                except (Refusal, RequestFault):
                    raise
                except Exception as error:
                    raise ImportStopped(chunk[0].line, error) from error
                bad = _count(counts, steps)
                written += [step.item_id for step in steps if step.item_id is not None]
                if phase is Phase.WRITING and counts.created >= max(10 * known, PLANS_HOLD_FOR):
                    await _renew_plans(self._scanning)
                    known = counts.created
                yield ImportProgress(phase, replace(counts), bad, table.bytes_read, _odd(steps))
                await asyncio.sleep(0)

    async def _chunk(
        self,
        chunk: Sequence[TableRow],
        options: ImportOptions,
        phase: Phase,
        memory: FileMemory,
        places: ImportPlaces,
    ) -> list[Step]:
        rows = [checked_row(row, options.lookups, options.rules) for row in chunk]
        if options.rules.by_barcode:
            await self._name_by_barcode(rows, options.rules)
        memory.refuse_repeated(rows)
        await places.find(rows)
        good = tuple(row for row in rows if not row.faults)
        steps = [Step(row, Outcome.BAD, faults=tuple(row.faults)) for row in rows if row.faults]
        if phase is Phase.WRITING and any(places.lacks(row) for row in good):
            planned_now = await planned(self._scanning, good, ignore_stock=options.leaves_counts)
            await places.make(step.row for step in planned_now if step.outcome is Outcome.CREATED)
        if phase is Phase.WRITING and good:
            command = ImportItems(good, options.user_id, options.leaves_counts, options.import_id)
            steps += await self._writer.submit(self._apply, command, len(good))
        elif good:
            steps += await planned(self._scanning, good, memory, options.leaves_counts)
        return sorted(steps, key=lambda step: step.row.line)

    async def _name_by_barcode(self, rows: Sequence[CheckedRow], rules: RowRules) -> None:
        """Give each row the SKU of the item that has its barcode, whatever its own SKU is."""
        codes = [code for row in rows for code in row.codes]
        holders = await holders_of(self._scanning, codes) if codes else {}
        for row in rows:
            if row.faults:
                continue
            code = next((code for code in row.codes if compare_key(code) in holders), None)
            if code is not None:
                row.columns["sku"] = holders[compare_key(code)].sku
                row.sku_key = values.folded(row.columns["sku"])
                row.columns.pop("barcode", None)  # it may be the item's second one, and stays so
            elif "sku" not in row.columns and rules.makes_skus:
                make_sku(row)
            elif "sku" not in row.columns:
                had = next(iter(row.codes), None)
                words = said("The row has no barcode, and there is no SKU for a new one.")
                if had is not None:
                    words = said(
                        "No item has {code}, and there is no SKU for a new one.", code=repr(had)
                    )
                row.faults.append(Fault("barcode", words))


async def _renew_plans(connection: Connection) -> None:
    """PostgreSQL keeps the plans that it made for tables when they were empty, and goes on
    reading those from end to end, until it is told how large they have become."""
    if connection.dialect is Dialect.POSTGRES:
        await connection.change("ANALYZE")


def _chunks(rows: Iterator[TableRow]) -> Iterator[list[TableRow]]:
    while chunk := list(islice(rows, ROWS_PER_COMMAND)):
        yield chunk


def _odd(steps: Iterable[Step]) -> tuple[BadRow, ...]:
    """Rows that are taken with something odd in them, or without it."""
    odd: list[BadRow] = []
    for step in steps:
        is_written = step.outcome in (Outcome.CREATED, Outcome.UPDATED)
        words = (*step.row.notes, *(step.row.warnings if is_written else ()))
        if words and step.outcome is not Outcome.BAD:
            odd.append(BadRow(step.row.line, words, step.row.record))
    return tuple(odd)


def _count(counts: ImportCounts, steps: Iterable[Step]) -> tuple[BadRow, ...]:
    bad: list[BadRow] = []
    for step in steps:
        counts.stock_ignored += step.ignores_stock
        counts.archived += step.stays_archived
        match step.outcome:
            case Outcome.CREATED:
                counts.created += 1
            case Outcome.UPDATED:
                counts.updated += 1
            case Outcome.UNCHANGED:
                counts.unchanged += 1
            case Outcome.DELETED:
                counts.deleted += 1
            case Outcome.BAD:
                counts.bad += 1
                bad.append(BadRow(step.row.line, step.faults, step.row.record))
    return tuple(bad)
