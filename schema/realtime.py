"""What subscriptions deliver, and how delivery is doing: the face of graphql_api/delivery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.types import Info as StrawberryInfo

from graphql_api import values
from graphql_api.alerts import lifecycle, listing
from graphql_api.errors import BadRequest, Forbidden
from graphql_api.events.cursor import Cursor as LogCursor
from graphql_api.events.log import Event
from graphql_api.inventory import items as inventory
from graphql_api.notifications import notifications
from graphql_api.operations.broadcast import BroadcastKind
from schema.accounts import Role
from schema.alerts import Alert, AlertFilter
from schema.context import Context
from schema.errors import UserError
from schema.feed import Feed, checked_after
from schema.items import InventoryItem
from schema.node import enum_of, required_id
from schema.notifications import Notification
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import Cursor, DateTime
from schema.stock import ActionType

Info = StrawberryInfo[Context, None]

FILTER_VALUES_MAX = 1_000  # of one list in a filter

InventoryUpdateType = enum_of(
    inventory.UpdateType,
    "InventoryUpdateType",
    "What happened to an item.",
    {
        "CREATED": "It is new; its opening stock is in it.",
        "UPDATED": "Something else than its stock changed.",
        "DELETED": "It was deleted.",
        "STOCK_UPDATED": "Its stock changed; `details` tell how.",
    },
)

# The arguments of every subscription.
After = Annotated[
    Cursor | None,
    strawberry.argument(
        "Begin with the first event after this place: a `cursor` of an event, `syncCursor` of a "
        "query, or what the server's pings say. Absent: from now on."
    ),
]
AlertsWanted = Annotated[AlertFilter | None, strawberry.argument("Which; all if absent.")]


@strawberry.interface(description="Something that happened, with its place in the event log.")
class StreamEvent:
    cursor: Cursor = strawberry.field(description="Resume with `after` this.")
    timestamp: DateTime = strawberry.field(description="When it was committed.")


@strawberry.type(description="How stock changed.")
class StockChangeDetails:
    old_stock: int | None = strawberry.field(description="Over all locations, before.")
    new_stock: int | None = strawberry.field(description="Over all locations, after.")
    quantity: int | None = strawberry.field(
        description="The signed change; for a TRANSFER, how many units moved."
    )
    action_type: ActionType | None = strawberry.field(description="Why.")


@strawberry.type(description="An item was created, changed or deleted, or its stock changed.")
class InventoryUpdate(StreamEvent):
    type: InventoryUpdateType = strawberry.field(description="What happened.")  # type: ignore[valid-type]
    item: InventoryItem = strawberry.field(description="As it stood right after this change.")
    user_id: strawberry.ID | None = strawberry.field(description="Who did it.")
    details: StockChangeDetails | None = strawberry.field(description="For STOCK_UPDATED.")


@strawberry.type(description="An alert was raised, or got worse, or its snooze ended.")
class AlertRaised(StreamEvent):
    alert: Alert = strawberry.field(description="As it stood right after.")


@strawberry.type(description="An alert was acknowledged, snoozed or resolved, or became milder.")
class AlertChanged(StreamEvent):
    alert: Alert = strawberry.field(description="As it stood right after.")


@strawberry.type(description="A notification for you.")
class NotificationReceived(StreamEvent):
    notification: Notification = strawberry.field(description="The notification.")


@strawberry.type(
    description="You have read a notification, or all of them, on this socket or another one."
)
class NotificationRead(StreamEvent):
    notification_id: strawberry.ID | None = strawberry.field(
        description="Which one; null: all that there were."
    )
    read_at: DateTime = strawberry.field(description="When.")


@strawberry.input(description="Which updates; what is absent or null does not filter.")
class InventoryUpdateFilter:
    item_ids: list[strawberry.ID] | None = strawberry.field(
        description="Of any of these items.", default=None
    )
    skus: list[str] | None = strawberry.field(
        description="Of items with any of these SKUs, without case.", default=None
    )
    categories: list[str] | None = strawberry.field(
        description="Of items in any of these categories.", default=None
    )
    types: list[InventoryUpdateType] | None = strawberry.field(  # type: ignore[valid-type]
        description="Any of these.", default=None
    )


@strawberry.type(description="How many sockets a role has.")
class RoleCount:
    role: Role = strawberry.field(description="The role.")
    count: int = strawberry.field(description="Sockets that this process has acknowledged.")


@strawberry.type(description="How delivery is doing, in the process that answers.")
class RealtimeStatus:
    connections: int = strawberry.field(description="Sockets that this process has acknowledged.")
    subscriptions: int = strawberry.field(description="Live subscriptions.")
    execution_groups: int = strawberry.field(
        description="Subscriptions that share one execution count once."
    )
    connections_by_role: list[RoleCount] = strawberry.field(description="Sockets by role.")
    head: Cursor = strawberry.field(description="The newest event that this process delivered.")
    uptime_seconds: int = strawberry.field(description="Since this process began to serve.")
    lag: int = strawberry.field(
        description="Events in the log that this process has not delivered yet."
    )
    deliveries: int = strawberry.field(description="Events written to sockets since the start.")
    slow_sockets: int = strawberry.field(
        description="Sockets that read too slowly for live delivery and go on from the log."
    )


TestBroadcastKind = enum_of(
    BroadcastKind,
    "TestBroadcastKind",
    "What to broadcast for a test.",
    {
        "NOTIFICATION": "To notificationReceived.",
        "INVENTORY_UPDATE": "To inventoryUpdated.",
        "ALERT": "To alertRaised.",
    },
)


@strawberry.type(description="What became of a test broadcast.")
class TestBroadcastPayload:
    delivered: int = strawberry.field(
        description="Live subscriptions of this process that it went to.", default=0
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class RealtimeQueries:
    @query(
        Rule.VIEWER,
        "The log's head, read before anything else in the operation: query, then subscribe "
        "after it, with no hole.",
    )
    async def sync_cursor(self, info: Info) -> Cursor:
        cursor = info.context.sync_cursor
        assert cursor is not None, "read before execution, by schema/preparation.py"
        return Cursor(cursor)

    @query(Rule.ADMIN, "How delivery is doing. ADMIN.")
    async def realtime_status(self, info: Info) -> RealtimeStatus:
        services = info.context.services
        registry, head = services.registry, services.hub.head
        log_head = await services.log.head()
        return RealtimeStatus(
            connections=registry.connections,
            subscriptions=registry.subscriptions,
            execution_groups=registry.execution_groups + registry.state_groups,
            connections_by_role=[
                RoleCount(role=role, count=registry.connections_by_role[role.value])
                for role in Role
            ],
            head=Cursor(head.cursor),
            uptime_seconds=int(services.clock.monotonic_s() - services.started_s),
            lag=max(0, log_head.position - head.position),
            deliveries=min(registry.deliveries, values.INT32_MAX),
            slow_sockets=registry.slow_sockets,
        )


@strawberry.type
class RealtimeMutations:
    @mutation(
        Rule.ADMIN,
        TestBroadcastPayload,
        "Send a test event to everyone who listens. ADMIN, development only; leaves no trace "
        "in stock.",
    )
    async def test_broadcast(
        self,
        info: Info,
        kind: Annotated[TestBroadcastKind, strawberry.argument("What it looks like.")],  # type: ignore[valid-type]
    ) -> TestBroadcastPayload:
        services = info.context.services
        if services.settings.is_production:
            raise Forbidden("testBroadcast is for development: this server is in production.")
        topic = await services.broadcasts.send(kind, info.context.signed_in.user_id)
        return TestBroadcastPayload(delivered=services.registry.subscriptions_by_topic[topic])


@strawberry.type
class RealtimeSubscriptions:
    @subscription(Rule.VIEWER, "Every change of items and stock that you may see.")
    def inventory_updated(
        self,
        info: Info,
        after: After = None,
        where: Annotated[
            InventoryUpdateFilter | None, strawberry.argument("Which; all if absent.")
        ] = None,
    ) -> AsyncIterator[InventoryUpdate]:
        kinds = _chosen(where.types if where else None, inventory.UpdateType)
        return _feed(  # type: ignore[return-value]
            info, inventory.TOPIC, kinds, _update_filter(where), _inventory_update, after
        )

    @subscription(Rule.VIEWER, "Every alert that is raised, gets worse, or wakes from a snooze.")
    def alert_raised(
        self, info: Info, after: After = None, where: AlertsWanted = None
    ) -> AsyncIterator[AlertRaised]:
        kinds = frozenset({lifecycle.RAISED})
        return _feed(  # type: ignore[return-value]
            info, lifecycle.TOPIC, kinds, _alert_filter(where), _alert_raised, after
        )

    @subscription(Rule.VIEWER, "Every alert that is acknowledged, snoozed or resolved.")
    def alert_changed(
        self, info: Info, after: After = None, where: AlertsWanted = None
    ) -> AsyncIterator[AlertChanged]:
        kinds = frozenset({lifecycle.CHANGED})
        return _feed(  # type: ignore[return-value]
            info, lifecycle.TOPIC, kinds, _alert_filter(where), _alert_changed, after
        )

    @subscription(Rule.VIEWER, "Every notification for you.")
    def notification_received(
        self, info: Info, after: After = None
    ) -> AsyncIterator[NotificationReceived]:
        kinds = frozenset({notifications.SENT})
        return _feed(  # type: ignore[return-value]
            info, notifications.TOPIC, kinds, _everything, _notification_received, after
        )

    @subscription(Rule.VIEWER, "What you have read, wherever you read it: for unread counts.")
    def notification_read(self, info: Info, after: After = None) -> AsyncIterator[NotificationRead]:
        kinds = frozenset({notifications.READ})
        return _feed(  # type: ignore[return-value]
            info, notifications.TOPIC, kinds, _everything, _notification_read, after
        )


def _feed(
    info: Info,
    topic: str,
    kinds: frozenset[str],
    accepts: Callable[[Event], bool],
    value: Callable[[Event, str], Any],
    after: Any,
) -> Feed:
    personal = topic == notifications.TOPIC
    return Feed(info.context, topic, kinds, accepts, value, checked_after(after), personal)


def _everything(_: Event) -> bool:
    return True


def _chosen(types: list[Any] | None, all_types: type[Enum]) -> frozenset[str]:
    return frozenset(kind.value for kind in (all_types if types is None else types))


def _bounded(name: str, listed: list[Any] | None) -> list[Any] | None:
    if listed is not None and len(listed) > FILTER_VALUES_MAX:
        raise BadRequest(f"{name} has {len(listed)} values; at most {FILTER_VALUES_MAX} may be.")
    return listed


def _update_filter(where: InventoryUpdateFilter | None) -> Callable[[Event], bool]:
    if where is None:
        return _everything
    ids = _bounded("itemIds", where.item_ids)
    skus = _bounded("skus", where.skus)
    categories = _bounded("categories", where.categories)
    wanted_ids = None if ids is None else {required_id(item_id) for item_id in ids}
    wanted_skus = None if skus is None else {values.lookup_key(s, inventory.SKU_MAX) for s in skus}
    wanted_categories = None if categories is None else set(categories)

    def accepts(event: Event) -> bool:
        state = event.payload["item"]  # see Item.state: id, sku, name, description, category …
        return (
            (wanted_ids is None or state[0] in wanted_ids)
            and (wanted_skus is None or values.folded(state[1]) in wanted_skus)
            and (wanted_categories is None or state[4] in wanted_categories)
        )

    return accepts


def _alert_filter(where: AlertFilter | None) -> Callable[[Event], bool]:
    if where is None:
        return _everything
    _bounded("itemIds", where.item_ids)
    wanted: listing.AlertFilter = where.to_domain()
    return lambda event: wanted.matches(lifecycle.alert_of(event.payload["alert"]))


def _inventory_update(event: Event, epoch: str) -> InventoryUpdate:
    details = event.payload["details"]
    user_id = event.payload["userId"]
    return InventoryUpdate(
        cursor=_cursor(event, epoch),
        timestamp=DateTime(event.recorded_at_us),
        type=inventory.UpdateType(event.kind),
        item=inventory.item_of(event.payload["item"]),  # type: ignore[arg-type]
        user_id=user_id,
        details=None
        if details is None
        else StockChangeDetails(
            old_stock=details[0],
            new_stock=details[1],
            quantity=details[2],
            action_type=details[3],
        ),
    )


def _alert_raised(event: Event, epoch: str) -> AlertRaised:
    alert: Any = lifecycle.alert_in(event.payload)
    return AlertRaised(
        cursor=_cursor(event, epoch), timestamp=DateTime(event.recorded_at_us), alert=alert
    )


def _alert_changed(event: Event, epoch: str) -> AlertChanged:
    alert: Any = lifecycle.alert_in(event.payload)
    return AlertChanged(
        cursor=_cursor(event, epoch), timestamp=DateTime(event.recorded_at_us), alert=alert
    )


def _notification_received(event: Event, epoch: str) -> NotificationReceived:
    notification: Any = notifications.notification_of(event.payload["notification"])
    return NotificationReceived(
        cursor=_cursor(event, epoch),
        timestamp=DateTime(event.recorded_at_us),
        notification=notification,
    )


def _notification_read(event: Event, epoch: str) -> NotificationRead:
    return NotificationRead(
        cursor=_cursor(event, epoch),
        timestamp=DateTime(event.recorded_at_us),
        notification_id=event.payload["notificationId"],
        read_at=DateTime(event.payload["readAt"]),
    )


def _cursor(event: Event, epoch: str) -> Cursor:
    return Cursor(LogCursor(epoch, event.position, event.recorded_at_us))
