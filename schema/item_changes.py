"""Changes of items: the face of the commands in graphql_api/inventory/items.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry

from graphql_api.accounts.roles import Role
from graphql_api.engine.names import Names
from graphql_api.errors import FieldPath, Forbidden, Refusal
from graphql_api.inventory import items as domain
from graphql_api.inventory.barcodes import warnings
from graphql_api.inventory.items import ITEM_RULES, DeletedStock, Items, Visibility
from graphql_api.inventory.many_items import AT_ONCE_MAX, ManyItems, refuse_count
from schema.context import Context, Info
from schema.errors import UserError, user_error, user_errors
from schema.faces import Face, enum_of
from schema.item_fields import CreateItemInput, UpdateItemInput
from schema.items import ItemPayload
from schema.node import id_of, required_id
from schema.permissions import Rule, mutation
from schema.scalars import Cursor
from schema.sentences import sentences

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


@strawberry.type(description="The items after the change, and why the others were not changed.")
class ItemsPayload:
    items: list[domain.Item] = strawberry.field(
        description="Those that were changed, as they stand now, in the order asked for.",
        default_factory=list,
    )
    applied: int = strawberry.field(description="How many were changed.", default=0)
    cursor: Cursor | None = strawberry.field(
        description="The last change's place in the event log; null when there was none.",
        default=None,
    )
    user_errors: list[UserError] = strawberry.field(
        description="At least one for each that was not changed; `field` has its index.",
        default_factory=list,
    )


_spelled = Names().apply_naming_config
# Input → contract name and attribute of each of its fields that ITEM_RULES knows.
_GIVEN = {
    kind: [
        (name, field.name)
        for field in dataclasses.fields(kind)
        if (name := _spelled(field.name)) in ITEM_RULES
    ]
    for kind in (CreateItemInput, UpdateItemInput)
}


def _given_fields(input: CreateItemInput | UpdateItemInput) -> dict[str, Any]:
    """The item's fields that an input gives, by contract name, as ITEM_RULES takes them. A new
    item has its defaults where null is given."""
    absent = (strawberry.UNSET, None) if isinstance(input, CreateItemInput) else (strawberry.UNSET,)
    return {
        name: value
        for name, attribute in _GIVEN[type(input)]
        if not any((value := getattr(input, attribute)) is one for one in absent)
    }


@strawberry.type
class ItemMutations:
    @mutation(Rule.USER, ItemPayload, "Create an item, with its first stock if you like.")
    async def create_item(
        self, info: Info, input: Annotated[CreateItemInput, strawberry.argument("The item.")]
    ) -> ItemPayload:
        given = _given_fields(input)
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
        given = _given_fields(input)
        changes = domain.checked_fields(given, ("input",))
        _refuse_hidden_fields(info.context, given)
        command = _change(info.context, input, changes)
        return _payload(await info.context.services.of(Items).change(command), given)

    @mutation(
        Rule.USER,
        ItemsPayload,
        "Change many items at once, each as `updateItem`. Those that cannot be are told; the "
        "others are changed, in one transaction.",
    )
    async def update_items(
        self,
        info: Info,
        inputs: Annotated[
            list[UpdateItemInput],
            strawberry.argument(f"1 to {AT_ONCE_MAX}: which items, and their changes."),
        ],
    ) -> ItemsPayload:
        refuse_count(len(inputs), "inputs")
        commands: dict[int, domain.ItemChange] = {}
        refused: list[UserError] = []
        for index, input in enumerate(inputs):
            path = ("inputs", str(index))
            given = _given_fields(input)
            _refuse_hidden_fields(info.context, given, path)
            try:
                changes = domain.checked_fields(given, path)
            except Refusal as refusal:
                refused += user_errors(refusal)
            else:
                commands[index] = _change(info.context, input, changes)
        result = await info.context.services.of(Items).change_many(list(commands.values()))
        return _many(result, list(commands), "inputs", refused)

    @mutation(
        Rule.USER,
        ItemsPayload,
        "Archive many items at once, each as `archiveItem`. Those that cannot be are told; the "
        "others are archived, in one transaction.",
    )
    async def archive_items(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(f"1 to {AT_ONCE_MAX}.")],
    ) -> ItemsPayload:
        refuse_count(len(ids), "ids")
        viewer = info.context.signed_in
        commands = [
            domain.ItemArchival(required_id(id), None, viewer.user_id, viewer.sees_admins)
            for id in ids
        ]
        result = await info.context.services.of(Items).archive_many(commands)
        return _many(result, range(len(ids)), "ids", [])

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


def _change(
    context: Context, input: UpdateItemInput, changes: Mapping[str, Any]
) -> domain.ItemChange:
    return domain.ItemChange(
        required_id(input.id),
        input.expected_version,
        changes,
        context.signed_in.user_id,
        context.sees_admins,
        input.lease_token,
    )


def _many(
    result: ManyItems, places: Sequence[int], name: str, refused: Sequence[UserError]
) -> ItemsPayload:
    """places: of what was carried out, in what was asked for. refused: what was not even tried."""
    errors = [
        user_error(
            refusal,
            # Refusals speak of one command: of its `input`, and what is named in it.
            [name, str(places[index]), *(refusal.field or ())[1:]]
            if name == "inputs"
            else [name, str(places[index])],
        )
        for index, refusal in result.refusals
    ]
    return ItemsPayload(
        items=result.items,
        applied=len(result.items),
        cursor=None if result.cursor is None else Cursor(result.cursor),
        user_errors=sorted([*refused, *errors], key=lambda one: int((one.field or ["", "0"])[1])),
    )


def _payload(result: domain.ItemResult, given: Mapping[str, Any]) -> ItemPayload:
    is_coded = "barcode" in given or "barcodes" in given
    odd = warnings(result.item.barcodes) if is_coded else []
    return ItemPayload(
        item=result.item,
        cursor=Cursor(result.cursor),
        warnings=odd,
        warning_sentences=sentences(odd),
    )


def _refuse_hidden_fields(
    context: Context, given: Mapping[str, Any], path: FieldPath = ("input",)
) -> None:
    """Who cannot see a thing cannot set it: cost, and what is visible to ADMINS only."""
    if context.signed_in.role is Role.ADMIN:
        return
    if "cost" in given:
        raise Forbidden("Only ADMIN sets the cost.", (*path, "cost"))
    if given.get("visibility") is Visibility.ADMINS:
        raise Forbidden("Only ADMIN hides an item.", (*path, "visibility"))


FACE = Face(mutations=ItemMutations)
