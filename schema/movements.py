"""The ledger: the face of graphql_api/inventory/history.py and reversals.py, reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api.errors import BadRequest
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.history import History
from graphql_api.inventory.items import Item
from graphql_api.inventory.locations import Location
from graphql_api.inventory.movement_filter import MovementFilter as Wanted
from graphql_api.inventory.movement_terms import TEXT_MAX
from graphql_api.inventory.reversals import Reversal, Reversals
from graphql_api.inventory.stock import ActionType, Movement
from graphql_api.said import said
from graphql_api.services import Services
from schema.context import Context, Info
from schema.faces import Face, computed, face_of, plain_input
from schema.items import ItemRef, as_ref
from schema.locations import chosen_locations
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
from schema.permissions import Rule, query
from schema.scalars import DateTime
from schema.streams import bounded


async def _reversals(services: Services, ids: list[int]) -> Mapping[int, Reversal | None]:
    found = await services.of(Reversals).of(ids)
    return {movement_id: found.get(movement_id) for movement_id in ids}


async def _other_side(movement: Movement, reverses: bool, info: Info) -> Movement | None:
    """The movement on the other side of a reversal, of an item that its viewer may see: both are
    of one item."""
    found = await info.context.loaders.of(_reversals).load(movement.id)
    if found is None or found.reverses is not reverses:
        return None
    return await info.context.loaders.of(_movements).load(found.other_id)


async def _movements(services: Services, ids: list[int]) -> Mapping[int, Movement | None]:
    found = await services.of(History).by_ids(ids, sees_admins=True)
    return {movement_id: found.get(movement_id) for movement_id in ids}


@face_of(Movement, "One line of the ledger: never changed, never deleted.")
class StockMovement(Node):
    @computed("What moved.")
    @staticmethod
    async def item(movement: Parent[Movement], info: Info) -> Item:
        item = await info.context.loaders.item.load(movement.item_id)
        assert item is not None, "a movement is shown to those only who may see its item"
        return item

    @computed("Where.")
    @staticmethod
    async def location(movement: Parent[Movement], info: Info) -> Location:
        location = await info.context.loaders.location.load(movement.location_id)
        assert location is not None
        return location

    action_type: ActionType = strawberry.field(description="Why.")
    quantity: int = strawberry.field(description="The signed change, whole units.")
    old_stock: int = strawberry.field(
        description="The item's stock over all locations right before."
    )
    new_stock: int = strawberry.field(
        description="The item's stock over all locations right after."
    )
    reason: str | None = strawberry.field(description="In words.")
    reference: str | None = strawberry.field(
        description="The document behind it: an invoice, an order."
    )
    user_id: strawberry.ID | None = strawberry.field(description="Who booked it.")

    @computed("Who booked it, by name; null for what nobody's account did.")
    @staticmethod
    async def user(movement: Parent[Movement], info: Info) -> Person | None:
        return await person(movement.user_id, info)

    occurred_at: DateTime = strawberry.field(description="When, as the client told.")
    recorded_at: DateTime = strawberry.field(
        description="When the ledger took it; balances follow the ledger's order only."
    )

    @computed("The movement that took this one back (reverseMovement); null: none did.")
    @staticmethod
    async def reversed_by(movement: Parent[Movement], info: Info) -> Movement | None:
        return await _other_side(movement, False, info)

    @computed("The movement that this one takes back; null: it is no reversal.")
    @staticmethod
    async def reverses(movement: Parent[Movement], info: Info) -> Movement | None:
        return await _other_side(movement, True, info)


@plain_input
@strawberry.input(
    description="Which movements; what is absent or null does not filter, an empty list finds "
    "nothing."
)
class MovementFilter:
    item_ids: list[strawberry.ID] | None = strawberry.field(
        description="Of any of these items.", default=None
    )
    location_ids: list[strawberry.ID] | None = strawberry.field(
        description="At any of these locations, or at a place that lies in one.", default=None
    )
    action_types: list[ActionType] | None = strawberry.field(
        description="Any of these.", default=None
    )
    user_ids: list[strawberry.ID] | None = strawberry.field(
        description="Booked by any of these users.", default=None
    )
    reference: str | None = strawberry.field(
        description="Parts of the reference, by their beginning, without case: `2026-08` and "
        f"`0815` find INV-2026-0815. At most {TEXT_MAX} characters.",
        default=None,
    )
    reason: str | None = strawberry.field(
        description="Words of the reason, by their beginning, without case. At most "
        f"{TEXT_MAX} characters.",
        default=None,
    )
    occurred_from: DateTime | None = strawberry.field(
        description="That happened then or later. With a time the list goes by occurredAt.",
        default=None,
    )
    occurred_to: DateTime | None = strawberry.field(
        description="That happened then or before.", default=None
    )


@strawberry.type
class MovementQueries:
    @query(
        Rule.VIEWER,
        "The ledger, newest first, of what you may see: by when the ledger took it, or by when it "
        "happened if `where` names a time.",
    )
    async def stock_movements(
        self,
        info: Info,
        item: Annotated[
            ItemRef | None, strawberry.argument("Of this item; of all items if absent.")
        ] = None,
        where: Annotated[
            MovementFilter | None, strawberry.argument("Which; all if absent.")
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Movement]:
        history = info.context.services.of(History)
        wanted = await _wanted(info.context, item, where)
        by_time = wanted.by_time
        name, kinds = ("movement by time", (int, int)) if by_time else ("movement", (int,))
        page = asked(name, kinds, first, after, last, before)
        rows = await history.found(
            wanted,
            page.limit,
            None if page.beyond is None else tuple(page.beyond),
            until=None if page.until is None else tuple(page.until),
            backwards=page.backwards,
        )
        return connection(
            rows,
            lambda m: [m.occurred_at, m.id] if by_time else [m.id],
            name,
            first,
            after,
            lambda: history.count(wanted),
            last,
            before,
        )

    @query(Rule.VIEWER, "One line of the ledger; null when there is none that you may see.")
    async def stock_movement(self, info: Info, id: Id) -> Movement | None:
        movement_id = required_id(id)
        return (await _nodes(info.context, [movement_id])).get(movement_id)


NO_ITEM = 0  # no row has this id


async def _wanted(context: Context, item: ItemRef | None, where: MovementFilter | None) -> Wanted:
    """The filter as the use case takes it. Raises BadRequest."""
    wanted = await _filter(where, context)
    if item is None:
        return wanted
    found = await context.services.of(Catalogue).find(as_ref(item), context.sees_admins)
    item_id = found.id if found else NO_ITEM
    is_in = wanted.item_ids is None or item_id in wanted.item_ids
    return replace(wanted, item_ids=(item_id,) if is_in else ())


async def _filter(where: MovementFilter | None, context: Context) -> Wanted:
    if where is None:
        return Wanted(sees_admins=context.sees_admins)
    types = bounded("actionTypes", where.action_types)
    begin, end = where.occurred_from, where.occurred_to
    if begin is not None and end is not None and begin > end:
        raise BadRequest("occurredFrom is after occurredTo: nothing can be between them.")
    return Wanted(
        item_ids=_ids("itemIds", where.item_ids),
        location_ids=await chosen_locations(context, where.location_ids),
        action_types=None if types is None else tuple(types),
        user_ids=_ids("userIds", where.user_ids),
        reference=_text("reference", where.reference),
        reason=_text("reason", where.reason),
        occurred_from_us=begin,
        occurred_to_us=end,
        sees_admins=context.sees_admins,
    )


def _ids(name: str, given: list[strawberry.ID] | None) -> tuple[int, ...] | None:
    listed = bounded(name, given)
    return None if listed is None else tuple(required_id(one) for one in listed)


def _text(name: str, given: str | None) -> str | None:
    if given is not None and len(given) > TEXT_MAX:
        raise BadRequest(
            said(
                "{name} has {count} characters; at most {most} are allowed.",
                name=name,
                count=len(given),
                most=TEXT_MAX,
            )
        )
    return given


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, Movement]:
    return await context.services.of(History).by_ids(ids, context.sees_admins)


FACE = Face(nodes=_nodes, queries=MovementQueries)
