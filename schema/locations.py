"""Places and levels: the face of graphql_api/inventory/locations.py. place_contents.py tells what
is kept there."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Annotated, Any

import strawberry
from strawberry import UNSET, Parent
from strawberry.types.arguments import InputContext

from graphql_api.events.log import Event
from graphql_api.inventory import locations as domain
from graphql_api.inventory import minimums
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.places import DEPTH_MAX
from graphql_api.services import Services
from schema import kept
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, enum_of, face_of, from_input
from schema.node import Node, findable, id_of, required_id
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import Cursor, DateTime
from schema.streams import FromCursor, StreamEvent, bounded, follow

enum_of(
    domain.PlaceChange,
    "LocationUpdateType",
    "What happened to a location.",
    {
        "CREATED": "It is new.",
        "UPDATED": "It has another code or name, or lies elsewhere.",
        "ARCHIVED": "It takes nothing in any more.",
        "RESTORED": "It takes stock in again.",
    },
)


async def _paths(services: Services, ids: list[int]) -> Mapping[int, list[domain.Location]]:
    return await services.of(Locations).paths(ids)


async def _children(services: Services, ids: list[int]) -> Mapping[int, list[domain.Location]]:
    return await services.of(Locations).children(ids)


async def _minimums(services: Services, ids: list[int]) -> Mapping[int, dict[int, int]]:
    return await minimums.minimums_of(services.reading, ids)


@face_of(domain.Location, "A place where stock is kept.")
class Location(Node):
    code: str = strawberry.field(description="Short and unique, like `MAIN`.")
    name: str = strawberry.field(description="For people.")
    archived_at: DateTime | None = strawberry.field(
        description="Since when it takes nothing in and is in no list; null: it is in use."
    )

    @computed("The place that it lies in; null when it lies in none.", kept=True)
    @staticmethod
    async def parent(location: Parent[domain.Location], info: Info) -> domain.Location | None:
        return await location_by_id(info, location.parent_id)

    @computed("What lies right in it, by code, archived places too.", kept=True)
    @staticmethod
    async def children(location: Parent[domain.Location], info: Info) -> list[domain.Location]:
        kept.on_places(info.context)
        return list(await info.context.loaders.of(_children).load(location.id))

    @computed("Itself and what it lies in, the outermost first.", kept=True)
    @staticmethod
    async def path(location: Parent[domain.Location], info: Info) -> list[domain.Location]:
        kept.on_places(info.context)
        return list(await info.context.loaders.of(_paths).load(location.id))


@strawberry.type(description="An item's quantity at one location.")
class StockLevel:
    location: domain.Location = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="Whole units; never below 0.")
    held: int = strawberry.field(description="How many of them are set aside by holds.")
    available: int = strawberry.field(
        description="What can be sold: quantity - held. Below 0 when goods that were held are gone."
    )
    item_id: strawberry.Private[int] = 0

    @computed(
        "What should be there at least, as it is now; null when the place has no minimum of its "
        "own. See `setLocationMinimum`.",
        kept=True,
    )
    async def min_stock(self, info: Info) -> int | None:
        kept.on_items(info.context, [self.item_id])
        found = await info.context.loaders.of(_minimums).load(self.item_id)
        return found.get(int(self.location.id))


@strawberry.input(one_of=True, description="Names a location: by exactly one of these.")
class LocationRef:
    id: strawberry.ID | None = strawberry.field(description="Its id.", default=UNSET)
    code: str | None = strawberry.field(description="Its code, without case.", default=UNSET)


@strawberry.input(description="A new location.")
class CreateLocationInput:
    code: str = strawberry.field(description="At most 32 characters; unique without case.")
    name: str = strawberry.field(description="At most 200 characters.")
    parent_id: strawberry.ID | None = strawberry.field(
        description=f"The place that it lies in, like a shelf of bins; at most {DEPTH_MAX} lie in "
        "one another.",
        default=None,
    )


@strawberry.input(description="Changes a location; an absent field stays as it is.")
class UpdateLocationInput:
    id: strawberry.ID = strawberry.field(description="Which.")
    code: str | None = strawberry.field(
        description="At most 32 characters; unique without case.", default=UNSET
    )
    name: str | None = strawberry.field(description="At most 200 characters.", default=UNSET)
    parent_id: strawberry.ID | None = strawberry.field(
        description="The place that it lies in from now on; null: in none.", default=UNSET
    )


@strawberry.input(description="Takes a location out of use.")
class ArchiveLocationInput:
    id: strawberry.ID = strawberry.field(description="Which.")


@strawberry.input(description="Takes an archived location into use again.")
class RestoreLocationInput:
    id: strawberry.ID = strawberry.field(description="Which.")


@strawberry.type(description="The location after the change, or why it was not changed.")
class LocationPayload:
    location: domain.Location | None = strawberry.field(
        description="As it stands now.", default=None
    )
    cursor: Cursor | None = strawberry.field(
        description="The change's place in the event log.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


def location_change(_: type, given: Mapping[str, Any], __: InputContext) -> domain.LocationChange:
    """An UpdateLocationInput as a command without its caller: what is absent stays absent."""
    changes: dict[str, Any] = {name: given[name] for name in ("code", "name") if name in given}
    if "parentId" in given:
        changes["parentId"] = id_of(given["parentId"])
    return domain.LocationChange(required_id(given["id"]), changes)


from_input(UpdateLocationInput, location_change)


@strawberry.type
class LocationQueries:
    @query(Rule.VIEWER, "All locations, by code.", kept=True)
    async def locations(
        self,
        info: Info,
        include_archived: Annotated[bool | None, strawberry.argument("Archived ones too.")] = False,
    ) -> list[domain.Location]:
        kept.on_places(info.context)
        return await info.context.services.of(Locations).all(bool(include_archived))

    @query(Rule.VIEWER, "One location, archived or not; null when there is none.", kept=True)
    async def location(
        self, info: Info, ref: Annotated[LocationRef, strawberry.argument("By id or code.")]
    ) -> domain.Location | None:
        return await find_location(info.context, ref)


async def find_location(context: Context, ref: LocationRef) -> domain.Location | None:
    """The location that a reference names; None when there is none."""
    kept.on_places(context)
    locations = context.services.of(Locations)
    if isinstance(ref.code, str):
        return await locations.by_code(findable(ref.code))
    location_id = required_id(str(ref.id))
    return (await locations.by_ids([location_id])).get(location_id)


async def location_by_id(info: Info, location_id: int | None) -> domain.Location | None:
    """The place that something names by its id; None: it names none."""
    return None if location_id is None else await info.context.loaders.location.load(location_id)


async def chosen_locations(
    context: Context, ids: list[strawberry.ID] | None
) -> tuple[int, ...] | None:
    """What a `locationIds` means: these places and all that lie in them; None: everywhere.
    Raises BadRequest."""
    if ids is None:
        return None
    wanted = [required_id(one) for one in bounded("locationIds", ids) or ()]
    return await context.services.of(Locations).nested(wanted)


@strawberry.type
class LocationMutations:
    @mutation(Rule.USER, LocationPayload, "Add a location.")
    async def create_location(
        self,
        info: Info,
        input: Annotated[CreateLocationInput, strawberry.argument("The location.")],
    ) -> LocationPayload:
        command = domain.NewLocation(
            input.code, input.name, id_of(input.parent_id), info.context.signed_in.user_id
        )
        return LocationPayload(location=await info.context.services.of(Locations).create(command))

    @mutation(Rule.USER, LocationPayload, "Give a location another code, name or parent.")
    async def update_location(
        self,
        info: Info,
        input: Annotated[UpdateLocationInput, strawberry.argument("What changes.")],
    ) -> LocationPayload:
        command: Any = input  # made by location_change
        command = domain.LocationChange(command.id, command.changes, info.context.signed_in.user_id)
        return _payload(await info.context.services.of(Locations).change(command))

    @mutation(
        Rule.USER,
        LocationPayload,
        "Take a location out of use: it takes nothing in and is in no list. Not while it holds "
        "stock or has places in it, and never the default one.",
    )
    async def archive_location(
        self, info: Info, input: Annotated[ArchiveLocationInput, strawberry.argument("Which.")]
    ) -> LocationPayload:
        command = domain.LocationMove(required_id(input.id), info.context.signed_in.user_id)
        return _payload(await info.context.services.of(Locations).archive(command))

    @mutation(Rule.USER, LocationPayload, "Take an archived location into use again.")
    async def restore_location(
        self, info: Info, input: Annotated[RestoreLocationInput, strawberry.argument("Which.")]
    ) -> LocationPayload:
        command = domain.LocationMove(required_id(input.id), info.context.signed_in.user_id)
        return _payload(await info.context.services.of(Locations).restore(command))


def _payload(result: domain.LocationResult) -> LocationPayload:
    return LocationPayload(location=result.location, cursor=Cursor(result.cursor))


@strawberry.type(description="A location was created, changed, archived or restored.")
class LocationUpdate(StreamEvent):
    type: domain.PlaceChange = strawberry.field(description="What happened.")
    location: domain.Location = strawberry.field(
        description="As it stood right after; what it lies in, as that is now."
    )
    user_id: strawberry.ID | None = strawberry.field(description="Who did it.")


@strawberry.type
class LocationSubscriptions:
    @subscription(Rule.VIEWER, "Every change of locations.")
    def location_updated(
        self, info: Info, after: FromCursor = None
    ) -> AsyncIterable[LocationUpdate]:
        return follow(info, domain.TOPIC, domain.PlaceChange, _update, after)


def _update(event: Event, cursor: Cursor) -> LocationUpdate:
    told = event.payload
    return LocationUpdate(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        type=domain.PlaceChange(event.kind),
        location=domain.location_of(told.location),
        user_id=told.user_id,
    )


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, domain.Location]:
    return await context.services.of(Locations).by_ids(ids)


FACE = Face(
    nodes=_nodes,
    queries=LocationQueries,
    mutations=LocationMutations,
    subscriptions=LocationSubscriptions,
)
