"""The commands `list-imports` and `undo-import`, whose use case is imports/undo.py."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from graphql_api.cli.opening import existing_services, quiet_settings
from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed
from graphql_api.clock import to_rfc3339
from graphql_api.imports.file_imports import FileImport
from graphql_api.imports.listing import ImportListing
from graphql_api.imports.undo import Undo, UndoImport
from graphql_api.inventory.items import parse_id
from graphql_api.settings import Settings

SHOWN = 50

commands = typer.Typer()


@commands.command("list-imports")
def list_imports() -> None:
    """The newest imports, of commands and of uploaded files: id, when, kind, state and name."""
    for one in asyncio.run(_listed(quiet_settings())):
        state = "UNDONE" if one.undone_at is not None else one.status.value
        cells = (str(one.id), to_rfc3339(one.began_at), one.kind or "-", state, one.name)
        typer.echo("\t".join(cells))


@commands.command("undo-import")
def undo_import(
    import_id: Annotated[
        str, typer.Argument(metavar="ID", help="As list-imports tells it.", show_default=False)
    ],
) -> None:
    """Take an import back, all of it or nothing: created items are deleted, changed ones get back
    their fields, and stock is booked back.

    Refused when anything else has touched one of its items since, and for more than 2000 items.
    A file of stock can be imported again afterwards.
    """
    number = parse_id(import_id)
    if number is None:
        raise CommandFailed(f"{import_id!r} is no id of an import: see list-imports", WRONG_USAGE)
    undone = asyncio.run(_undone(quiet_settings(), number))
    typer.echo(f"{undone.name} was undone.")


async def _listed(settings: Settings) -> list[FileImport]:
    async with existing_services(settings) as services:
        return await services.of(ImportListing).page(SHOWN, None)


async def _undone(settings: Settings, import_id: int) -> FileImport:
    async with existing_services(settings) as services:
        return await services.of(Undo).undo(UndoImport(import_id, None))
