"""Alerts: the face of graphql_api/alerts."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from dataclasses import replace
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api import values
from graphql_api.accounts.users import User
from graphql_api.alerts import lifecycle, listing, rules
from graphql_api.alerts.listing import AlertListing, AlertSort, place_of
from graphql_api.alerts.noun import NOUN
from graphql_api.delivery.filters import EVERYTHING, Axis, Filter
from graphql_api.events.log import Event
from graphql_api.inventory.items import Item
from graphql_api.inventory.locations import Location
from graphql_api.inventory.reorder import WINDOW_DAYS, ItemPlace, Reorder
from graphql_api.services import Services
from schema.context import Context, Info
from schema.faces import Face, computed, enum_of, face_of, plain_input
from schema.loaders import PageKey, pages
from schema.locations import chosen_locations, location_by_id
from schema.node import Id, Node, required_id
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
from schema.permissions import Rule, query, subscription
from schema.scalars import Cursor, DateTime
from schema.streams import FromCursor, StreamEvent, bounded, follow

enum_of(
    rules.AlertType,
    "AlertType",
    "What is wrong. Low and out of stock are one alert, which follows its item from one to the "
    "other; an item has one at most, and one for each place that has a minimum of its own.",
    {kind.name: told.meaning for rule in rules.RULES for kind, told in rule.types.items()},
)
enum_of(
    rules.Severity,
    "AlertSeverity",
    "How far stock is below minStock.",
    {
        "LOW": "More than half of minStock is there.",
        "MEDIUM": "At most half of minStock is there.",
        "HIGH": "At most a quarter of minStock is there.",
        "CRITICAL": "Nothing is there.",
    },
)
enum_of(
    rules.AlertStatus,
    "AlertStatus",
    "Where an alert stands in its life.",
    {
        "OPEN": "It was raised, and nobody has taken care of it.",
        "ACKNOWLEDGED": "Somebody takes care of it; silent until it gets worse.",
        "SNOOZED": "Silent until `snoozedUntil`, or until it gets worse.",
        "RESOLVED": "The end: its cause is gone, or somebody said so.",
    },
)


@face_of(lifecycle.Alert, "An item that needs attention.")
class Alert(Node):
    type: rules.AlertType = strawberry.field(description="What is wrong.")
    severity: rules.Severity = strawberry.field(description="How bad.")
    status: rules.AlertStatus = strawberry.field(description="Where it stands.")
    title: str = strawberry.field(description="In a few words.")
    message: str = strawberry.field(description="In a sentence.")
    item_id: strawberry.ID | None = strawberry.field(description="The item's id.")
    item_name: str | None = strawberry.field(description="The item's name.")
    current_stock: int | None = strawberry.field(
        description="Its stock, while the alert lives; at `location`, if the alert is of a place."
    )
    min_stock: int | None = strawberry.field(
        description="Its minimum, while the alert lives; at `location`, if it is of a place."
    )

    @computed("The place whose own minimum raised it; null: the item's did.")
    @staticmethod
    async def location(alert: Parent[lifecycle.Alert], info: Info) -> Location | None:
        return await location_by_id(info, alert.location_id)

    @computed("The item, as it stands now.")
    @staticmethod
    async def item(alert: Parent[lifecycle.Alert], info: Info) -> Item | None:
        return await info.context.loaders.item.load(alert.item_id)

    @computed(
        "How much to order so that the stock lasts REORDER_COVER_DAYS days at the pace of the "
        f"last {WINDOW_DAYS} days, with the minimum still there; null where nothing says how much "
        "is enough: no sale and no minimum. Of an alert of a place: for that place, by its own "
        "minimum and its own sales."
    )
    @staticmethod
    async def suggested_quantity(alert: Parent[lifecycle.Alert], info: Info) -> int | None:
        return await suggestion(alert.item_id, alert.location_id, info)

    timestamp: DateTime = strawberry.field(description="When it was raised.")

    @computed("Who takes care of it.")
    @staticmethod
    async def acknowledged_by(alert: Parent[lifecycle.Alert], info: Info) -> User | None:
        if alert.acknowledged_by_id is None:
            return None
        return await info.context.loaders.user.load(alert.acknowledged_by_id)

    acknowledged_at: DateTime | None = strawberry.field(description="Since when.")
    snoozed_until: DateTime | None = strawberry.field(description="Silent until then.")
    resolved_at: DateTime | None = strawberry.field(description="When it ended.")


@plain_input
@strawberry.input(description="Which alerts; what is absent or null does not filter.")
class AlertFilter:
    types: list[rules.AlertType] | None = strawberry.field(
        description="Any of these.", default=None
    )
    min_severity: rules.Severity | None = strawberry.field(
        description="This bad or worse.", default=None
    )
    statuses: list[rules.AlertStatus] | None = strawberry.field(
        description="Any of these.", default=None
    )
    item_ids: list[strawberry.ID] | None = strawberry.field(
        description="Of any of these items.", default=None
    )
    location_ids: list[strawberry.ID] | None = strawberry.field(
        description="Of the own minimum of any of these locations, or of a place that lies in one.",
        default=None,
    )

    def to_domain(self) -> listing.AlertFilter:
        return listing.AlertFilter(
            types=None if self.types is None else tuple(self.types),
            min_severity=self.min_severity,
            statuses=None if self.statuses is None else tuple(self.statuses),
            item_ids=None
            if self.item_ids is None
            else tuple(required_id(item_id) for item_id in self.item_ids),
            location_ids=None
            if self.location_ids is None
            else tuple(required_id(one) for one in self.location_ids),
        )


async def _suggestions(services: Services, ids: list[int]) -> Mapping[int, int | None]:
    return await services.of(Reorder).suggestions(ids)


async def _place_suggestions(
    services: Services, places: list[ItemPlace]
) -> Mapping[ItemPlace, int | None]:
    return await services.of(Reorder).place_suggestions(places)


async def suggestion(item_id: int, location_id: int | None, info: Info) -> int | None:
    """How much of an item to order; location_id: for this place alone, None: for all."""
    loaders = info.context.loaders
    if location_id is None:
        suggested = await loaders.of(_suggestions).load(item_id)
    else:
        suggested = await loaders.of(_place_suggestions).load((item_id, location_id))
    return None if suggested is None else min(suggested, values.INT32_MAX)


async def _alerts(
    services: Services, keys: list[PageKey]
) -> Mapping[PageKey, list[lifecycle.Alert]]:
    return await pages(services.of(AlertListing).pages, keys)


async def _alert_counts(services: Services, ids: list[int]) -> Mapping[int, int]:
    return await services.of(AlertListing).counts(ids)


async def item_alerts(
    item_id: int,
    info: Info,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Connection[lifecycle.Alert]:
    """An item's alerts, newest first."""
    page = asked("alert", (int,), first, after, last, before)
    key = (item_id, page.limit, *page.ids, page.backwards)
    rows = await info.context.loaders.of(_alerts).load(key)
    counts = info.context.loaders.of(_alert_counts)
    return connection(
        rows,
        lambda alert: [alert.id],
        "alert",
        first,
        after,
        lambda: counts.load(item_id),
        last,
        before,
    )


