"""Figures for dashboards: the face of graphql_api/inventory/figures.py."""

from __future__ import annotations

import decimal
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api import values
from graphql_api.inventory import figures as domain
from graphql_api.inventory.figures import CountedBy, Figures
from graphql_api.inventory.items import Item, StockStatus
from schema.context import Info
from schema.faces import Face, computed, enum_of, face_of
from schema.locations import chosen_locations
from schema.permissions import Rule, query
from schema.scalars import DateTime, Decimal, money

DAYS_DEFAULT = 30
MOVERS_DEFAULT = 10
MORE = f"{values.INT32_MAX} stands for more too"  # GraphQL's Int ends there

Days = Annotated[
    int | None,
    strawberry.argument(f"How many, today the last: 1 to {domain.DAYS_MAX}; null: {DAYS_DEFAULT}."),
]
At = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(
        "Only what is at these locations, or moved there, with the places that lie in them; null: "
        "everywhere."
    ),
]
TimeZone = Annotated[
    str | None,
    strawberry.argument(
        "Whose days: an IANA name such as Europe/Berlin; the business's own (`settings`) if absent."
    ),
]
By = Annotated[
    CountedBy | None,
    strawberry.argument("The time of a movement that counts; null: RECORDED."),
]

enum_of(
    CountedBy,
    "CountedBy",
    "The time of a movement that figures go by.",
    {
        "RECORDED": "When the ledger took it: what was counted once stays so.",
        "OCCURRED": "When it happened, as the client told: what is booked later comes in.",
    },
)


@strawberry.type(description="How many items have a status.")
class StatusCount:
    status: StockStatus = strawberry.field(description="The status.")
    items: int = strawberry.field(description="Items that have it.")


@strawberry.type(
    description="The stock of all items that you may see, in figures. Archived and deleted ones "
    "are not counted as items, but what is left of them is on hand. They may be some seconds old. "
    "Of some locations: the items of which there is stock there."
)
class InventorySummary:
    items: int = strawberry.field(
        description="How many items there are, archived and deleted ones left out."
    )
    units: int = strawberry.field(description=f"On hand, over all items; {MORE}: see `unitsExact`.")
    units_exact: Decimal = strawberry.field(
        description="On hand, over all items, whatever their sum: a whole number."
    )
    stock_value: Decimal = strawberry.field(description="All that is on hand, at its price.")
    by_status: list[StatusCount] = strawberry.field(
        description="Every status, with its items: that of all their stock, wherever it is."
    )
    live_alerts: int = strawberry.field(
        description="Alerts that are not resolved; of some locations: of their own minimums."
    )
    as_of: DateTime = strawberry.field(description="When this was counted.")
    time_zone: strawberry.Private[str | None] = None

    @computed("What moved today, by the days of `timeZone`.")
    async def today(self, info: Info) -> MovementBucket:
        figures = info.context.services.of(Figures)
        (bucket,) = await figures.movement_series(1, info.context.sees_admins, self.time_zone)
        return _bucket(bucket)


@strawberry.type(description="What moved on one day; what was reversed, and its reversal, did not.")
class MovementBucket:
    start: DateTime = strawberry.field(
        description="The beginning of the day. It has 23 or 25 hours when the clocks change."
    )
    movements: int = strawberry.field(description="Movements of this day.")
    units_in: int = strawberry.field(
        description="Units that came in; those moved between locations do not count, unless into "
        f"those asked for from others. {MORE}."
    )
    units_out: int = strawberry.field(
        description="Units that went out; those moved between locations do not count, unless out "
        f"of those asked for to others. {MORE}."
    )
    units_opening: int = strawberry.field(
        description=f"Of `unitsIn`, what items had when they were created. {MORE}."
    )
    units_in_exact: Decimal = strawberry.field(
        description="`unitsIn`, whatever the sum: a whole number."
    )
    units_out_exact: Decimal = strawberry.field(
        description="`unitsOut`, whatever the sum: a whole number."
    )


