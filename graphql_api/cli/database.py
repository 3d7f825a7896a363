"""Commands on the database as a whole: migrate, backup, restore, new-epoch, check-ledger,
check-barcodes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from graphql_api.cli.attachments import back_up_attachments, restore_attachments
from graphql_api.cli.opening import migrated_database, quiet_settings
from graphql_api.cli.outcome import PROGRAM, WRONG_USAGE, CommandFailed, note
from graphql_api.cli.progress import waiting_sign
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.inventory.barcode_check import check_barcodes
from graphql_api.inventory.barcodes import ItemBarcode
from graphql_api.inventory.ledger_check import check_ledger
from graphql_api.operations.backup import back_up
from graphql_api.operations.epoch import renew_epoch
from graphql_api.operations.in_use import used
from graphql_api.operations.restore import restore as restore_database
from graphql_api.process import migrate_at

commands = typer.Typer()

Found = TypeVar("Found")


@commands.command("migrate")
def migrate_command() -> None:
    """Bring the database's tables up to date. Harmless when they are."""
    settings = quiet_settings()

    async def work() -> list[str]:
        with used(Database(settings.database_url).file):
            return await migrate_at(settings.database_url)

    applied = asyncio.run(work())
    typer.echo(f"Applied: {', '.join(applied)}." if applied else "Up to date.")


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to make.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
) -> None:
    """Copy an SQLite database to FILE, while servers use it or not.

    FILE appears whole or not at all. It is a log of its own: clients of the old server are told
    EPOCH_CHANGED by one that is started on it, and query afresh. Attachments that lie in a folder
    go into the folder FILE.attachments beside it.
    """
    settings = quiet_settings()
    database = Database(settings.database_url).file
    if database is None:
        raise CommandFailed("this is for SQLite; back up PostgreSQL with pg_dump")
    with waiting_sign("copying"):
        made = back_up(database, file, overwrite=force)
    typer.echo(f"{made.file}: {made.size} bytes, {made.position} events.")
    back_up_attachments(settings, made.file)


@commands.command()
def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `backup` made.", show_default=False)
    ],
) -> None:
    """Put FILE in the place of the SQLite database, which nobody may be using: stop all servers.

    FILE is checked first, and stays. The old database is kept beside the new one; its name is
    told. Clients that come back are told EPOCH_CHANGED, and query afresh. Attachments come back out
    of the folder FILE.attachments.
    """
    settings = quiet_settings()
    database = Database(settings.database_url).file
    if database is None:
        raise CommandFailed(
            "this is for SQLite; restore PostgreSQL with pg_restore while all servers are "
            f"stopped, then run `{PROGRAM} new-epoch`",
            WRONG_USAGE,
        )
    with waiting_sign("restoring"):
        done = restore_database(database, file)
    typer.echo(f"{database}: restored from {file}, {done.position} events.")
    if done.aside is not None:
        note(f"The old database is {done.aside}")
    restore_attachments(settings, database, file)


@commands.command("new-epoch")
def new_epoch_command() -> None:
    """Tell clients that the database went back: run it after pg_restore, before the servers start.

    Clients that come back with cursors of the old log are told EPOCH_CHANGED, and query afresh,
    instead of going on at positions that mean something else now. `restore` does it itself.
    """
    settings = quiet_settings()

    async def work() -> str:
        async with migrated_database(settings) as database:
            return await renew_epoch(database)

    typer.echo(f"The log's epoch is {asyncio.run(work())} now.")


@commands.command("check-ledger")
def check_ledger_command() -> None:
    """Recompute every balance from the movements; exit with 1 if one does not follow.

    Prints how much was checked, and the id of each item that has drifted.
    """
    found = _found_by(check_ledger)
    typer.echo(f"{found.items_checked} items, {found.movements_checked} movements.")
    for item_id in found.drifted:
        typer.echo(f"drifted: {item_id}")
    if not found.ok:
        raise CommandFailed(f"{len(found.drifted)} items do not follow from their movements")
    typer.echo("Every balance follows from its movements.")


@commands.command("check-barcodes")
def check_barcodes_command() -> None:
    """Look for barcodes that are one and are kept as two; exit with 1 if there are any.

    Older versions compared 978-3-16-148410-0 and 9783161484100 as two. Prints a line for each, with
    the SKUs of who has it.
    """
    found = _found_by(check_barcodes)
    typer.echo(f"{found.keys} barcodes.")
    for two in found.of_two:
        whose = "nobody's any more" if two.other is None else f"a barcode of {two.other}"
        typer.echo(
            f"{two.sku}: {two.code!r} is found as it is written alone; its digits are {whose}"
        )
    for own in found.of_one:
        typer.echo(f"{own.sku}: {_with_units(own.one)} and {_with_units(own.other)} are one")
    if found.count:
        raise CommandFailed(f"{found.count} barcodes are kept as two: change or remove one of each")
    typer.echo("Each barcode is kept once.")


def _found_by(check: Callable[[Connection], Awaitable[Found]]) -> Found:
    """What a check of the whole database finds, which may take long."""
    settings = quiet_settings()

    async def work() -> Found:
        async with migrated_database(settings) as database:
            return await check(database.scanning)

    with waiting_sign("checking"):
        return asyncio.run(work())


def _with_units(barcode: ItemBarcode) -> str:
    unit = "" if barcode.unit is None else f" as {barcode.unit!r}"
    return f"{barcode.code!r} for {barcode.factor}{unit}"
