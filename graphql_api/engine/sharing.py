"""What of an operation decides how its events look: its selection, and the variables in it.

The arguments of a subscription's root field say which events it wants, and from where on; the feed
has that (feed.py). They change nothing of how an event looks, so operations that differ in them
alone share their renderings, whether they give them as variables or write them out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

OPENED_MAX = 200  # kept; at DOCUMENT_MAX, 20 MB of syntax trees
DOCUMENT_MAX = 4_000  # characters of one that is kept; those of front ends have some hundreds
VARIABLES_MAX = 1_000  # bytes of those that are compared

Opened = TypeVar("Opened")
_Place = tuple[int, bytes, int]


class Shape(NamedTuple):
    """text: the selection, the same for documents that differ in blanks, comments and filters;
    variables: the names of those in it; fields: of all that its document selects."""

    text: str
    variables: tuple[str, ...]
    fields: frozenset[str]

    def values(self, coerced: Mapping[str, Any]) -> bytes:
        """What the variables in it are worth, as text; b"" when there are none."""
        told = {name: coerced[name] for name in self.variables if name in coerced}
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS, default=repr) if told else b""


class Openings(Generic[Opened]):
    """Subscriptions that begin now, as they were opened lately: thousands come with the same
    document and variables, at the start of a shift or after a lost network. Not those that are
    somebody's own: an opening is another's with the same role."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Place, tuple[OperationDefinitionNode, Opened]] = OrderedDict()

    @staticmethod
    def place_of(
        operation: OperationDefinitionNode, variables: Mapping[str, Any], role_bit: int
    ) -> _Place | None:
        """Where it is kept; None: its variables are too long to be worth it, or none of JSON."""
        try:
            text = orjson.dumps(variables) if variables else b""
        except TypeError:
            return None
        return (id(operation), text, role_bit) if len(text) <= VARIABLES_MAX else None

    def known(self, place: _Place | None) -> Opened | None:
        known = None if place is None else self._kept.get(place)
        return None if known is None else known[1]

    def keep(
        self, place: _Place | None, operation: OperationDefinitionNode, opened: Opened
    ) -> None:
        """Keep it, unless it is large. The operation stays, so that its place remains its own."""
        length = 0 if operation.loc is None else len(operation.loc.source.body)
        if place is not None and length <= DOCUMENT_MAX:
            self._kept[place] = operation, opened
            if len(self._kept) > OPENED_MAX:
                self._kept.popitem(last=False)


def shape_of(
    document: DocumentNode, operation: OperationDefinitionNode, root: str, fields: frozenset[str]
) -> Shape:
    """root: the name of the type that the operation selects from."""
    parts: list[Node] = [
        OperationDefinitionNode(
            operation=operation.operation,
            name=None,
            variable_definitions=(),  # their values count, defaults included
            directives=operation.directives,
            selection_set=_without_arguments(operation.selection_set),
        )
    ]
    parts += [
        _fragment(definition, root)
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    ]
    names = _VariableNames()
    for part in parts:
        visit(part, names)
    text = "\n".join(print_ast(part) for part in parts)
    return Shape(text, tuple(sorted(names.found)), fields)


def _fragment(fragment: FragmentDefinitionNode, root: str) -> FragmentDefinitionNode:
    if fragment.type_condition.name.value != root:
        return fragment
    return FragmentDefinitionNode(
        name=fragment.name,
        type_condition=fragment.type_condition,
        variable_definitions=fragment.variable_definitions,
        directives=fragment.directives,
        selection_set=_without_arguments(fragment.selection_set),
    )


def _without_arguments(selected: SelectionSetNode) -> SelectionSetNode:
    """The fields of the root type without theirs; what they select keeps its own."""
    return SelectionSetNode(selections=tuple(_bare(node) for node in selected.selections))


def _bare(node: SelectionNode) -> SelectionNode:
    if isinstance(node, FieldNode):
        return FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=(),
            directives=node.directives,
            selection_set=node.selection_set,
        )
    if isinstance(node, InlineFragmentNode):
        return InlineFragmentNode(
            type_condition=node.type_condition,
            directives=node.directives,
            selection_set=_without_arguments(node.selection_set),
        )
    return node  # the fragment itself is looked at


class _VariableNames(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.found.add(node.name.value)
