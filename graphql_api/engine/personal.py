"""Fields that depend on the person who looks, and not only on the role.

They are declared where they are defined, by `personal` in their metadata. An operation that
selects one shares its execution with nobody else; in every other one, the context has no user.
"""

from __future__ import annotations

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter

PERSONAL = "personal"  # the key in a field's metadata


def personal_fields(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the fields that are declared personal, whatever type has them."""
    return frozenset(
        name
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, definition in kind.fields.items()
        if _is_personal(definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF))
    )


def _is_personal(field: object) -> bool:
    metadata = getattr(field, "metadata", None) or {}
    return bool(metadata.get(PERSONAL))
