"""The command `export-items`: all items as CSV or XLSX, whose use case is exports/items.py."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from graphql_api.cli.opening import migrated_database, quiet_settings
from graphql_api.cli.outcome import STREAM, CommandFailed, note
from graphql_api.cli.progress import Bar
from graphql_api.cli.targets import check_target
from graphql_api.exports.items import count_items, export_items
from graphql_api.files.tables import NUMBERS
from graphql_api.files.writing import CsvFile, ExcelCsv, TableWriter, Xlsx
from graphql_api.settings import Settings

commands = typer.Typer()


@commands.command("export-items")
def export_items_command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What to make; - for standard output.")
    ] = STREAM,
    include_deleted: Annotated[
        bool, typer.Option("--include-deleted", help="Deleted items too, with deletedAt.")
    ] = False,
    include_archived: Annotated[
        bool, typer.Option("--include-archived", help="Archived items too, with archivedAt.")
    ] = False,
    excel: Annotated[
        bool,
        typer.Option(
            "--excel",
            help="CSV that Excel opens as it is: codes stay text, and no cell becomes a formula.",
        ),
    ] = False,
) -> None:
    """Write all items as CSV, or as a workbook if FILE ends in .xlsx, with the columns that
    import-items takes.

    initialStock is the stock now, and location the code of where it is; blank for an item with
    stock at several locations. FILE is replaced only when all is written.
    """
    settings = quiet_settings()
    with opened_target(settings, file) as target:
        writer = _writer(target, file, excel)
        hidden = file == STREAM and sys.stdout.isatty()
        items, scattered = asyncio.run(
            _export(settings, writer, hidden, include_deleted, include_archived)
        )
        writer.close()
    if file != STREAM:
        typer.echo(f"{file}: {items} items.")
    if scattered:
        note(f"note: {scattered} items have stock at several locations; their sum was written")


async def _export(
    settings: Settings,
    writer: TableWriter,
    hidden: bool,
    include_deleted: bool,
    include_archived: bool,
) -> tuple[int, int]:
    items = scattered = 0
    async with migrated_database(settings) as database:
        scanning = database.scanning
        total = await count_items(
            scanning, include_deleted=include_deleted, include_archived=include_archived
        )
        with Bar(total, hidden=hidden) as bar:
            async for page in export_items(
                scanning, include_deleted=include_deleted, include_archived=include_archived
            ):
                writer.write(page.rows)
                items += page.items
                scattered += page.scattered
                bar.move(items, f"exporting: {items} items")
    return items, scattered


def _writer(target: TextIO, file: str, excel: bool) -> TableWriter:
    if file.lower().endswith(".xlsx"):
        return Xlsx(target.buffer, "Items", NUMBERS)
    return ExcelCsv(target) if excel else CsvFile(target)


@contextmanager
def opened_target(settings: Settings, file: str) -> Iterator[TextIO]:
    """Where an export goes: FILE once it is whole, or what is no plain file at once. Raises
    CommandFailed for the database's own file."""
    check_target(settings, file)
    path = Path(file)
    if file == STREAM or (path.exists() and not path.is_file() and not path.is_dir()):
        number = sys.stdout.fileno() if file == STREAM else os.open(path, os.O_WRONLY)
        with open(number, "w", encoding="utf-8", newline="", closefd=file != STREAM) as stream:
            yield stream
        return
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        part.replace(path)
    except OSError as error:
        raise CommandFailed(f"cannot write {file}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
