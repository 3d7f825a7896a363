"""The command check-attachments, and what `backup` and `restore` do with attachments."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from graphql_api.attachment_settings import S3
from graphql_api.attachments.checking import StoreCheck, check_store
from graphql_api.attachments.copies import Copied, copy_attachments, folder_of
from graphql_api.attachments.stores import FolderStore, Store, store_of
from graphql_api.cli.opening import migrated_database, quiet_settings
from graphql_api.cli.outcome import CommandFailed, note
from graphql_api.cli.progress import waiting_sign
from graphql_api.clock import SystemClock
from graphql_api.database.database import Database
from graphql_api.settings import Settings

TOLD_MAX = 20  # names of each kind

commands = typer.Typer()


@commands.command("check-attachments")
def check_attachments(
    delete_orphans: Annotated[
        bool, typer.Option("--delete-orphans", help="Delete what no attachment needs.")
    ] = False,
) -> None:
    """Compare the attachments of the database with the place where their bytes lie; exit with 1
    if any is missing.

    Orphans, which no attachment needs, are what a restored backup does not know any more.
    """
    settings = quiet_settings()

    async def work() -> tuple[StoreCheck, str]:
        async with migrated_database(settings) as database:
            store = _store(settings)
            found = await check_store(database.scanning, store, SystemClock())
            if delete_orphans:
                await store.delete(found.orphans)
            return found, store.place

    with waiting_sign("checking"):
        found, place = asyncio.run(work())
    typer.echo(f"{found.files} files; {found.lying} names in {place}.")
    for what, names in (("missing", found.missing), ("orphan", found.orphans)):
        for name in names[:TOLD_MAX]:
            typer.echo(f"{what}: {name}")
        if len(names) > TOLD_MAX:
            typer.echo(f"{what}: and {len(names) - TOLD_MAX} more")
    if found.orphans:
        done = "deleted" if delete_orphans else "--delete-orphans deletes them"
        typer.echo(f"{len(found.orphans)} orphans: {done}.")
    if not found.ok:
        raise CommandFailed(f"{len(found.missing)} names that attachments need are missing")
    typer.echo("Every attachment has its bytes.")


def _store(settings: Settings) -> Store:
    store = store_of(settings, Database(settings.database_url).file)
    if store is None:
        raise CommandFailed("ATTACHMENTS_STORE names no place for attachments")
    return store


def back_up_attachments(settings: Settings, backup: Path) -> None:
    """Copy what the backup's attachments need into the folder beside it, and tell of it."""
    _copy(settings, lambda folder: copy_attachments(backup, folder, folder_of(backup)))


def restore_attachments(settings: Settings, database: Path, backup: Path) -> None:
    """Bring back what the restored database's attachments need, and tell of it."""
    source = folder_of(backup)
    _copy(settings, lambda folder: copy_attachments(database, source, folder))


def _copy(settings: Settings, work: Callable[[Path], Copied]) -> None:
    if settings.attachments_store.startswith(S3):
        note(f"Attachments are in {settings.attachments_store}, and are not copied.")
        return
    store = _store(settings)
    assert isinstance(store, FolderStore), "no bucket, and SQLite has a folder at least"
    try:
        done = work(store.folder)
    except (OSError, sqlite3.Error) as error:
        raise CommandFailed(f"the database is copied, its attachments are not: {error}") from None
    if done.files:
        typer.echo(f"{done.folder}: {done.files} files of attachments.")
    if done.missing:
        names = ", ".join(done.missing[:3])
        raise CommandFailed(
            f"the database is copied, but {len(done.missing)} files of attachments are missing: "
            f"{names}"
        )
