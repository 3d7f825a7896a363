"""Which attributes of a type's objects an operation reads: so that no more is fetched of them.

A use case that reads rows is told by its resolver. Directives are not looked at: what may be left
out counts as read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    SelectionSetNode,
    get_named_type,
)

from graphql_api.engine.plain_fields import plain_of

SELECTED = "graphql_api.selected"  # where a schema remembers what was found out
SELECTED_MAX = 1_000  # fields of documents, as many as documents are kept

_Place = tuple[SelectionSetNode, Any]  # and the type whose fields are selected
_Kept = dict[tuple[int, str], tuple[Any, frozenset[str] | None]]


def read_attributes(info: Any, name: str) -> frozenset[str] | None:
    """The attributes that are read of all objects of the type `name` under the field that is being
    resolved; None: a resolver of its own is among the fields, which may read whatever there is.

    info: Strawberry's. Found out once for a document's field.
    """
    info = info._raw_info
    kept: _Kept = info.schema.extensions.setdefault(SELECTED, {})
    nodes = info.field_nodes
    key = (id(nodes[0]), name)
    known = kept.get(key)
    if known is None or known[0] != nodes:
        if len(kept) >= SELECTED_MAX:
            kept.clear()
        known = kept[key] = (nodes, _found(info, name))
    return known[1]


def _found(info: Any, name: str) -> frozenset[str] | None:
    wanted = info.schema.type_map[name]
    assert isinstance(wanted, GraphQLObjectType), "only objects have attributes"
    found: set[str] = set()
    for field, kind in _fields(info):
        shows = wanted if kind in (wanted, *wanted.interfaces) else None
        definition = None if shows is None else shows.fields.get(field)
        if definition is None:
            continue  # of another type, or what every type has
        attribute = plain_of(definition).attribute
        if not attribute:
            return None
        found.add(attribute)
    return frozenset(found)


def _fields(info: Any) -> Iterator[tuple[str, Any]]:
    """The names of all fields under the field, each with the type that it is selected of."""
    top = get_named_type(info.return_type)
    waiting: list[_Place] = [(n.selection_set, top) for n in info.field_nodes if n.selection_set]
    seen: set[tuple[int, str]] = set()
    while waiting:
        selections, kind = waiting.pop()
        place = (id(selections), kind.name)
        if place in seen:
            continue
        seen.add(place)
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node.name.value, kind
            inner = _inner(info, node, kind)
            if inner is not None:
                waiting.append(inner)


def _inner(info: Any, node: Any, kind: Any) -> _Place | None:
    """What a selection holds."""
    if isinstance(node, FragmentSpreadNode):
        node = info.fragments[node.name.value]
    if not isinstance(node, FieldNode):
        condition = node.type_condition
        inner = kind if condition is None else info.schema.type_map[condition.name.value]
        return node.selection_set, inner
    definition = getattr(kind, "fields", {}).get(node.name.value)
    if node.selection_set is None or definition is None:
        return None
    return node.selection_set, get_named_type(definition.type)
