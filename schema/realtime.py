"""How delivery is doing, and the log's head: the face of graphql_api/delivery and events."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api import values
from graphql_api.accounts.roles import Role
from graphql_api.errors import Forbidden
from graphql_api.operations.broadcast import BroadcastKind, Broadcasts
from schema.context import Info
from schema.errors import UserError
from schema.faces import Face, enum_of
from schema.permissions import Rule, mutation, query
from schema.scalars import Cursor


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


enum_of(
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
        assert cursor is not None, "read before execution, by the engine"
        return Cursor(cursor)

    @query(Rule.ADMIN, "How delivery is doing. ADMIN.")
    async def realtime_status(self, info: Info) -> RealtimeStatus:
        services = info.context.services
        counters, head = services.counters, services.hub.head
        log_head = await services.log.head()
        return RealtimeStatus(
            connections=counters.connections,
            subscriptions=counters.subscriptions,
            execution_groups=counters.execution_groups + counters.state_groups,
            connections_by_role=[
                RoleCount(role=role, count=counters.connections_by_role[role.value])
                for role in Role
            ],
            head=Cursor(head.cursor),
            uptime_seconds=int(services.clock.monotonic_s() - services.started_s),
            lag=max(0, log_head.position - head.position),
            deliveries=min(counters.deliveries, values.INT32_MAX),
            slow_sockets=counters.slow_sockets,
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
        kind: Annotated[BroadcastKind, strawberry.argument("What it looks like.")],
    ) -> TestBroadcastPayload:
        services = info.context.services
        if services.settings.is_production:
            raise Forbidden("testBroadcast is for development: this server is in production.")
        topic = await services.of(Broadcasts).send(kind, info.context.signed_in.user_id)
        return TestBroadcastPayload(delivered=services.counters.subscriptions_by_topic[topic])


FACE = Face(queries=RealtimeQueries, mutations=RealtimeMutations)
