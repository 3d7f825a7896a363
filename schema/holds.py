"""Holds: the face of graphql_api/holds."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from dataclasses import replace
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graphql_api.clock import MINUTE_US, SECOND_US
from graphql_api.events.log import Event
from graphql_api.holds import commands, lifecycle, listing
from graphql_api.holds.holds import (
    ConsumeHold,
    ExtendHold,
    HoldResult,
    Holds,
    PlaceHold,
    ReleaseHold,
)
from graphql_api.holds.listing import HoldListing
from graphql_api.holds.noun import NOUN
from graphql_api.inventory.items import Item
from graphql_api.inventory.locations import Location
from graphql_api.inventory.stock import Movement
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, enum_of, face_of
from schema.hold_filter import HoldFilter, hold_filter
from schema.hold_inputs import ConsumeHoldInput, ExtendHoldInput, PlaceHoldInput
from schema.node import Id, Node, required_id
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
from schema.people import Person, person
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import Cursor, DateTime
from schema.stock_inputs import trimmed
from schema.streams import FromCursor, StreamEvent, follow

enum_of(
    lifecycle.HoldStatus,
    "HoldStatus",
    "Where a hold stands in its life.",
    {
        "HELD": "Its units are set aside.",
        "CONSUMED": "The end: they were sold.",
        "RELEASED": "The end: somebody gave them back.",
        "EXPIRED": "The end: its time was over, and they were given back.",
    },
)
enum_of(
    lifecycle.HoldChange,
    "HoldUpdateType",
    "What happened to a hold.",
    {
        "PLACED": "It is new.",
        "EXTENDED": "It lasts longer.",
        "CONSUMED": "What it held was sold.",
        "RELEASED": "It was given back.",
        "EXPIRED": "Its time was over.",
    },
)


@face_of(lifecycle.HoldLine, "Units of an item at a location, set aside by a hold.")
class HoldLine:
    item_id: strawberry.ID = strawberry.field(description="The item's id.")
    quantity: int = strawberry.field(description="Whole units, at least 1.")

    @computed("The item, as it stands now.")
    @staticmethod
    async def item(line: Parent[lifecycle.HoldLine], info: Info) -> Item | None:
        return await info.context.loaders.item.load(line.item_id)

    @computed("Where.")
    @staticmethod
    async def location(line: Parent[lifecycle.HoldLine], info: Info) -> Location:
        location = await info.context.loaders.location.load(line.location_id)
        assert location is not None
        return location


@face_of(
    lifecycle.Hold,
    "Units that are set aside for somebody until a moment. One with an item for ADMINS exists for "
    "ADMIN only.",
)
class Hold(Node):
    status: lifecycle.HoldStatus = strawberry.field(description="Where it stands.")
    lines: list[lifecycle.HoldLine] = strawberry.field(
        description="What it holds, or held: one line for each item and location."
    )
    reference: str | None = strawberry.field(description="What it is for: an order, a cart.")
    note: str | None = strawberry.field(description="In words.")
    created_at: DateTime = strawberry.field(description="When it was placed.")
    expires_at: DateTime = strawberry.field(description="From this moment on it holds nothing.")
    ended_at: DateTime | None = strawberry.field(description="When it ended; null while HELD.")

    @computed("Who placed it.")
    @staticmethod
    async def placed_by(hold: Parent[lifecycle.Hold], info: Info) -> Person | None:
        return await person(hold.user_id, info)

    @computed("Who sold it or gave it back; null while HELD, and when it ran out.")
    @staticmethod
    async def ended_by(hold: Parent[lifecycle.Hold], info: Info) -> Person | None:
        return await person(hold.ended_by_id, info)


@strawberry.type(description="A hold right after the change, or why it was not changed.")
class HoldPayload:
    hold: lifecycle.Hold | None = strawberry.field(
        description="As it stood right after the change.", default=None
    )
    movements: list[Movement] = strawberry.field(
        description="The ledger's new lines: what was sold.", default_factory=list
    )
    replayed: bool = strawberry.field(
        description="Whether the key was known: this is the first result again.", default=False
    )
    cursor: Cursor | None = strawberry.field(
        description="The change's place in the event log.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not, for a basket one for each line that cannot be; empty when it was "
        "done.",
        default_factory=list,
    )


@strawberry.type
class HoldQueries:
    @query(Rule.VIEWER, "One hold; null when there is none that you may see.")
    async def hold(self, info: Info, id: Id) -> lifecycle.Hold | None:
        hold_id = required_id(id)
        return (await _nodes(info.context, [hold_id])).get(hold_id)

    @query(Rule.VIEWER, "Holds, live and ended, newest first.")
    async def holds(
        self,
        info: Info,
        where: Annotated[HoldFilter | None, strawberry.argument("Which; all if absent.")] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[lifecycle.Hold]:
        holds, sees_admins = info.context.services.of(HoldListing), info.context.sees_admins
        wanted = where.to_domain() if where else listing.HoldFilter()
        page = asked("hold", (int,), first, after, last, before)
        beyond, until = page.ids
        rows = await holds.page(
            wanted, sees_admins, page.limit, beyond, until=until, backwards=page.backwards
        )
        return connection(
            rows,
            lambda hold: [hold.id],
            "hold",
            first,
            after,
            lambda: holds.count(wanted, sees_admins),
            last,
            before,
        )


@strawberry.type
class HoldMutations:
    @mutation(
        Rule.USER,
        HoldPayload,
        "Set units aside for somebody until a moment, all or none. Nobody else can sell or move "
        "them meanwhile.",
    )
    async def place_hold(
        self, info: Info, input: Annotated[PlaceHoldInput, strawberry.argument("The basket.")]
    ) -> HoldPayload:
        context = info.context
        minutes = context.services.settings.hold_minutes
        command: Any = input  # made by place_hold_input
        until = replace(command.until, default_s=minutes * MINUTE_US // SECOND_US)
        return await _carried_out(
            context,
            replace(
                command,
                until=until,
                user_id=context.signed_in.user_id,
                sees_admins=context.sees_admins,
            ),
        )

    @mutation(
        Rule.USER,
        HoldPayload,
        "Sell what a hold has: a SALE for each line, all or none. INVALID_TRANSITION once its "
        "time is over.",
    )
    async def consume_hold(
        self, info: Info, input: Annotated[ConsumeHoldInput, strawberry.argument("Which.")]
    ) -> HoldPayload:
        context = info.context
        return await _carried_out(
            context,
            ConsumeHold(
                required_id(input.id),
                context.signed_in.user_id,
                context.sees_admins,
                input.idempotency_key.strip(),
                trimmed(input.reference),
                trimmed(input.reason),
            ),
        )

    @mutation(Rule.USER, HoldPayload, "Give back what a hold has, all of it.")
    async def release_hold(self, info: Info, id: Id) -> HoldPayload:
        context = info.context
        command = ReleaseHold(required_id(id), context.signed_in.user_id, context.sees_admins)
        return await _carried_out(context, command)

    @mutation(Rule.USER, HoldPayload, "Keep a hold for longer, before its time is over.")
    async def extend_hold(
        self, info: Info, input: Annotated[ExtendHoldInput, strawberry.argument("Until when.")]
    ) -> HoldPayload:
        context = info.context
        return await _carried_out(
            context,
            ExtendHold(
                required_id(input.id),
                context.signed_in.user_id,
                context.sees_admins,
                commands.Until(input.expires_at, input.expires_in_seconds),
            ),
        )


async def _carried_out(
    context: Context, command: PlaceHold | ConsumeHold | ReleaseHold | ExtendHold
) -> HoldPayload:
    result: HoldResult = await context.services.of(Holds).carry_out(command)
    return HoldPayload(
        hold=result.hold,
        movements=result.movements,
        replayed=result.replayed,
        cursor=Cursor(result.cursor),
    )


@strawberry.type(description="A hold was placed, extended or ended.")
class HoldUpdate(StreamEvent):
    type: lifecycle.HoldChange = strawberry.field(description="What happened.")
    hold: lifecycle.Hold = strawberry.field(description="As it stood right after.")
    user_id: strawberry.ID | None = strawberry.field(
        description="Who did it; null when it ran out."
    )


@strawberry.type
class HoldSubscriptions:
    @subscription(Rule.VIEWER, "Every hold that is placed, extended or ended.")
    def hold_updated(
        self,
        info: Info,
        after: FromCursor = None,
        where: Annotated[HoldFilter | None, strawberry.argument("Which; all if absent.")] = None,
    ) -> AsyncIterable[HoldUpdate]:
        changes = lifecycle.HoldChange
        return follow(info, lifecycle.TOPIC, changes, _update, after, hold_filter(where))


def _update(event: Event, cursor: Cursor) -> HoldUpdate:
    return HoldUpdate(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        type=lifecycle.HoldChange(event.kind),
        hold=lifecycle.hold_of(event.payload.hold),
        user_id=event.payload.user_id,
    )


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, lifecycle.Hold]:
    return await context.services.of(HoldListing).by_ids(ids, context.sees_admins)


FACE = Face(
    noun=NOUN,
    nodes=_nodes,
    queries=HoldQueries,
    mutations=HoldMutations,
    subscriptions=HoldSubscriptions,
)
