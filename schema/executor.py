"""Execution with a short way for plain fields.

Most selected fields are attributes of the object at hand with a scalar or enum value. For those
the general way (a resolver call, an info object, a path, type dispatch) costs many times the
work itself. Here each selection is looked at once per operation; its plain fields are then read
and coerced directly. Whatever is not plain, and whatever goes wrong on the short way, takes the
general one, so results and errors are the same.

Measured with 50 items of seven fields: see scripts/bench.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
    is_leaf_type,
)
from graphql.execution.collect_fields import collect_subfields
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graphql_api.values import INT32_MAX

Coerce = Callable[[Any], Any]


class _Step(NamedTuple):
    """One field of a selection. attribute: of the object, None when the field is not plain."""

    response_name: str
    attribute: str | None
    coerce: Coerce | None
    is_nullable: bool
    details: Any


class PlainFieldExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, with the short way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Shared with the per-event executors of a subscription, which live for days: so they are
        # keyed by the document's own nodes, of which there are no more than the document has.
        # (graphql-core's memo is keyed by lists that it makes anew for each event.)
        self._collected: dict[Any, Any] = {}
        self._steps: dict[int, tuple[Any, list[_Step]]] = {}

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: Any) -> Any:
        nodes = tuple(id(details.node) for details in field_details_list)
        key = (return_type.name, nodes)
        collected = self._collected.get(key)
        if collected is None:
            collected = self._collected[key] = collect_subfields(
                self.schema,
                self.fragments,
                self.variable_values,
                self.operation,
                return_type,
                field_details_list,
                self.hide_suggestions,
            )
            fields = collected[0]
            self._steps[id(fields)] = (fields, self._plan(return_type, fields))
        return collected

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        known = self._steps.get(id(grouped_field_set))
        if known is None or known[0] is not grouped_field_set:
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        results: dict[str, Any] = {}
        rest: dict[str, Any] | None = None
        for response_name, attribute, coerce, is_nullable, details in known[1]:
            if attribute is not None and coerce is not None:
                try:
                    value = getattr(source_value, attribute)
                    if value is not None:
                        value = coerce(value)
                except Exception:  # the general way tells what is wrong, in its words
                    value = Undefined
                if value is not Undefined and (value is not None or is_nullable):
                    results[response_name] = value
                    continue
            if rest is None:
                rest = {}
            rest[response_name] = details
            results[response_name] = None  # keeps its place in the order of the query
        if rest is None:
            return results
        others: Any = super().execute_fields(
            parent_type, source_value, path, rest, position_context
        )
        if self.is_awaitable(others):
            return _merged_later(results, rest, others)
        return _merged(results, rest, others)

    def _plan(self, parent_type: GraphQLObjectType, grouped_field_set: Any) -> list[_Step]:
        return [
            self._step(parent_type, response_name, details)
            for response_name, details in grouped_field_set.items()
        ]

    def _step(self, parent_type: GraphQLObjectType, response_name: str, details: Any) -> _Step:
        definition = self.schema.get_field(parent_type, details[0].node.name.value)
        if definition is None:
            return _Step(response_name, None, None, False, details)
        plain = definition.extensions.get(PLAIN)
        if plain is None:
            plain = definition.extensions[PLAIN] = _plain(definition)
        attribute, coerce, is_nullable = plain
        return _Step(response_name, attribute, coerce, is_nullable, details)


PLAIN = "graphql_api.plain"  # where a field's definition remembers what `_plain` found


def _plain(definition: GraphQLField) -> tuple[str | None, Coerce | None, bool]:
    """How to read the field: its attribute, its coercion, whether it may be null."""
    attribute = _attribute(definition)
    if attribute is None:
        return None, None, False
    is_nullable = not isinstance(definition.type, GraphQLNonNull)
    leaf: Any = definition.type if is_nullable else definition.type.of_type  # type: ignore[union-attr]
    return attribute, _coercion(leaf), is_nullable


def _attribute(definition: GraphQLField) -> str | None:
    """The attribute that a field without a resolver of its own reads, if its value is a leaf."""
    if not getattr(definition.resolve, "_is_default", False) or definition.args:
        return None
    kind: Any = definition.type
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if not is_leaf_type(kind):
        return None
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    name: str | None = getattr(field, "python_name", None)
    return name


def _coercion(leaf: GraphQLLeafType) -> Coerce:
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
    names: dict[Any, Any] = {}
    wrapped = getattr(leaf, "wrapped_cls", None)
    for member in getattr(wrapped, "wrapped_cls", wrapped) or ():
        if isinstance(member, Enum):
            names[member] = general(member)

    def coerce(value: Any) -> Any:
        name = names.get(value) if isinstance(value, Enum) else None
        return general(value) if name is None else name

    return coerce


def _merged(
    results: dict[str, Any], rest: dict[str, Any], others: dict[str, Any]
) -> dict[str, Any]:
    for response_name in rest:
        if response_name in others:
            results[response_name] = others[response_name]
        else:
            del results[response_name]
    return results


async def _merged_later(results: dict[str, Any], rest: dict[str, Any], others: Any) -> Any:
    return _merged(results, rest, await others)
