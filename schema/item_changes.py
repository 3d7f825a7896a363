"""Changes of items: the face of the commands in graphql_api/inventory/items.py."""

from __future__ import annotations

import decimal
from typing import Annotated

import strawberry

from graphql_api.accounts.roles import Role
from graphql_api.errors import Forbidden
from graphql_api.inventory import items as domain
from graphql_api.inventory.items import Items, Visibility
from schema.context import Context, Info
from schema.faces import Face
from schema.items import ItemPayload
from schema.node import id_of, required_id
from schema.permissions import Rule, mutation
from schema.scalars import Cursor, Decimal


@strawberry.input(description="A new item.")
class CreateItemInput:
    sku: str = strawberry.field(description="At most 64 characters; unique without case.")
    name: str = strawberry.field(description="At most 200 characters.")
    description: str | None = strawberry.field(description="At most 5,000 characters.", default="")
    category: str | None = strawberry.field(description="At most 100 characters.", default=None)
    barcode: str | None = strawberry.field(
        description="At most 64 characters; unique.", default=None
    )
    unit: str | None = strawberry.field(description="At most 32 characters.", default="unit")
    price: Decimal = strawberry.field(
        description="Not negative, at most four decimals.",
        default=Decimal(decimal.Decimal("0")),
    )
    cost: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals.", default=None
    )
    min_stock: int = strawberry.field(description="At this stock and below, it is low.", default=0)
    initial_stock: int = strawberry.field(
        description="Becomes its first movement, a RECEIPT.", default=0
    )
    location: strawberry.ID | None = strawberry.field(
        description="Where the initial stock is; the default location if absent.", default=None
    )
    visibility: Visibility = strawberry.field(
        description="Who may know of it.", default=Visibility.EVERYONE
    )


@strawberry.input(description="Changes of an item; an absent field stays as it is.")
class UpdateItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int | None = strawberry.field(
        description="VERSION_CONFLICT unless the item is at this version.", default=None
    )
    sku: str | None = strawberry.field(
        description="At most 64 characters.", default=strawberry.UNSET
    )
    name: str | None = strawberry.field(
        description="At most 200 characters.", default=strawberry.UNSET
    )
    description: str | None = strawberry.field(
        description="At most 5,000 characters.", default=strawberry.UNSET
    )
    category: str | None = strawberry.field(
        description="At most 100 characters; null takes it away.", default=strawberry.UNSET
    )
    barcode: str | None = strawberry.field(
        description="At most 64 characters; null takes it away.", default=strawberry.UNSET
    )
    unit: str | None = strawberry.field(
        description="At most 32 characters.", default=strawberry.UNSET
    )
    price: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals.", default=strawberry.UNSET
    )
    cost: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals; null: unknown.",
        default=strawberry.UNSET,
    )
    min_stock: int | None = strawberry.field(description="Not negative.", default=strawberry.UNSET)
    visibility: Visibility | None = strawberry.field(
        description="ADMINS hides its past events too.", default=strawberry.UNSET
    )
    lease_token: str | None = strawberry.field(
        description="LEASE_LOST unless it is of the item's newest edit lease (takeEditLease). "
        "Absent: changed whoever has the lease.",
        default=None,
    )


@strawberry.input(description="Deletes an item; its history stays.")
class DeleteItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int | None = strawberry.field(
        description="VERSION_CONFLICT unless the item is at this version.", default=None
    )


@strawberry.type
class ItemMutations:
    @mutation(Rule.USER, ItemPayload, "Create an item, with its first stock if you like.")
    async def create_item(
        self, info: Info, input: Annotated[CreateItemInput, strawberry.argument("The item.")]
    ) -> ItemPayload:
        fields = domain.checked_fields(
            {
                "sku": input.sku,
                "name": input.name,
                "description": input.description or "",
                "category": input.category,
                "barcode": input.barcode,
                "unit": "unit" if input.unit is None else input.unit,
                "price": input.price,
                "cost": input.cost,
                "minStock": input.min_stock,
                "initialStock": input.initial_stock,
                "visibility": input.visibility,
            },
            ("input",),
        )
        _refuse_hidden_fields(info.context, input.visibility, input.cost)
        command = domain.NewItem(
            **fields,
            location_id=id_of(input.location),
            user_id=info.context.signed_in.user_id,
            sees_admins=info.context.sees_admins,
        )
        return _payload(await info.context.services.of(Items).create(command))

    @mutation(Rule.USER, ItemPayload, "Change an item; an absent field stays as it is.")
    async def update_item(
        self,
        info: Info,
        input: Annotated[UpdateItemInput, strawberry.argument("Which item, and its changes.")],
    ) -> ItemPayload:
        given = {
            name: value
            for name, value in (
                ("sku", input.sku),
                ("name", input.name),
                ("description", input.description),
                ("category", input.category),
                ("barcode", input.barcode),
                ("unit", input.unit),
                ("price", input.price),
                ("cost", input.cost),
                ("minStock", input.min_stock),
                ("visibility", input.visibility),
            )
            if value is not strawberry.UNSET
        }
        changes = domain.checked_fields(given, ("input",))
        _refuse_hidden_fields(
            info.context, input.visibility or None, True if "cost" in given else None
        )
        command = domain.ItemChange(
            required_id(input.id),
            input.expected_version,
            changes,
            info.context.signed_in.user_id,
            info.context.sees_admins,
            input.lease_token,
        )
        return _payload(await info.context.services.of(Items).change(command))

    @mutation(Rule.USER, ItemPayload, "Delete an item, softly: its history stays.")
    async def delete_item(
        self, info: Info, input: Annotated[DeleteItemInput, strawberry.argument("Which item.")]
    ) -> ItemPayload:
        command = domain.ItemRemoval(
            required_id(input.id),
            input.expected_version,
            info.context.signed_in.user_id,
            info.context.sees_admins,
        )
        return _payload(await info.context.services.of(Items).remove(command))


def _payload(result: domain.ItemResult) -> ItemPayload:
    return ItemPayload(item=result.item, cursor=Cursor(result.cursor))


def _refuse_hidden_fields(context: Context, visibility: Visibility | None, cost: object) -> None:
    """Who cannot see a thing cannot set it: cost, and what is visible to ADMINS only."""
    if context.signed_in.role is Role.ADMIN:
        return
    if cost is not None:
        raise Forbidden("Only ADMIN sets the cost.", ("input", "cost"))
    if visibility is Visibility.ADMINS:
        raise Forbidden("Only ADMIN hides an item.", ("input", "visibility"))


FACE = Face(mutations=ItemMutations)
