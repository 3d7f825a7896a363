"""Changes of items' fields: the face of graphql_api/inventory/item_history.py.

The list is `InventoryItem.changes`, declared with the item's other fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import strawberry
from strawberry import Parent

from graphql_api.inventory.item_history import ItemFieldChange as Change
from graphql_api.inventory.item_history import ItemHistory
from graphql_api.services import Services
from schema.context import Info
from schema.faces import computed, face_of
from schema.loaders import PageKey, pages
from schema.pagination import After, Before, Connection, First, Last, asked, connection
from schema.people import Person, person
from schema.permissions import FIELD_RULES
from schema.scalars import DateTime


@face_of(Change, "A field of an item became something else.")
class ItemFieldChange:
    field: str = strawberry.field(description="The field, by its name in InventoryItem.")

    @computed("When.")
    @staticmethod
    def at(change: Parent[Change]) -> DateTime:
        return DateTime(change.changed_at)

    @computed("Who did it; null for what nobody's account did.")
    @staticmethod
    async def user(change: Parent[Change], info: Info) -> Person | None:
        return await person(change.user_id, info)

    @computed("What it was, as text; null when there was nothing.", name="from")
    @staticmethod
    def from_(change: Parent[Change]) -> str | None:
        return change.old_value

    @computed("What it became, as text; null when it was taken away.")
    @staticmethod
    def to(change: Parent[Change]) -> str | None:
        return change.new_value


async def _pages(services: Services, keys: list[PageKey]) -> Mapping[PageKey, list[Change]]:
    return await pages(partial(services.of(ItemHistory).pages, sees_cost=False), keys)


async def _pages_with_cost(
    services: Services, keys: list[PageKey]
) -> Mapping[PageKey, list[Change]]:
    return await pages(partial(services.of(ItemHistory).pages, sees_cost=True), keys)


async def _counts(services: Services, ids: list[int]) -> Mapping[int, int]:
    return await services.of(ItemHistory).counts(ids, sees_cost=False)


async def _counts_with_cost(services: Services, ids: list[int]) -> Mapping[int, int]:
    return await services.of(ItemHistory).counts(ids, sees_cost=True)


async def item_changes(
    item_id: int, info: Info, first: First, after: After, last: Last, before: Before
) -> Connection[Change]:
    """A page of what became of an item's fields, newest first. Its cost's is for ADMIN only."""
    role = info.context.role
    sees_cost = role is not None and role.includes(FIELD_RULES["InventoryItem", "cost"])
    page = asked("item change", (int,), first, after, last, before)
    loaders = info.context.loaders
    rows = await loaders.of(_pages_with_cost if sees_cost else _pages).load(
        (item_id, page.limit, *page.ids, page.backwards)
    )
    counts = loaders.of(_counts_with_cost if sees_cost else _counts)
    return connection(
        rows,
        lambda change: [change.id],
        "item change",
        first,
        after,
        lambda: counts.load(item_id),
        last,
        before,
    )
