"""What is kept at a location, and what should be: the face of graphql_api/inventory/minimums.py."""

from __future__ import annotations

from typing import Annotated, Any, cast

import strawberry

from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.figures import Figures
from graphql_api.inventory.items import Item
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.minimums import LocationMinimum, Minimums
from graphql_api.inventory.packaging import Quantity
from schema.context import Info
from schema.faces import Face
from schema.items import ItemPayload, ItemRef, as_ref
from schema.locations import LocationRef, find_location
from schema.node import required_id
from schema.packaging import QuantityInput
from schema.pagination import (
    PAGE_DEFAULT,
    After,
    Before,
    Connection,
    First,
    Last,
    asked,
    connection,
)
from schema.permissions import Rule, mutation, query
from schema.scalars import Cursor

SORT = "content SKU ASC"


@strawberry.type(description="How many of an item are kept somewhere.")
class LocationContent:
    item: Item = strawberry.field(description="What: deleted and archived items too.")
    quantity: int = strawberry.field(description="Whole units.")


@strawberry.input(description="What should be there of an item at one location.")
class SetLocationMinimumInput:
    item: ItemRef = strawberry.field(description="What.")
    location: strawberry.ID = strawberry.field(description="Where.")
    min_stock: int | None = strawberry.field(
        description="An alert of that place is raised at or below it; null takes it away.",
        default=None,
    )
    min_quantity: QuantityInput | None = strawberry.field(
        description="Instead of `minStock`, in a unit of the item.", default=None
    )


@strawberry.type
class ContentQueries:
    @query(
        Rule.VIEWER,
        "What is kept at a location and in the places that lie in it, by SKU: items of which there "
        "is stock, as far as you may see them. Empty when there is no such location.",
    )
    async def location_contents(
        self,
        info: Info,
        ref: Annotated[LocationRef, strawberry.argument("By id or code.")],
        include_nested: Annotated[
            bool | None, strawberry.argument("With the places that lie in it; else it alone.")
        ] = True,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[LocationContent]:
        services = info.context.services
        page = asked(SORT, (str, int), first, after, last, before)
        place = await find_location(info.context, ref)
        ids: tuple[int, ...] = () if place is None else (int(place.id),)
        if include_nested is not False:
            ids = await services.of(Locations).nested(ids)
        wanted = ItemFilter(
            include_deleted=True, sees_admins=info.context.sees_admins, location_ids=ids
        )
        catalogue = services.of(Catalogue)
        rows = await catalogue.page(
            wanted, ItemSort.SKU, False, page.limit, _place(page.beyond), _place(page.until),
            page.backwards,
        )  # fmt: skip
        units = await services.of(Figures).units_at([item.id for _, item in rows], ids)
        keys = {item.id: key for key, item in rows}
        return connection(
            [LocationContent(item=item, quantity=units[item.id]) for _, item in rows],
            lambda content: [keys[content.item.id], content.item.id],
            SORT,
            first,
            after,
            lambda: catalogue.count(wanted),
            last,
            before,
        )


def _place(place: list[Any] | None) -> tuple[Any, int] | None:
    return None if place is None else (place[0], place[1])


@strawberry.type
class MinimumMutations:
    @mutation(
        Rule.USER,
        ItemPayload,
        "Say what should be there of an item at one location: at or below it that place has an "
        "alert of its own, beside the item's.",
    )
    async def set_location_minimum(
        self,
        info: Info,
        input: Annotated[SetLocationMinimumInput, strawberry.argument("What, where, how many.")],
    ) -> ItemPayload:
        viewer = info.context.signed_in
        result = await info.context.services.of(Minimums).set(
            LocationMinimum(
                as_ref(input.item),
                required_id(input.location),
                input.min_stock,
                viewer.user_id,
                viewer.sees_admins,
                cast("Quantity | None", input.min_quantity),  # made by `quantity`
            )
        )
        return ItemPayload(item=result.item, cursor=Cursor(result.cursor))


FACE = Face(queries=ContentQueries, mutations=MinimumMutations)
