"""Commands on single items: archive-item, restore-item."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from graphql_api.cli.opening import existing_services, quiet_settings
from graphql_api.cli.outcome import CommandFailed
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.items import (
    Item,
    ItemArchival,
    ItemRef,
    ItemRestoration,
    ItemResult,
    Items,
    checked_fields,
)
from graphql_api.services import Services

commands = typer.Typer()

Sku = Annotated[str, typer.Argument(metavar="SKU", help="The item's, without case.")]


@commands.command("archive-item")
def archive_item(sku: Sku) -> None:
    """Archive an item: out of lists, without alerts, but found by its name and booked as ever."""

    async def work(services: Services, item: Item) -> ItemResult:
        command = ItemArchival(item.id, None, None, sees_admins=True)
        return await services.of(Items).archive(command)

    item = _carry_out(sku, work)
    typer.echo(f"{item.sku} is archived, with {item.stock} in stock.")


@commands.command("restore-item")
def restore_item(
    sku: Sku,
    new_sku: Annotated[str | None, typer.Option("--sku", help="Another SKU for it.")] = None,
    barcode: Annotated[
        str | None, typer.Option(help='Another barcode for it, where its own is taken; "": none.')
    ] = None,
) -> None:
    """Bring an archived or deleted item back."""
    given = {"sku": new_sku, "barcode": barcode}
    changes = checked_fields({name: value for name, value in given.items() if value is not None})

    async def work(services: Services, item: Item) -> ItemResult:
        command = ItemRestoration(item.id, changes, None, sees_admins=True)
        return await services.of(Items).restore(command)

    item = _carry_out(sku, work)
    typer.echo(f"{item.sku} is back, with {item.stock} in stock.")


def _carry_out(sku: str, work: Callable[[Services, Item], Awaitable[ItemResult]]) -> Item:
    settings = quiet_settings()

    async def found_and_done() -> ItemResult:
        async with existing_services(settings) as services:
            item = await services.of(Catalogue).find(ItemRef("sku", sku), sees_admins=True)
            if item is None:
                raise CommandFailed(f"there is no item with the SKU {sku!r}")
            return await work(services, item)

    return asyncio.run(found_and_done()).item