@face_of(domain.Mover, "An item that sells, and for how long its stock will last.")
class Mover:
    item: Item = strawberry.field(description="As it stands now.")

    @computed(f"Units sold, less those returned. {MORE}.")
    @staticmethod
    def units_out(mover: Parent[domain.Mover]) -> int:
        return _int(mover.units_out)

    @computed("`unitsOut`, whatever the sum: a whole number.")
    @staticmethod
    def units_out_exact(mover: Parent[domain.Mover]) -> Decimal:
        return _exact(mover.units_out)

    units_per_day: float = strawberry.field(
        description="`unitsOut` by the number of days; by the item's own age, at least a day, if "
        "it is younger."
    )
    days_of_cover: float | None = strawberry.field(
        description="For how many days the stock lasts at that rate; 0 when there is none."
    )


@strawberry.type
class FigureQueries:
    @query(Rule.VIEWER, "The stock in figures, for a dashboard.")
    async def inventory_summary(
        self, info: Info, time_zone: TimeZone = None, location_ids: At = None
    ) -> InventorySummary:
        figures = info.context.services.of(Figures)
        figures.zone(time_zone)  # refuse it before anything is read
        found = await figures.summary(
            info.context.sees_admins, await chosen_locations(info.context, location_ids)
        )
        return InventorySummary(
            items=found.items,
            units=_int(found.units),
            units_exact=_exact(found.units),
            stock_value=money(found.stock_value),
            by_status=[
                StatusCount(status=status, items=count) for status, count in found.by_status.items()
            ],
            live_alerts=found.live_alerts,
            as_of=DateTime(found.as_of_us),
            time_zone=time_zone,
        )

    @query(Rule.VIEWER, "What moved day by day, oldest first, days without a movement too.")
    async def movement_series(
        self,
        info: Info,
        days: Days = DAYS_DEFAULT,
        time_zone: TimeZone = None,
        by: By = CountedBy.RECORDED,
        location_ids: At = None,
    ) -> list[MovementBucket]:
        places = await chosen_locations(info.context, location_ids)
        wanted = DAYS_DEFAULT if days is None else days
        figures = info.context.services.of(Figures)
        found = await figures.movement_series(
            wanted, info.context.sees_admins, time_zone, by or CountedBy.RECORDED, places
        )
        return [_bucket(bucket) for bucket in found]

    @query(Rule.VIEWER, "The items that sell fastest, fastest first.")
    async def fastest_movers(
        self,
        info: Info,
        days: Days = DAYS_DEFAULT,
        first: Annotated[
            int | None,
            strawberry.argument(
                f"How many items: 1 to {domain.MOVERS_MAX}; null: {MOVERS_DEFAULT}."
            ),
        ] = MOVERS_DEFAULT,
        time_zone: TimeZone = None,
        by: By = CountedBy.RECORDED,
        location_ids: At = None,
    ) -> list[domain.Mover]:
        window = DAYS_DEFAULT if days is None else days
        size = MOVERS_DEFAULT if first is None else first
        figures = info.context.services.of(Figures)
        places = await chosen_locations(info.context, location_ids)
        sellers = await figures.fastest_sellers(
            window, size, info.context.sees_admins, time_zone, by or CountedBy.RECORDED, places
        )
        ids = [seller.item_id for seller in sellers]
        there = {} if places is None else await figures.units_at(ids, places)
        items = await info.context.loaders.item.load_many(ids)
        return [
            figures.mover(item, seller, window, there.get(item.id))
            for item, seller in zip(items, sellers, strict=True)
            # It may have been hidden or retired since the figures were read.
            if item is not None and not item.is_retired
        ]


def _bucket(bucket: domain.MovementBucket) -> MovementBucket:
    return MovementBucket(
        start=DateTime(bucket.start_us),
        movements=_int(bucket.movements),
        units_in=_int(bucket.units_in),
        units_out=_int(bucket.units_out),
        units_opening=_int(bucket.units_opening),
        units_in_exact=_exact(bucket.units_in),
        units_out_exact=_exact(bucket.units_out),
    )


def _int(number: int) -> int:
    """A sum as GraphQL's Int can tell it: beyond, a whole answer would fail."""
    return min(number, values.INT32_MAX)


def _exact(number: int) -> Decimal:
    """A sum of any size, as exact as it is; an int would be told as money."""
    return Decimal(decimal.Decimal(number))


FACE = Face(queries=FigureQueries)
