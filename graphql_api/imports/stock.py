"""Importing stock from a file: counts, or goods that came in. Called by `import-stock`.

A count is booked as COUNT by compare-and-set: what stood there when the row was checked is what it
replaces. A level that changed in between makes the row bad, and the same file again takes it up
against what is there then. Goods that came in are booked as RECEIPT, row by row.

Each row is booked whole or not at all, and its line is kept with the file's digest in the same
transaction. So the same file again books nothing, and one that was broken off goes on.
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
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import Refusal, RequestFault, Unavailable
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.files.tables import TableRow
from graphql_api.imports.items import BadRow, ImportStopped, Phase
from graphql_api.imports.stock_command import (
    Booked,
    BookStock,
    StockOutcome,
    StockStep,
    book_stock,
    lines_done,
)
from graphql_api.imports.stock_match import PairMemory, StockMatcher
from graphql_api.imports.stock_rows import Pair, stock_row
from graphql_api.imports.stock_tables import StockMode, StockTable
from graphql_api.inventory.locations import Locations

ROWS_PER_COMMAND = 200  # about 30 ms of work, so that no other change waits longer


@dataclass(slots=True)
class StockCounts:
    """Rows by outcome. already: those that were taken over before, by this file."""

    booked: int = 0
    unchanged: int = 0
    already: int = 0
    bad: int = 0

    @property
    def rows(self) -> int:
        return self.booked + self.unchanged + self.already + self.bad


@dataclass(frozen=True, slots=True)
class StockProgress:
    """How far an import is. counts: of its phase so far; bad, odd: rows since the last progress,
    odd ones are in all the same. import_id: None while nothing was written."""

    phase: Phase
    counts: StockCounts
    bad: tuple[BadRow, ...]
    odd: tuple[BadRow, ...]
    bytes_done: int
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class StockOptions:
    """location_id: for rows that name no location. dry_run: check everything, write nothing.
    strict: check everything first and write nothing if a row is bad. name: what people call the
    file; reference: of the movements, None: the name, and the file counts as the same whatever
    it is called. import_id: under which it writes, None: one of its own."""

    mode: StockMode
    location_id: int | None = None
    dry_run: bool = False
    strict: bool = False
    reference: str | None = None
    name: str = "stock"
    user_id: int | None = None
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class StockEnd:
    """How an import that may write ended: see ImportEnd."""

    name: str
    counts: StockCounts
    refused: bool = False
    stopped_at: int | None = None
    given_up: bool = False
    began_us: int = 0
    item_ids: Sequence[int] = ()


async def _nobody_asked(_: StockEnd) -> None:
    """Nobody wants to know how imports end."""


@dataclass(slots=True)
class _Run:
    """One import. known_by: see StockTable.identities, of lines that say where, and of the others;
    checked: what its check saw; item_ids: what it wrote."""

    table: StockTable
    options: StockOptions
    known_by: Mapping[bool, tuple[int, ...]]
    import_id: int | None = None
    checked: PairMemory | None = None
    item_ids: list[int] = field(default_factory=list)


class StockImports:
    """The use case."""

    def __init__(
        self,
        writer: LogWriter,
        locations: Locations,
        scanning: Connection,
        ended: Callable[[StockEnd], Awaitable[None]] = _nobody_asked,
    ) -> None:
        """`ended` is called at the end of each import that is no dry run."""
        self._writer = writer
        self._locations = locations
        self._scanning = scanning
        self._ended = ended
        self._book = single(self._book_rows)

    async def run(
        self, table: StockTable, options: StockOptions
    ) -> AsyncGenerator[StockProgress, None]:
        """Take over every row of `table`, telling how far it is after each command.

        Given up half way, the rows told so far are in. Strict, a bad row ends it after CHECKING.
        Raises ImportStopped, RequestFault.
        """
        run = _Run(table, options, _known_by(table, options))
        counts, phase = StockCounts(), Phase.WRITING
        run.import_id = options.import_id
        ids, began_us = run.item_ids, self._writer.clock.now_us()
        end = partial(StockEnd, options.name, began_us=began_us, item_ids=ids)
        try:
            async with aclosing(self._passes(run)) as passes:
                async for progress in passes:
                    counts, phase = progress.counts, progress.phase
                    yield progress
        except ImportStopped as stopped:
            await self._ended(end(counts=counts, stopped_at=stopped.line))
            raise
        except (asyncio.CancelledError, GeneratorExit):
            if run.item_ids:
                await self._ended(end(counts=counts, given_up=True))
            raise
        if not options.dry_run:
            refused = phase is Phase.CHECKING and counts.bad > 0
            await self._ended(end(counts=counts, refused=refused))

    async def _passes(self, run: _Run) -> AsyncGenerator[StockProgress, None]:
        options = run.options
        with closing(PairMemory()) as checked, closing(PairMemory()) as written:
            if options.dry_run or options.strict:
                bad = 0
                async with aclosing(self._pass(run, Phase.CHECKING, checked)) as checking:
                    async for progress in checking:
                        bad = progress.counts.bad
                        yield progress
                if options.dry_run or bad:
                    return
                run.checked = checked
            async with aclosing(self._pass(run, Phase.WRITING, written)) as writing:
                async for progress in writing:
                    yield progress

    async def _pass(
        self, run: _Run, phase: Phase, memory: PairMemory
    ) -> AsyncGenerator[StockProgress, None]:
        counts, options = StockCounts(), run.options
        matcher = StockMatcher(
            self._scanning, self._locations, options.mode, options.location_id, memory, run.checked
        )
        for chunk in _chunks(iter(run.table.rows())):
            try:
                steps = await self._chunk(chunk, run, phase, matcher)
            except Unavailable as error:  # where it stopped is worth more than the bare fault
                raise ImportStopped(chunk[0].line, error) from error
            except (Refusal, RequestFault):
                raise
            except Exception as error:
                raise ImportStopped(chunk[0].line, error) from error
            bad, odd = _count(counts, steps)
            done = run.table.table.bytes_read
            yield StockProgress(phase, replace(counts), bad, odd, done, run.import_id)
            await asyncio.sleep(0)

    async def _chunk(
        self, chunk: Sequence[TableRow], run: _Run, phase: Phase, matcher: StockMatcher
    ) -> list[StockStep]:
        places, strays = run.table.places, run.table.strays
        rows = [stock_row(row, places, strays) for row in chunk]
        for row in rows:
            row.known_by = run.known_by[bool(places or row.location)]
        done = await lines_done(self._scanning, rows)
        await matcher.match(rows)  # those that are done too: what they count is counted
        steps = [StockStep(row, StockOutcome.ALREADY) for row in rows if row.line in done]
        new = [row for row in rows if row.line not in done]
        steps += [StockStep(row, StockOutcome.BAD, tuple(row.faults)) for row in new if row.faults]
        good = tuple(row for row in new if not row.faults)
        if phase is Phase.CHECKING:
            steps += [StockStep(row, _foreseen(row.pairs, run.options.mode)) for row in good]
        elif good:
            options = run.options
            command = BookStock(
                good, options.mode, run.import_id, options.name,
                options.reference or options.name, options.user_id,
            )  # fmt: skip
            booked: Booked = await self._writer.submit(self._book, command, len(good))
            run.import_id = booked.import_id
            run.item_ids += {one.item_id for step in booked.steps for one in step.movements}
            steps += booked.steps
        return sorted(steps, key=lambda step: step.row.line)

    async def _book_rows(self, transaction: LogTransaction, command: BookStock) -> Booked:
        return await book_stock(self._locations, transaction, command)


def _known_by(table: StockTable, options: StockOptions) -> dict[bool, tuple[int, ...]]:
    """What lines are known by: of those that say where (True), the location for the others does
    not count; older versions counted it."""
    named = table.identities(options.mode, None, options.reference)
    unnamed = table.identities(options.mode, options.location_id, options.reference)
    return {True: tuple(dict.fromkeys((*named, *unnamed))), False: unnamed}


def _foreseen(pairs: Iterable[Pair], mode: StockMode) -> StockOutcome:
    """What a row that is only checked would come to."""
    moves = [p for p in pairs if p.quantity != (p.expected if mode is StockMode.COUNT else 0)]
    return StockOutcome.BOOKED if moves else StockOutcome.UNCHANGED


def _chunks(rows: Iterator[TableRow]) -> Iterator[list[TableRow]]:
    while chunk := list(islice(rows, ROWS_PER_COMMAND)):
        yield chunk


def _count(
    counts: StockCounts, steps: Iterable[StockStep]
) -> tuple[tuple[BadRow, ...], tuple[BadRow, ...]]:
    """Add the steps to the counts; the bad rows, and the odd ones."""
    bad: list[BadRow] = []
    odd: list[BadRow] = []
    for step in steps:
        match step.outcome:
            case StockOutcome.BOOKED:
                counts.booked += 1
            case StockOutcome.UNCHANGED:
                counts.unchanged += 1
            case StockOutcome.ALREADY:
                counts.already += 1
            case StockOutcome.BAD:
                counts.bad += 1
                bad.append(BadRow(step.row.line, step.faults, step.row.record))
        if step.notes:
            odd.append(BadRow(step.row.line, step.notes))
    return tuple(bad), tuple(odd)
