"""The commands `import-stock` and `export-stock`, whose use cases are imports/stock.py and
exports/stock.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO

import typer

from graphql_api import values
from graphql_api.cli import import_options as options_of
from graphql_api.cli.exports import opened_target
from graphql_api.cli.import_notes import NotesFile, notes_on
from graphql_api.cli.import_options import Decimal, Sheet, mapped
from graphql_api.cli.import_words import given_up, tell_end
from graphql_api.cli.imports import opened_source
from graphql_api.cli.opening import migrated_database, quiet_settings
from graphql_api.cli.outcome import GIVEN_UP, PROGRAM, STREAM, CommandFailed, note
from graphql_api.cli.progress import Bar
from graphql_api.cli.rejects import BadRows, rejects_to
from graphql_api.cli.saved_mapping import Reading, SavedName, SaveName, check_savable, keep
from graphql_api.exports.stock import count_levels, export_stock
from graphql_api.files.columns import listed
from graphql_api.files.encodings import encoding_advice
from graphql_api.files.tables import MissingColumns, WrongEncoding
from graphql_api.imports.file_imports import FileImports
from graphql_api.imports.items import Phase
from graphql_api.imports.running import stock_counts
from graphql_api.imports.starting import ImportKind
from graphql_api.imports.stock import StockCounts, StockOptions
from graphql_api.imports.stock_tables import FIELDS, StockMode, StockTable, stock_table
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.stock import REFERENCE_MAX
from graphql_api.process import open_services, stock_imports_of
from graphql_api.said import in_shell
from graphql_api.services import Services
from graphql_api.settings import Settings

RING_BYTES = 1_048_576  # nobody follows the events of a command, so few are kept in memory

commands = typer.Typer()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed. read: with what a saved mapping says; save_name: under which that is saved;
    rejects, notes: the files that they go to; far: the counts so far, for whoever stops it;
    import_ids: the id under which it writes, once it has written."""

    file: str
    mode: StockMode
    read: Reading
    strict: bool
    dry_run: bool
    save_name: str | None
    rejects: str | None
    notes: str | None
    far: list[StockCounts]
    import_ids: list[int] = field(default_factory=list)

    @property
    def import_id(self) -> int | None:
        """Under which it writes; None: nothing yet."""
        return self.import_ids[-1] if self.import_ids else None

    @property
    def counts(self) -> StockCounts:
        """How far it is."""
        return self.far[-1]

    @property
    def name(self) -> str:
        return "standard input" if self.file == STREAM else Path(self.file).name


_File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="CSV or XLSX; - for standard input.", show_default=False),
]
_Count = Annotated[
    bool, typer.Option("--count", help="Quantities are what is there: booked as COUNT.")
]
_Add = Annotated[bool, typer.Option("--add", help="Quantities came in: booked as RECEIPT.")]
_Location = Annotated[
    str | None, typer.Option(metavar="CODE", help="The location of rows that name none.")
]
_Wide = Annotated[
    bool, typer.Option("--wide", help="A column for each location, headed by its code.")
]
_Reference = Annotated[str | None, typer.Option(help="Of the movements; else FILE's name.")]
_Mapping = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        "-m",
        metavar="FIELD=COLUMN",
        help="The column of a field; of a wide file COLUMN= leaves one out.",
    ),
]
_Encoding = Annotated[
    str | None, typer.Option(help="Of FILE, like latin-1 or utf-16; found, if not given.")
]
_Strict = Annotated[bool, typer.Option("--strict", help="Write nothing if any row is bad.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing at all.")]


HELP = """Book counts, or goods that came in, from a CSV file or an XLSX workbook.

Columns: **sku** or **barcode** (as a scanner reads it: a carton's barcode counts its units),
**quantity**, or a column for each location; location, unit and expected may be there. A
quantity is whole, or an amount of the unit, like 0.5 of kg. No name is needed.

Several rows of one SKU add up with --add; with --count each item is counted once at each
location. A count replaces the level that it was checked against, or the one of the column
expected; where the level has changed, the row is told and left out. The same file again
books nothing, whatever it is called, unless it is given another --reference.

Bad rows are left out and told, the first five of each kind with their lines, and the exit
code is then 1.
"""


@commands.command(
    "import-stock",
    help=HELP,
    epilog="Exit codes: 0 every row is in, 1 some are not, 2 wrong usage, 130 given up.\n\n"
    f"Example: `{PROGRAM} import-stock delivery.csv --add --location MAIN --reference PO-17`",
)
def import_stock(
    file: _File,
    count: _Count = False,
    add: _Add = False,
    location: _Location = None,
    wide: _Wide = False,
    reference: _Reference = None,
    mapping: _Mapping = None,
    saved_name: SavedName = None,
    save_name: SaveName = None,
    encoding: _Encoding = None,
    decimal: Decimal = None,
    sheet: Sheet = None,
    strict: _Strict = False,
    dry_run: _DryRun = False,
    rejects: options_of.Rejects = None,
    notes: NotesFile = None,
) -> None:
    if count == add:
        raise typer.BadParameter("Say --count or --add: what the quantities are is not guessed.")
    check_savable(save_name, dry_run)
    settings = quiet_settings().model_copy(update={"ring_bytes_max": RING_BYTES})
    columns = mapped(mapping or [], FIELDS, leaves_others=True)
    given = Reading(
        columns, encoding, decimal and decimal.value, sheet, wide=wide, location=location,
        reference=_referenced(reference),
    )  # fmt: skip
    read = given.over(settings, ImportKind.STOCK, saved_name)
    mode = StockMode.COUNT if count else StockMode.ADD
    asked = _Asked(file, mode, read, strict, dry_run, save_name, rejects, notes, [StockCounts()])
    with opened_source(file) as source:
        try:
            asyncio.run(_import(settings, source, asked))
        except KeyboardInterrupt:
            told = given_up(asked.counts.rows, _summary(asked.counts), dry_run)
            raise CommandFailed(told, GIVEN_UP) from None
    counts = asked.counts
    tell_end(counts.rows, counts.bad, _summary(counts), strict=strict, dry_run=dry_run)