# What a page cursor of each order is called, and the parts of its place.
_PLACES: Mapping[AlertSort, tuple[str, tuple[type | range, ...]]] = {
    AlertSort.NEWEST: ("alert", (int,)),
    AlertSort.GRAVEST: ("gravest alert", (INT16, int)),
}
enum_of(
    AlertSort,
    "AlertSort",
    "In which order alerts are listed.",
    {
        "NEWEST": "As they were raised, the last first.",
        "GRAVEST": "By severity, CRITICAL first, and the newest first within one.",
    },
)


@strawberry.type
class AlertQueries:
    @query(Rule.VIEWER, "Alerts, live and resolved; newest first, or gravest first.")
    async def alerts(
        self,
        info: Info,
        where: Annotated[AlertFilter | None, strawberry.argument("Which; all if absent.")] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order_by: Annotated[
            AlertSort | None, strawberry.argument("In which order; null: NEWEST.")
        ] = AlertSort.NEWEST,
    ) -> Connection[lifecycle.Alert]:
        alerts, sees_admins = info.context.services.of(AlertListing), info.context.sees_admins
        wanted = await _wanted(info.context, where)
        sort = order_by or AlertSort.NEWEST
        name, parts = _PLACES[sort]
        page = asked(name, parts, first, after, last, before)
        rows = await alerts.page(
            wanted,
            sees_admins,
            page.limit,
            page.beyond,
            until=page.until,
            backwards=page.backwards,
            sort=sort,
        )
        return connection(
            rows,
            lambda alert: place_of(alert, sort),
            name,
            first,
            after,
            lambda: alerts.count(wanted, sees_admins),
            last,
            before,
        )

    @query(Rule.VIEWER, "One alert; null when there is none that you may see.")
    async def alert(self, info: Info, id: Id) -> lifecycle.Alert | None:
        alert_id = required_id(id)
        return (await _nodes(info.context, [alert_id])).get(alert_id)


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, lifecycle.Alert]:
    return await context.services.of(AlertListing).by_ids(ids, context.sees_admins)


