"""Changes of items: the face of the commands in graphql_api/inventory/items.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from graphql_api.accounts.roles import Role
from graphql_api.errors import Forbidden
from graphql_api.inventory import items as domain
from graphql_api.inventory.barcodes import warnings
from graphql_api.inventory.items import DeletedStock, Items, Visibility
from schema.context import Context, Info
from schema.faces import Face, enum_of
from schema.item_fields import CreateItemInput, UpdateItemInput, given_fields
from schema.items import ItemPayload
from schema.node import id_of, required_id
from schema.permissions import Rule, mutation
from schema.scalars import Cursor

enum_of(
    DeletedStock,
    "DeletedStock",
    "What becomes of the stock of an item that is deleted.",
    {
        "KEEP": "It stays in the totals until it is booked out, which goes on being possible.",
        "WRITE_OFF": "It is written off at every location, in the same change.",
    },
)


@strawberry.input(description="Deletes an item; its history stays, and its barcode is free.")
class DeleteItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int | None = strawberry.field(
        description="VERSION_CONFLICT unless the item is at this version.", default=None
    )
    stock: DeletedStock = strawberry.field(
        description="What becomes of its stock.", default=DeletedStock.KEEP
    )


@strawberry.input(description="Archives an item.")
class ArchiveItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int | None = strawberry.field(
        description="VERSION_CONFLICT unless the item is at this version.", default=None
    )


@strawberry.input(description="Brings an archived or deleted item back.")
class RestoreItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    sku: str | None = strawberry.field(
        description="Another SKU than it had, when given.", default=strawberry.UNSET
    )
    barcode: str | None = strawberry.field(
        description="Another barcode than it had, when given; null: none.",
        default=strawberry.UNSET,
    )


@strawberry.type
class ItemMutations:
    @mutation(Rule.USER, ItemPayload, "Create an item, with its first stock if you like.")
    async def create_item(
        self, info: Info, input: Annotated[CreateItemInput, strawberry.argument("The item.")]
    ) -> ItemPayload:
        given = given_fields(input)
        columns = domain.checked_fields(given, ("input",))
        _refuse_hidden_fields(info.context, given)
        command = domain.NewItem(
            initial_stock=columns.pop("initial_stock"),
            columns=columns,
            location_id=id_of(input.location),
            user_id=info.context.signed_in.user_id,
            sees_admins=info.context.sees_admins,
        )
        return _payload(await info.context.services.of(Items).create(command), given)

    @mutation(Rule.USER, ItemPayload, "Change an item; an absent field stays as it is.")
    async def update_item(
        self,
        info: Info,
        input: Annotated[UpdateItemInput, strawberry.argument("Which item, and its changes.")],
    ) -> ItemPayload:
        given = given_fields(input)
        changes = domain.checked_fields(given, ("input",))
        _refuse_hidden_fields(info.context, given)
        command = domain.ItemChange(
            required_id(input.id),
            input.expected_version,
            changes,
            info.context.signed_in.user_id,
            info.context.sees_admins,
            input.lease_token,
        )
        return _payload(await info.context.services.of(Items).change(command), given)

    @mutation(Rule.USER, ItemPayload, "Delete an item, softly: its history stays.")
    async def delete_item(
        self, info: Info, input: Annotated[DeleteItemInput, strawberry.argument("Which item.")]
    ) -> ItemPayload:
        command = domain.ItemRemoval(
            required_id(input.id),
            input.expected_version,
            info.context.signed_in.user_id,
            info.context.sees_admins,
            input.stock,
        )
        return _payload(await info.context.services.of(Items).remove(command), {})

    @mutation(
        Rule.USER,
        ItemPayload,
        "Archive an item: out of lists, without alerts, but found by its name and booked as ever.",
    )
    async def archive_item(
        self, info: Info, input: Annotated[ArchiveItemInput, strawberry.argument("Which item.")]
    ) -> ItemPayload:
        command = domain.ItemArchival(
            required_id(input.id),
            input.expected_version,
            info.context.signed_in.user_id,
            info.context.sees_admins,
        )
        return _payload(await info.context.services.of(Items).archive(command), {})

    @mutation(
        Rule.USER,
        ItemPayload,
        "Bring an archived or deleted item back. ALREADY_EXISTS when its SKU or barcode belongs "
        "to another item by now: give it another one.",
    )
    async def restore_item(
        self,
        info: Info,
        input: Annotated[RestoreItemInput, strawberry.argument("Which item, and its new names.")],
    ) -> ItemPayload:
        given: dict[str, Any] = {} if input.sku in (None, strawberry.UNSET) else {"sku": input.sku}
        if input.barcode is not strawberry.UNSET:
            given["barcode"] = input.barcode
        command = domain.ItemRestoration(
            required_id(input.id),
            domain.checked_fields(given, ("input",)),
            info.context.signed_in.user_id,
            info.context.sees_admins,
        )
        return _payload(await info.context.services.of(Items).restore(command), given)


def _payload(result: domain.ItemResult, given: Mapping[str, Any]) -> ItemPayload:
    is_coded = "barcode" in given or "barcodes" in given
    return ItemPayload(
        item=result.item,
        cursor=Cursor(result.cursor),
        warnings=warnings(result.item.barcodes) if is_coded else [],
    )


def _refuse_hidden_fields(context: Context, given: Mapping[str, Any]) -> None:
    """Who cannot see a thing cannot set it: cost, and what is visible to ADMINS only."""
    if context.signed_in.role is Role.ADMIN:
        return
    if "cost" in given:
        raise Forbidden("Only ADMIN sets the cost.", ("input", "cost"))
    if given.get("visibility") is Visibility.ADMINS:
        raise Forbidden("Only ADMIN hides an item.", ("input", "visibility"))


FACE = Face(mutations=ItemMutations)