async def _import(settings: Settings, source: BinaryIO, asked: _Asked) -> None:
    async with open_services(settings) as services:
        await services.database.be_small()
        location_id = None
        if asked.read.location is not None:
            location_id = await _location_id(services, asked.read.location)
        table = await _table(services, source, asked.read)
        if asked.save_name is not None:
            wanted = asked.read.wanted(ImportKind.STOCK)
            wanted = replace(wanted, mode=asked.mode, location_id=location_id)
            await keep(services, source, asked.save_name, wanted)
        if table.table.header.unused:
            unused = [name for name in table.table.header.unused if values.folded(name) != "name"]
            if unused:
                note(f"note: columns that stand for nothing: {listed(unused)}")
        for told in (*table.table.notes, *table.doubts):
            note(f"note: {in_shell(told)}")
        options = StockOptions(
            asked.mode, location_id, asked.dry_run, asked.strict, asked.read.reference,
            asked.name[:REFERENCE_MAX],
        )  # fmt: skip
        files = services.of(FileImports)
        async with files.by_command(lambda: asked.import_id, lambda: stock_counts(asked.counts)):
            await _taken_over(services, table, options, asked)


async def _taken_over(
    services: Services, table: StockTable, options: StockOptions, asked: _Asked
) -> None:
    header = table.table.header
    with (
        rejects_to(
            services.settings, asked.rejects, header.columns, header.delimiter, asked.file
        ) as rejects,
        notes_on(services.settings, asked.file, header, asked.notes, asked.rejects) as notes,
    ):
        bad = BadRows(asked.file, header, rejects)
        try:
            with Bar(table.table.size) as bar:
                async for progress in stock_imports_of(services).run(table, options):
                    asked.far[:] = [counts := progress.counts]
                    for row in progress.bad:
                        bad.add(row, bar.tell)
                    for row in progress.odd:
                        notes.add(progress.phase, row)
                    if progress.import_id is not None:
                        asked.import_ids[:] = [progress.import_id]
                    verb = "checking" if progress.phase is Phase.CHECKING else "importing"
                    bar.move(progress.bytes_done, f"{verb}: {counts.rows} rows")
        finally:
            bad.tell_rest()


async def _location_id(services: Services, code: str) -> int:
    location = await services.of(Locations).by_code(code)
    if location is None:
        raise CommandFailed(f"there is no location with the code {values.excerpt(code)}")
    return location.id


async def _table(services: Services, source: BinaryIO, read: Reading) -> StockTable:
    everywhere = await services.of(Locations).all()
    try:
        return stock_table(
            source, read.encoding, read.columns, everywhere, read.wide, sheet=read.sheet,
            decimal=read.decimal,
        )  # fmt: skip
    except MissingColumns as error:
        raise CommandFailed(
            f"{error.in_shell} --map FIELD=COLUMN names the column that holds it."
        ) from None
    except WrongEncoding as error:
        raise CommandFailed(f"{error.in_shell} {in_shell(encoding_advice(source))}") from None


def _referenced(reference: str | None) -> str | None:
    text = None if reference is None else reference.strip()
    if text is not None and not 0 < len(text) <= REFERENCE_MAX:
        words = f"A reference has 1 to {REFERENCE_MAX} characters."
        raise typer.BadParameter(words, param_hint="--reference")
    return text


def _summary(counts: StockCounts) -> str:
    told = f"{counts.booked} booked, {counts.unchanged} unchanged, {counts.bad} bad."
    return f"{told} {counts.already} already booked." if counts.already else told


@commands.command("export-stock")
def export_stock_command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What to make; - for standard output.")
    ] = STREAM,
) -> None:
    """Write the stock of all items as CSV: a row for each item and location, with the quantity
    there in the item's base unit.

    Items that were never stocked have a row with 0, so it is a sheet to count by too; `import-stock
    --count` takes it back. FILE is replaced only when all is written.
    """
    settings = quiet_settings()
    with opened_target(settings, file) as target:
        rows = asyncio.run(_export(settings, target))
    if file != STREAM:
        typer.echo(f"{file}: {rows} rows.")


async def _export(settings: Settings, target: TextIO) -> int:
    rows = 0
    async with migrated_database(settings) as database:
        with Bar(await count_levels(database.scanning), hidden=target.isatty()) as bar:
            async for page in export_stock(database.scanning):
                target.write(page.text)
                rows += page.rows
                bar.move(rows, f"exporting: {rows} rows")
    return rows
