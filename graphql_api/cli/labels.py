"""The command `print-labels`, whose use case is labels/labels.py."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from graphql_api.cli.opening import existing_services, quiet_settings
from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed, note
from graphql_api.cli.targets import check_target
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.items import ItemRef
from graphql_api.labels.forms import LabelSymbol
from graphql_api.labels.labels import LABELS_MAX, LabelFile, Labels, Printing, WantedLabel
from graphql_api.labels.sheets import LabelSheet
from graphql_api.settings import Settings

commands = typer.Typer()


@commands.command("print-labels")
def print_labels(
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="What to make.")],
    skus: Annotated[list[str], typer.Argument(metavar="SKU...", help="Items, without case.")],
    sheet: Annotated[
        LabelSheet, typer.Option(help="What they are printed on.", case_sensitive=False)
    ] = LabelSheet.A4_L7160,
    symbol: Annotated[
        LabelSymbol, typer.Option(help="What a scanner reads.", case_sensitive=False)
    ] = LabelSymbol.AUTO,
    copies: Annotated[int, typer.Option(help="Of each.", min=1, max=LABELS_MAX)] = 1,
    skip: Annotated[int, typer.Option(help="Labels of the first page that are used.")] = 0,
    shows_price: Annotated[bool, typer.Option("--price", help="With the price.")] = False,
) -> None:
    """Write labels of items as PDF, to be printed in their real size."""
    settings = quiet_settings()
    check_target(settings, file)
    how = Printing(sheet, symbol, skip, shows_price)
    printed = asyncio.run(_printed(settings, skus, copies, how))
    for warning in printed.warnings:
        note(f"note: {warning}")
    try:
        file.write_bytes(printed.pdf)
    except OSError as error:
        raise CommandFailed(f"cannot write {file}: {error.strerror}", WRONG_USAGE) from None
    labels = "1 label" if printed.labels == 1 else f"{printed.labels} labels"
    pages = "1 page" if printed.pages == 1 else f"{printed.pages} pages"
    typer.echo(f"{file}: {labels} on {pages}.")


async def _printed(settings: Settings, skus: list[str], copies: int, how: Printing) -> LabelFile:
    async with existing_services(settings) as services:
        wanted = []
        for sku in skus:
            item = await services.of(Catalogue).find(ItemRef("sku", sku), sees_admins=True)
            if item is None or item.deleted_at is not None:
                raise CommandFailed(f"there is no item with the SKU {sku!r}")
            wanted.append(WantedLabel(item.id, copies))
        return await services.of(Labels).print(wanted, how, sees_admins=True)