@strawberry.type(description="An alert was raised, or got worse, or its snooze ended.")
class AlertRaised(StreamEvent):
    alert: lifecycle.Alert = strawberry.field(description="As it stood right after.")


@strawberry.type(description="An alert was acknowledged, snoozed or resolved, or became milder.")
class AlertChanged(StreamEvent):
    alert: lifecycle.Alert = strawberry.field(description="As it stood right after.")


AlertsWanted = Annotated[AlertFilter | None, strawberry.argument("Which; all if absent.")]


@strawberry.type
class AlertSubscriptions:
    @subscription(Rule.VIEWER, "Every alert that is raised, gets worse, or wakes from a snooze.")
    def alert_raised(
        self, info: Info, after: FromCursor = None, where: AlertsWanted = None
    ) -> AsyncIterable[AlertRaised]:
        wanted = _alert_filter(where)
        return follow(info, lifecycle.TOPIC, [lifecycle.RAISED], _raised, after, wanted)

    @subscription(Rule.VIEWER, "Every alert that is acknowledged, snoozed or resolved.")
    def alert_changed(
        self, info: Info, after: FromCursor = None, where: AlertsWanted = None
    ) -> AsyncIterable[AlertChanged]:
        wanted = _alert_filter(where)
        return follow(info, lifecycle.TOPIC, [lifecycle.CHANGED], _changed, after, wanted)


_ITEM = Axis("item", lambda event: (event.payload.alert.item_id,))
_PLACE = Axis("place", lambda event: (event.payload.location_id, *event.payload.around))
_TYPE = Axis("type", lambda event: (event.payload.alert.type,), is_key=False)
_STATUS = Axis("status", lambda event: (event.payload.alert.status,), is_key=False)
_SEVERITY = Axis("severity", lambda event: (event.payload.alert.severity,), is_key=False)


def _alert_filter(where: AlertFilter | None) -> Filter:
    if where is None:
        return EVERYTHING
    bounded("itemIds", where.item_ids)
    bounded("locationIds", where.location_ids)
    wanted, least = where.to_domain(), where.min_severity
    return Filter.of(
        (_ITEM, wanted.item_ids),
        (_PLACE, wanted.location_ids),
        (_SEVERITY, None if least is None else [one for one in rules.Severity if one >= least]),
        (_TYPE, wanted.types),
        (_STATUS, wanted.statuses),
    )


async def _wanted(context: Context, where: AlertFilter | None) -> listing.AlertFilter:
    """What a list is asked for, by the places that there are now."""
    if where is None:
        return listing.AlertFilter()
    places = await chosen_locations(context, where.location_ids)
    return replace(where.to_domain(), location_ids=places)


def _raised(event: Event, cursor: Cursor) -> AlertRaised:
    return AlertRaised(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        alert=lifecycle.alert_in(event.payload),
    )


def _changed(event: Event, cursor: Cursor) -> AlertChanged:
    return AlertChanged(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        alert=lifecycle.alert_in(event.payload),
    )


FACE = Face(
    noun=NOUN,
    nodes=_nodes,
    queries=AlertQueries,
    subscriptions=AlertSubscriptions,
)
