"""The directives as clients of any age can read them.

graphql-core 3.3 lets `@deprecated` stand on directives too and says so in introspection. That place
is in no released GraphQL specification, and readers built for October 2021 (graphql-core 3.2, so
gql 3) refuse the whole schema over it. Nothing here deprecates a directive.
"""

from __future__ import annotations

from typing import Any

from graphql import DirectiveLocation, GraphQLDirective, GraphQLSchema

UNRELEASED = frozenset({"DIRECTIVE_DEFINITION"})


def tell_released_places_only(schema: GraphQLSchema) -> None:
    """Take the places that no released specification has out of the schema's directives."""
    schema.directives = tuple(_released(directive) for directive in schema.directives)


def _released(directive: GraphQLDirective) -> GraphQLDirective:
    places: list[DirectiveLocation] = [
        place for place in directive.locations if place.name not in UNRELEASED
    ]
    if len(places) == len(directive.locations):
        return directive
    given: dict[str, Any] = {**directive.to_kwargs(), "locations": tuple(places)}
    return GraphQLDirective(**given)
