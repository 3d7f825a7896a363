"""The command `import-items`: items from a file, whose use case is imports/items.py."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import typer

from graphql_api.cli import import_options as options_of
from graphql_api.cli.import_notes import Notes, NotesFile, notes_on
from graphql_api.cli.import_options import MatchBy, mapped
from graphql_api.cli.import_words import NOTHING, given_up, tell_end
from graphql_api.cli.opening import quiet_settings
from graphql_api.cli.outcome import (
    GIVEN_UP,
    PROGRAM,
    STREAM,
    WRONG_USAGE,
    CommandFailed,
    note,
)
from graphql_api.cli.progress import Bar
from graphql_api.cli.rejects import BadRows, Rejects, rejects_to
from graphql_api.cli.saved_mapping import Reading, SavedName, SaveName, check_savable, keep_of_items
from graphql_api.files.columns import listed
from graphql_api.files.encodings import encoding_advice
from graphql_api.files.faults import MissingColumns, WrongEncoding
from graphql_api.files.tables import REQUIRED, Table
from graphql_api.imports.file_imports import FileImports
from graphql_api.imports.items import ImportCounts, ImportOptions, ItemImports, Phase
from graphql_api.imports.rows import RowRules
from graphql_api.imports.running import item_counts
from graphql_api.imports.starting import ITEMS, ImportKind
from graphql_api.imports.stock_tables import unread_places
from graphql_api.inventory.locations import Locations
from graphql_api.process import imports_of, open_services
from graphql_api.said import in_shell
from graphql_api.settings import Settings

NO_SKU = "sku must not be empty."  # as the rules of an item say it

commands = typer.Typer()


@dataclass(frozen=True, slots=True)
class _Told:
    """Where words on rows go. file: as it is called; rejects: None: nobody wants them."""

    file: str
    rejects: Rejects | None
    notes: Notes


@commands.command(
    "import-items",
    help=options_of.HELP,
    epilog="Blank cells: description, category, barcode and cost become empty; in other columns "
    "a new item gets the default and an old one keeps what it has.\n\n"
    f"Example: `{PROGRAM} import-items Product.csv --map sku=ProductNumber --map price=ListPrice`",
)
def import_items(
    file: options_of.File,
    mapping: options_of.Map = None,
    saved_name: SavedName = None,
    save_name: SaveName = None,
    preset: options_of.PresetOption = None,
    encoding: options_of.Encoding = None,
    decimal: options_of.Decimal = None,
    sheet: options_of.Sheet = None,
    no_header: options_of.NoHeader = False,
    strict: options_of.Strict = False,
    dry_run: options_of.DryRun = False,
    create_locations: options_of.CreateLocations = False,
    ignore_stock: options_of.IgnoreStock = False,
    lenient: options_of.Lenient = False,
    rejects: options_of.Rejects = None,
    notes: NotesFile = None,
    generate_sku: options_of.GenerateSku = False,
    match: options_of.Match = MatchBy.SKU,
    attributes: options_of.Attributes = False,
) -> None:
    check_savable(save_name, dry_run, not no_header)
    settings = quiet_settings()
    by_barcode, columns = match is MatchBy.BARCODE, mapped(mapping or [])
    read = Reading(columns, encoding, decimal and decimal.value, sheet, generate_sku, lenient).over(
        settings, ImportKind.ITEMS, saved_name
    )
    reading = partial(
        _reading(read, by_barcode, file),
        preset=preset and preset.value, has_header=not no_header, keeps_rest=attributes,
    )  # fmt: skip
    name = "standard input" if file == STREAM else Path(file).name
    rules = RowRules(read.lenient, read.generate_sku, by_barcode)
    options = ImportOptions(
        {}, dry_run, strict, create_locations, ignore_stock, name=name, rules=rules
    )
    with opened_source(file) as source:
        table = _table(source, reading)
        keep_of_items(settings, source, save_name, read)
        _run(settings, table, options, file, rejects, notes)


def _reading(read: Reading, by_barcode: bool, file: str) -> partial[Table]:
    """How FILE becomes a table, as far as a saved mapping may say it."""
    return partial(
        Table,
        encoding=read.encoding,
        columns=read.columns,
        required=("barcode",) if by_barcode else ("name",) if read.generate_sku else REQUIRED,
        decimal=read.decimal,
        sheet=read.sheet,
        folder=None if file == STREAM else Path(file).parent,
    )


def _run(
    settings: Settings,
    table: Table,
    options: ImportOptions,
    file: str,
    rejects: str | None,
    notes: str | None,
) -> None:
    _tell_table(table)
    options = replace(
        options,
        lookups=table.lookups,
        place=table.place,
        makes_first_places=table.has_foreign_places,
    )
    far = [ImportCounts()]
    header = table.header
    with (
        rejects_to(settings, rejects, header.columns, header.delimiter, file) as kept,
        notes_on(settings, file, header, notes, rejects) as odd,
    ):
        try:
            asyncio.run(_import(settings, table, options, _Told(file, kept, odd), far))
        except KeyboardInterrupt:
            counts = far[-1]
            told = given_up(counts.rows, _summary(counts), options.dry_run)
            raise CommandFailed(told, GIVEN_UP) from None
    counts = far[-1]
    tell_end(
        counts.rows,
        counts.bad,
        _summary(counts),
        strict=options.strict,
        dry_run=options.dry_run,
    )


def _tell_table(table: Table) -> None:
    """What was found out about the file, before anything of it is written."""
    for line in table.notes:
        note(f"note: {in_shell(line)}")
    if table.header.unused and table.preset is None and not table.keeps_rest:
        note(f"note: columns that stand for nothing: {listed(table.header.unused)}")
    if "name" not in table.header.positions:
        note("note: no column has names, so there will be no new items: --map name=COLUMN")


async def _import(
    settings: Settings,
    table: Table,
    options: ImportOptions,
    told: _Told,
    far: list[ImportCounts],
) -> None:
    """far: the counts so far are put into it, for whoever stops this."""
    async with open_services(settings) as services:
        await services.database.be_small()
        imports = imports_of(services)
        places = await services.of(Locations).all()
        for line in unread_places(table.header, places, "initialStock", "import-stock reads such"):
            note(f"note: {in_shell(line)}")
        files = services.of(FileImports)
        if not options.dry_run:
            begun = await files.begin_command(ITEMS, options.name)
            options = replace(options, import_id=begun)
        async with files.by_command(lambda: options.import_id, lambda: item_counts(far[-1])):
            await _taken_over(imports, table, options, told, far)


async def _taken_over(
    imports: ItemImports,
    table: Table,
    options: ImportOptions,
    told: _Told,
    far: list[ImportCounts],
) -> None:
    without_sku = 0
    bad = BadRows(told.file, table.header, told.rejects)
    try:
        with Bar(table.size) as bar:
            async for progress in imports.run(table, options):
                far[:] = [counts := progress.counts]
                for row in progress.bad:
                    without_sku += any(fault.message == NO_SKU for fault in row.faults)
                    bad.add(row, bar.tell)
                for row in progress.odd:
                    told.notes.add(progress.phase, row)
                verb = "checking" if progress.phase is Phase.CHECKING else "importing"
                bar.move(progress.bytes_done, f"{verb}: {counts.rows} rows")
    finally:
        bad.tell_rest()
    if without_sku:
        note(
            f"note: rows without a SKU: {without_sku}; --generate-sku gives them one, "
            "--match barcode finds the items that have their barcodes"
        )


def _summary(counts: ImportCounts) -> str:
    sentences = [
        f"{counts.created} created, {counts.updated} updated, "
        f"{counts.unchanged} unchanged, {counts.bad} bad."
    ]
    if counts.deleted:
        sentences.append(f"{counts.deleted} left out: they are deleted items.")
    if counts.archived:
        sentences.append(
            f"{counts.archived} are archived items and stay so: restore-item brings one back."
        )
    if counts.stock_ignored:
        sentences.append(
            f"initialStock of {counts.stock_ignored} items that exist was ignored: their stock "
            "is what it was."
        )
    return " ".join(sentences)


def _table(source: BinaryIO, reading: Callable[[BinaryIO], Table]) -> Table:
    try:
        return reading(source)
    except MissingColumns as error:
        ways = " ".join(f"--map {field}=COLUMN" for field in error.missing)
        other = " --generate-sku makes SKUs." if error.missing == ("sku",) else ""
        raise CommandFailed(
            f"{error.in_shell} {ways} names the column that holds it.{other}"
        ) from None
    except WrongEncoding as error:
        raise CommandFailed(f"{error.in_shell} {in_shell(encoding_advice(source))}") from None
    except KeyboardInterrupt:  # a long file takes seconds to be looked through
        raise CommandFailed(NOTHING, GIVEN_UP) from None


@contextmanager
def opened_source(file: str) -> Iterator[BinaryIO]:
    """FILE, open and seekable: what comes from a pipe is kept in a temporary file first."""
    with _opened(file) as opened:
        if file != STREAM and opened.seekable():
            yield opened
            return
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(opened, kept)
            yield kept


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == STREAM:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise CommandFailed(f"cannot read {file}: {error.strerror}", WRONG_USAGE) from None
