"""The command `import-items`: items from a CSV file, whose use case is imports/items.py."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from graphql_api.cli.opening import quiet_settings
from graphql_api.cli.outcome import (
    FAILED,
    GIVEN_UP,
    PROGRAM,
    STREAM,
    WRONG_USAGE,
    CommandFailed,
    note,
)
from graphql_api.cli.progress import Bar
from graphql_api.files.encodings import encoding_advice
from graphql_api.files.tables import (
    PRESETS,
    READ_FIELDS,
    MissingColumns,
    Preset,
    Table,
    WrongEncoding,
    read_lookup,
)
from graphql_api.imports.file_imports import FileImports
from graphql_api.imports.items import BadRow, ImportCounts, ImportOptions, Phase
from graphql_api.imports.starting import ITEMS
from graphql_api.process import imports_of, open_services
from graphql_api.settings import Settings

commands = typer.Typer()


class PresetName(StrEnum):
    """The names of PRESETS."""

    NORTHWIND = "northwind"
    ADVENTUREWORKS = "adventureworks"


@commands.command(
    "import-items",
    epilog="Blank cells: description, category, barcode and cost become empty; in other columns "
    "a new item gets the default and an old one keeps what it has.\n\n"
    f"Example: `{PROGRAM} import-items Product.csv --map sku=ProductNumber --map price=ListPrice`",
)
def import_items(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV; - for standard input.", show_default=False)
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            "-m",
            metavar="FIELD=COLUMN",
            help="The column of a field that has another name in FILE; `FIELD=` leaves the field "
            "out. Can be given many times.",
        ),
    ] = None,
    preset: Annotated[
        PresetName | None, typer.Option(help="The columns of a well-known file of products.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of FILE, like latin-1 or utf-16.")] = "utf-8",
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing if any row is bad.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing at all.")] = False,
    create_locations: Annotated[
        bool,
        typer.Option(
            "--create-locations", help="Add the locations that stock is booked at, if need be."
        ),
    ] = False,
    ignore_stock: Annotated[
        bool,
        typer.Option(
            "--ignore-stock", help="Take rows of items that exist without their initialStock."
        ),
    ] = False,
) -> None:
    """Create and change items from a CSV file.

    Columns: **sku** is needed, and **name** for new items; description, category, barcode,
    unit, price, cost, minStock, initialStock, location, visibility (EVERYONE or ADMINS),
    deletedAt and archivedAt may be there. Case, blanks and underscores in their names do not
    matter, nor does their order; the delimiter is a comma, a semicolon, a tab or a bar.

    A new SKU makes an item. A row that differs from its item changes it, in the columns that
    FILE has; an equal one does nothing, so the same file again changes nothing. initialStock
    is booked for new items only, at the location whose code is given, or at the default one; one
    that is not the stock of an item that exists makes the row bad: count it with setStock or
    adjustStockBatch, or give --ignore-stock. deletedAt makes no item; archived items stay so.

    Each bad row is told with its line and left out, and the exit code is then 1.
    """
    settings = quiet_settings()
    chosen = PRESETS[preset.value] if preset else None
    columns = {**(chosen.columns if chosen else {}), **_mapped(mapping or [])}
    with opened_source(file) as source:
        lookups = _lookups(chosen, columns, file)
        table = _table(source, encoding, columns)
        if table.header.unused and not preset:
            note(f"note: columns that stand for nothing: {', '.join(table.header.unused)}")
        name = "standard input" if file == STREAM else Path(file).name
        options = ImportOptions(lookups, dry_run, strict, create_locations, ignore_stock, name=name)
        far = [ImportCounts()]
        try:
            asyncio.run(_import(settings, table, options, file, far))
        except KeyboardInterrupt:
            raise CommandFailed(_given_up(far[-1], options), GIVEN_UP) from None
    _tell_import(far[-1], options)


async def _import(
    settings: Settings, table: Table, options: ImportOptions, file: str, far: list[ImportCounts]
) -> None:
    """far: the counts so far are put into it, for whoever stops this."""
    async with open_services(settings) as services:
        imports = imports_of(services)
        if not options.dry_run:
            begun = await services.of(FileImports).begin_command(ITEMS, options.name)
            options = replace(options, import_id=begun)
        with Bar(table.size) as bar:
            async for progress in imports.run(table, options):
                far[:] = [counts := progress.counts]
                for row in progress.bad:
                    bar.tell(f"{file}:{row.line}: {_faults(row, table)}")
                for row in progress.odd:
                    bar.tell(f"{file}:{row.line}: note: {_faults(row, table)}")
                verb = "checking" if progress.phase is Phase.CHECKING else "importing"
                bar.move(progress.bytes_done, f"{verb}: {counts.rows} rows")


def _given_up(counts: ImportCounts, options: ImportOptions) -> str:
    if options.dry_run or not counts.rows:
        return "given up, nothing was written"
    return (
        f"given up after at least {counts.rows} rows: {_summary(counts)} "
        "The same file again goes on from there."
    )


def _tell_import(counts: ImportCounts, options: ImportOptions) -> None:
    if options.strict and counts.bad:
        raise CommandFailed(f"nothing was written: {counts.bad} of {counts.rows} rows are bad")
    typer.echo(("Dry run, nothing was written: " if options.dry_run else "") + _summary(counts))
    if counts.bad:
        raise typer.Exit(FAILED)


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


def _faults(row: BadRow, table: Table) -> str:
    """What is wrong with a row; with the column's name where that is not the field's."""
    messages = []
    for fault in row.faults:
        index = table.header.positions.get(fault.field or "")
        column = table.header.columns[index] if index is not None else fault.field
        messages.append(fault.message if column == fault.field else f"{fault.message} [{column}]")
    return " ".join(messages)


def _mapped(mapping: Sequence[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for text in mapping:
        field, equals, column = text.partition("=")
        if not equals or field not in READ_FIELDS:
            raise typer.BadParameter(
                f"{text!r} is not FIELD=COLUMN with one of {', '.join(READ_FIELDS)}.",
                param_hint="--map",
            )
        if field in columns:
            raise typer.BadParameter(f"{field} is given twice.", param_hint="--map")
        columns[field] = column.strip()
    return columns


def _table(source: BinaryIO, encoding: str, columns: Mapping[str, str]) -> Table:
    try:
        return Table(source, encoding, columns)
    except MissingColumns as error:
        raise CommandFailed(
            f"{error.message} --map FIELD=COLUMN names the column that holds it."
        ) from None
    except WrongEncoding as error:
        raise CommandFailed(f"{error.message} {encoding_advice(source)}") from None


def _lookups(
    preset: Preset | None, columns: dict[str, str], file: str
) -> dict[str, Mapping[str, str]]:
    """The preset's lookups from the files beside FILE; a field whose file is not there is left
    out of `columns`: its bare keys would mean nothing."""
    found: dict[str, Mapping[str, str]] = {}
    for field, lookup in (preset.lookups if preset else {}).items():
        assert preset is not None
        if columns.get(field) != preset.columns[field]:
            continue  # mapped to another column by hand
        meanings = None if file == STREAM else read_lookup(lookup, Path(file).parent)
        if meanings is None:
            columns[field] = ""
            note(f"note: {lookup.file} is not beside the file: items get no {field} from it")
        else:
            found[field] = meanings
    return found


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
