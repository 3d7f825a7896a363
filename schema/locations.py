"""Places and levels: the face of graphql_api/inventory/locations.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry

from graphql_api.inventory import locations as domain
from graphql_api.inventory.locations import Locations
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, face_of
from schema.node import Node
from schema.permissions import Rule, mutation, query


@face_of(domain.Location, "A place where stock is kept.")
class Location(Node):
    code: str = strawberry.field(description="Short and unique, like `MAIN`.")
    name: str = strawberry.field(description="For people.")


@strawberry.type(description="An item's quantity at one location.")
class StockLevel:
    location: domain.Location = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="Whole units; never below 0.")


@strawberry.input(description="A new location.")
class CreateLocationInput:
    code: str = strawberry.field(description="At most 32 characters; unique without case.")
    name: str = strawberry.field(description="At most 200 characters.")


@strawberry.type(description="The new location, or why there is none.")
class LocationPayload:
    location: domain.Location | None = strawberry.field(
        description="As it stands now.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class LocationQueries:
    @query(Rule.VIEWER, "All locations, by code.")
    async def locations(self, info: Info) -> list[domain.Location]:
        return await info.context.services.of(Locations).all()


@strawberry.type
class LocationMutations:
    @mutation(Rule.USER, LocationPayload, "Add a location.")
    async def create_location(
        self,
        info: Info,
        input: Annotated[CreateLocationInput, strawberry.argument("The location.")],
    ) -> LocationPayload:
        command = domain.NewLocation(input.code, input.name)
        return LocationPayload(location=await info.context.services.of(Locations).create(command))


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, domain.Location]:
    return await context.services.of(Locations).by_ids(ids)


FACE = Face(nodes=_nodes, queries=LocationQueries, mutations=LocationMutations)
