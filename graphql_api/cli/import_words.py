"""What the commands that take files over say of rows, and of how they ended. Called by imports.py
and stock.py."""

from __future__ import annotations

import typer

from graphql_api.cli.outcome import FAILED, CommandFailed
from graphql_api.files.tables import Header
from graphql_api.imports.items import BadRow
from graphql_api.imports.rows import Fault
from graphql_api.said import in_shell

NOTHING = "given up, nothing was written"


def faults(row: BadRow, header: Header) -> str:
    """What is wrong with a row."""
    return " ".join(fault_words(fault, header) for fault in row.faults)


def fault_words(fault: Fault, header: Header) -> str:
    """What is wrong; with the column's name where that is not the field's."""
    index = header.positions.get(fault.field or "")
    column = header.columns[index] if index is not None else fault.field
    message = in_shell(fault.message)
    return message if column == fault.field else f"{message} [{column}]"


def given_up(rows: int, summary: str, dry_run: bool) -> str:
    """Of a command that was stopped. rows: looked at so far."""
    if dry_run or not rows:
        return NOTHING
    return f"given up after at least {rows} rows: {summary} The same file again goes on from there."


def tell_end(rows: int, bad: int, summary: str, *, strict: bool, dry_run: bool) -> None:
    """Say how it ended. Raises CommandFailed and typer.Exit when rows are bad."""
    if strict and bad:
        raise CommandFailed(f"nothing was written: {bad} of {rows} rows are bad")
    typer.echo(("Dry run, nothing was written: " if dry_run else "") + summary)
    if bad:
        raise typer.Exit(FAILED)
