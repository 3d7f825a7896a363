"""How a plain field is read: an attribute of the object at hand, or what a method makes of that
object alone, coerced as its type says.

executor.py says why, and what happens with fields that are not plain.

Private parts of Strawberry: GraphQLCoreConverter.DEFINITION_BACKREF, and a default resolver's
`_is_default`.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLString,
    is_leaf_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from graphql_api.engine.leaves import Write, enum_names, leaf_writer
from graphql_api.values import INT32_MAX

Coerce = Callable[[Any], Any]


class Plain(NamedTuple):
    """How a field is read. get: of the object at hand; None when it is not plain. attribute: whose
    value that is; "" when a method makes it. coerce: makes the answer of the value; it raises where
    the general way has something to say. write: the value's text. Without these two the value is an
    object or a list: then the selection decides.
    """

    attribute: str
    coerce: Coerce | None
    is_nullable: bool
    leaf: Any  # the type of its value, when that is a leaf
    write: Write | None
    get: Callable[[Any], Any] | None


NOT_PLAIN = Plain("", None, False, None, None, None)


class Step(NamedTuple):
    """One field of a selection. coerce None: the field is not plain."""

    response_name: str
    plain: Plain
    details: Any


PLAIN = "graphql_api.plain"  # where a field's definition remembers what `plain_of` found


def plain_of(definition: GraphQLField) -> Plain:
    """How to read the field; it is found out once."""
    plain: Plain | None = definition.extensions.get(PLAIN)
    if plain is None:
        plain = definition.extensions[PLAIN] = _plain_of(definition)
    return plain


def _plain_of(definition: GraphQLField) -> Plain:
    attribute = _attribute(definition)
    get = _method(definition) if attribute is None else attrgetter(attribute)
    if get is None:
        return NOT_PLAIN
    attribute = attribute or ""
    is_nullable = not isinstance(definition.type, GraphQLNonNull)
    kind: Any = definition.type if is_nullable else definition.type.of_type  # type: ignore[union-attr]
    if not is_leaf_type(kind):
        return Plain(attribute, None, is_nullable, None, None, get)
    coerce = coercion(kind)
    return Plain(attribute, coerce, is_nullable, kind, leaf_writer(coerce, is_nullable), get)


def _attribute(definition: GraphQLField) -> str | None:
    """The attribute that a field without a resolver of its own reads."""
    if not getattr(definition.resolve, "_is_default", False) or definition.args:
        return None
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    name: str | None = getattr(field, "python_name", None)
    return name


def _method(definition: GraphQLField) -> Callable[[Any], Any] | None:
    """The resolver that is given the object and nothing else, and waits for nothing. It may be
    asked twice: where the short way fails, the general one asks again."""
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(field, StrawberryField) or field.base_resolver is None:
        return None
    resolver: Any = field.base_resolver
    of_object = resolver.self_parameter or resolver.parent_parameter
    is_alone = of_object is not None and len(resolver.signature.parameters) == 1
    if not is_alone or field.extensions or field.is_async or field.is_subscription:
        return None
    method: Callable[[Any], Any] = resolver.wrapped_func
    return None if iscoroutinefunction(method) else method


def coercion(leaf: GraphQLLeafType) -> Coerce:
    """The leaf's coercion, with its most common case first."""
    general: Coerce = leaf.coerce_output_value
    if isinstance(leaf, GraphQLEnumType):
        return _enum_coercion(leaf, general)
    if leaf is GraphQLString:
        return lambda value: value if type(value) is str else general(value)
    if leaf is GraphQLID:
        return lambda value: str(value) if type(value) is int else general(value)
    if leaf is GraphQLBoolean:
        return lambda value: value if type(value) is bool else general(value)
    if leaf is GraphQLInt:
        return lambda value: (
            value if type(value) is int and -INT32_MAX <= value <= INT32_MAX else general(value)
        )
    return general


def _enum_coercion(leaf: GraphQLEnumType, general: Coerce) -> Coerce:
    names = enum_names(leaf)

    def coerce(value: Any) -> Any:
        name = names.get(id(value))
        return general(value) if name is None else name

    return coerce
