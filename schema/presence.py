"""Who is looking, who is editing: the face of graphql_api/presence."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Annotated, Any

import strawberry

from graphql_api.delivery.states import StateInterest
from graphql_api.engine.feed import StateFeed
from graphql_api.errors import BadRequest
from graphql_api.presence import presence as domain
from graphql_api.presence.entries import GONE_S, LEAVE_S, TYPING_S, Activity
from graphql_api.presence.exchange import CHANNEL
from graphql_api.presence.leases import LEASE_S, Lease
from graphql_api.presence.live import LivePresence
from graphql_api.presence.noun import NOUN
from graphql_api.said import said
from schema.context import Info
from schema.errors import UserError
from schema.faces import Face, enum_of
from schema.node import required_id
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import DateTime

ITEMS_ASKED_MAX = 100  # of one query, as long as a page
ITEMS_WATCHED_MAX = 1_000  # of one subscription

enum_of(
    Activity,
    "PresenceActivity",
    "What somebody does at an item.",
    {"VIEWING": "They look at it.", "EDITING": "They are changing it."},
)


@strawberry.type(description="A user, as every role may see them at an item.")
class PresentUser:
    id: strawberry.ID = strawberry.field(
        description="Of this view of the user, so not the user's: ids are unique over all types."
    )
    user_id: strawberry.ID = strawberry.field(description="The user's id.")
    name: str = strawberry.field(description="For people.")


@strawberry.type(
    description="Somebody at an item: one for a user, whatever the number of their tabs."
)
class Participant:
    user: PresentUser = strawberry.field(description="Who.")
    activity: Activity = strawberry.field(description="EDITING if any of their tabs is.")
    typing: bool = strawberry.field(
        description=f"Within the last {TYPING_S:g} s; changes at most once in "
        f"{domain.TYPING_CHANGE_S:g} s."
    )
    since: DateTime = strawberry.field(description="Since when, without a break.")


@strawberry.type(description="That one user alone means to edit an item, for a while.")
class EditLease:
    item_id: strawberry.ID = strawberry.field(description="The item.")
    holder: PresentUser = strawberry.field(description="Who has it.")
    token: str | None = strawberry.field(
        description="To be given to updateItem as leaseToken; told to the holder only, by "
        "takeEditLease.",
        default=None,
    )
    expires_at: DateTime = strawberry.field(description="When it ends, unless it is taken again.")


@strawberry.type(
    description="Everybody at one item. Always the whole state: the newest one replaces the others."
)
class ItemPresence:
    item_id: strawberry.ID = strawberry.field(description="The item.")
    participants: list[Participant] = strawberry.field(
        description=f"In the order they came; at most {domain.PARTICIPANTS_MAX}, who edits first."
    )
    lease: EditLease | None = strawberry.field(description="Who has its edit lease; null: nobody.")
    at: DateTime = strawberry.field(description="When it was so; rises within a subscription.")


@strawberry.input(description="Where the viewer is now.")
class SetPresenceInput:
    item_id: strawberry.ID | None = strawberry.field(
        description="The item; null: nowhere.", default=None
    )
    activity: Activity | None = strawberry.field(
        description="EDITING needs USER.", default=Activity.VIEWING
    )
    typing: bool | None = strawberry.field(
        description=f"For the next {TYPING_S:g} s.", default=False
    )


@strawberry.type(description="The item's presence with the viewer in it, or why not.")
class PresencePayload:
    presence: ItemPresence | None = strawberry.field(
        description="As it is now; null when the viewer is nowhere.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type(description="The lease, or why there is none.")
class EditLeasePayload:
    lease: EditLease | None = strawberry.field(
        description="With its token; null after it was given back.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class PresenceQueries:
    @query(Rule.VIEWER, "Who is at these items; those that you may not see are left out.")
    async def presence(
        self,
        info: Info,
        item_ids: Annotated[
            list[strawberry.ID], strawberry.argument(f"At most {ITEMS_ASKED_MAX}.")
        ],
    ) -> list[ItemPresence]:
        ids = _item_ids(item_ids, ITEMS_ASKED_MAX)
        role_bit = info.context.signed_in.role.bit
        states = await info.context.services.of(LivePresence).states(ids, role_bit)
        return [_item_presence(state) for state in states]


@strawberry.type
class PresenceMutations:
    @mutation(
        Rule.VIEWER,
        PresencePayload,
        "Say where you are: when it changes, and again every "
        f"{domain.HEARTBEAT_S:g} s; without that you are gone after {GONE_S:g} s. Over a "
        f"socket it also ends with the socket. Who leaves is shown for {LEAVE_S:g} s more.",
    )
    async def set_presence(
        self, info: Info, input: Annotated[SetPresenceInput, strawberry.argument("Where you are.")]
    ) -> PresencePayload:
        context = info.context
        state = await context.services.of(LivePresence).set(
            context.signed_in,
            context.connection,
            None if input.item_id is None else required_id(input.item_id),
            input.activity or Activity.VIEWING,
            bool(input.typing),
        )
        return PresencePayload(presence=None if state is None else _item_presence(state))

    @mutation(
        Rule.USER,
        EditLeasePayload,
        f"Get an item's edit lease for {LEASE_S} s, or renew it. LEASE_HELD while another user "
        "has it. Another session of yours loses it to this one.",
    )
    async def take_edit_lease(
        self, info: Info, item_id: Annotated[strawberry.ID, strawberry.argument("The item.")]
    ) -> EditLeasePayload:
        context = info.context
        lease = await context.services.of(LivePresence).take_lease(
            context.signed_in, required_id(item_id)
        )
        return EditLeasePayload(lease=_granted(lease))

    @mutation(
        Rule.USER,
        EditLeasePayload,
        "Give an edit lease back. LEASE_LOST when it is not the newest.",
    )
    async def release_edit_lease(
        self,
        info: Info,
        item_id: Annotated[strawberry.ID, strawberry.argument("The item.")],
        token: Annotated[str, strawberry.argument("The lease's.")],
    ) -> EditLeasePayload:
        context = info.context
        await context.services.of(LivePresence).release_lease(
            context.signed_in, required_id(item_id), token
        )
        return EditLeasePayload()


@strawberry.type
class PresenceSubscriptions:
    @subscription(
        Rule.VIEWER,
        "Who is at the items: first the state now of each one where anybody is, then each change. "
        "Fleeting, so without a cursor: after a reconnect the state comes first again.",
    )
    def presence_changed(
        self,
        info: Info,
        item_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(f"Which, at most {ITEMS_WATCHED_MAX}; all if absent."),
        ] = None,
    ) -> AsyncIterable[ItemPresence]:
        wanted = None if item_ids is None else frozenset(_item_ids(item_ids, ITEMS_WATCHED_MAX))
        source = info.context.services.of(LivePresence)
        return StateFeed(info.context, source, StateInterest(CHANNEL, wanted), _state_value)


def _item_ids(given: list[Any], most: int) -> list[int]:
    """Ids in the order given, each once."""
    if len(given) > most:
        raise BadRequest(
            said("itemIds has {count} values; at most {most} may be.", count=len(given), most=most)
        )
    return list(dict.fromkeys(required_id(item_id) for item_id in given))


def _state_value(state: domain.ItemState, _: str) -> ItemPresence:
    return _item_presence(state)


def _item_presence(state: domain.ItemState) -> ItemPresence:
    holder = state.holder
    return ItemPresence(
        item_id=_id(state.item_id),
        participants=[_participant(one) for one in state.participants],
        lease=None if holder is None else _lease(state.item_id, holder),
        at=DateTime(state.at_us),
    )


def _participant(one: domain.Participant) -> Participant:
    return Participant(
        user=_present_user(one.user_id, one.name),
        activity=one.activity,
        typing=one.typing,
        since=DateTime(one.since_us),
    )


def _lease(item_id: int, holder: domain.Holder) -> EditLease:
    return EditLease(
        item_id=_id(item_id),
        holder=_present_user(holder.user_id, holder.name),
        expires_at=DateTime(holder.expires_at_us),
    )


def _granted(lease: Lease) -> EditLease:
    granted = _lease(lease.item_id, lease.holder)
    granted.token = lease.token
    return granted


def _present_user(user_id: int, name: str) -> PresentUser:
    return PresentUser(id=strawberry.ID(f"present-{user_id}"), user_id=_id(user_id), name=name)


def _id(number: int) -> strawberry.ID:
    return strawberry.ID(str(number))


FACE = Face(
    noun=NOUN,
    queries=PresenceQueries,
    mutations=PresenceMutations,
    subscriptions=PresenceSubscriptions,
)
