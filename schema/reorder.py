"""What to order: the face of graphql_api/inventory/reorder_list.py."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api import values
from graphql_api.inventory import reorder_list as domain
from graphql_api.inventory.items import Item
from graphql_api.inventory.reorder import WINDOW_DAYS
from graphql_api.inventory.reorder_list import ReorderList
from graphql_api.reorder_settings import REORDER_DAYS_MAX
from schema.context import Context, Info
from schema.faces import Face, computed, face_of
from schema.locations import chosen_locations
from schema.node import findable
from schema.pagination import (
    INT16,
    PAGE_DEFAULT,
    After,
    Before,
    Connection,
    First,
    Last,
    asked,
    connection,
)
from schema.permissions import Rule, query
from schema.streams import bounded

HERE = "over all locations, or at those asked for"


@face_of(
    domain.ReorderLine,
    "An item to order: at the pace of its sales its minimum is reached within the lead time.",
)
class ReorderLine:
    item: Item = strawberry.field(description="As it stands now.")
    lead_time_days: int = strawberry.field(
        description="In how many days an order of it comes: its own lead time, or the one that was "
        "asked for, or the business's."
    )
    units_per_day: float = strawberry.field(
        description=f"What is sold of it a day, by the last {WINDOW_DAYS} days, or by its own age, "
        "at least a day, if it is younger."
    )
    days_of_cover: float | None = strawberry.field(
        description="For how many days the stock lasts at that pace; null: nothing is sold."
    )

    @computed(f"On hand, {HERE}.")
    @staticmethod
    def stock(line: Parent[domain.ReorderLine]) -> int:
        return min(line.stock, values.INT32_MAX)

    @computed("The item's minimum; at some locations the sum of their own, 0 without any.")
    @staticmethod
    def min_stock(line: Parent[domain.ReorderLine]) -> int:
        return min(line.min_stock, values.INT32_MAX)

    @computed(f"Units sold, less those returned, in the last {WINDOW_DAYS} days, {HERE}.")
    @staticmethod
    def units_out(line: Parent[domain.ReorderLine]) -> int:
        return min(line.units_out, values.INT32_MAX)

    @computed(
        "How much to order, so that the minimum is still there when the order has come and has "
        "lasted for the days of cover."
    )
    @staticmethod
    def suggested_quantity(line: Parent[domain.ReorderLine]) -> int:
        return min(line.suggested_quantity, values.INT32_MAX)


@strawberry.input(description="Which items to order; what is absent or null does not filter.")
class ReorderFilter:
    categories: list[str] | None = strawberry.field(description="Any of these.", default=None)
    location_ids: list[strawberry.ID] | None = strawberry.field(
        description="By what is at these locations, or at a place that lies in one: its stock, its "
        "sales, its own minimums.",
        default=None,
    )


async def _wanted(
    context: Context, where: ReorderFilter | None, lead_time_days: int, cover_days: int
) -> domain.ReorderFilter:
    """Raises BadRequest."""
    categories = bounded("categories", where.categories) if where else None
    return domain.ReorderFilter(
        categories=None if categories is None else tuple(map(findable, categories)),
        location_ids=await chosen_locations(context, where.location_ids) if where else None,
        lead_time_days=lead_time_days,
        cover_days=cover_days,
        sees_admins=context.sees_admins,
    )


@strawberry.type
class ReorderQueries:
    @query(
        Rule.VIEWER,
        "What to order, the gravest first: what is out of stock, then what lasts shortest. Items "
        "whose minimum is reached within the lead time, at the pace of the last "
        f"{WINDOW_DAYS} days.",
    )
    async def reorder_list(
        self,
        info: Info,
        where: Annotated[ReorderFilter | None, strawberry.argument("Which; all if absent.")] = None,
        lead_time_days: Annotated[
            int | None,
            strawberry.argument(
                f"In how many days an order comes, of items without a lead time of their own: 0 to "
                f"{REORDER_DAYS_MAX}; null: REORDER_LEAD_TIME_DAYS."
            ),
        ] = None,
        cover_days: Annotated[
            int | None,
            strawberry.argument(
                f"For how long it shall last then: 0 to {REORDER_DAYS_MAX}; "
                "null: REORDER_COVER_DAYS."
            ),
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[domain.ReorderLine]:
        lines = info.context.services.of(ReorderList)
        cover = lines.cover_days if cover_days is None else cover_days
        lead = lines.lead_time_days if lead_time_days is None else lead_time_days
        wanted = await _wanted(info.context, where, lead, cover)
        page = asked("reorder", (INT16, int, int, int), first, after, last, before)
        rows = await lines.page(wanted, page.limit, page.beyond, page.until, page.backwards)
        return connection(
            rows,
            lambda line: list(line.place),
            "reorder",
            first,
            after,
            lambda: lines.count(wanted),
            last,
            before,
        )


FACE = Face(queries=ReorderQueries)
