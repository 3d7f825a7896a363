"""Arguments that are null where the resolver takes None for absent ones: they are left out.

Most arguments of a list are absent from most queries, and Strawberry converts the null of each
with each call. A resolver whose own default is None gets the same without that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField


def leave_out_nulls(schema: GraphQLSchema, names: NameConverter) -> None:
    """Have the schema's resolvers called without arguments that say nothing."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for definition in kind.fields.values():
                optional = _optional(definition, names)
                if optional and definition.resolve is not None:
                    definition.resolve = _without_nulls(definition.resolve, optional)


def _optional(definition: GraphQLField, names: NameConverter) -> frozenset[str]:
    """The names of the arguments for whose absence the resolver takes None."""
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not definition.args or not isinstance(field, StrawberryField) or not field.base_resolver:
        return frozenset()
    parameters = field.base_resolver.signature.parameters
    return frozenset(
        names.from_argument(argument)
        for argument in field.arguments
        if argument.python_name in parameters and parameters[argument.python_name].default is None
    )


def _without_nulls(resolve: Callable[..., Any], optional: frozenset[str]) -> Callable[..., Any]:
    def resolve_given(source: Any, info: Any, **arguments: Any) -> Any:
        given = {
            name: value
            for name, value in arguments.items()
            if value is not None or name not in optional
        }
        return resolve(source, info, **given)

    return resolve_given
