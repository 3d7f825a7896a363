"""What a document may ask for: one pass over it measures depth, aliases, directives, root
fields, fragments and cost; another one counts equal siblings (merging.py).

The pass is linear in the document's size: a fragment is measured once, however often it is
spread. Cost goes by page size: see costs.py.
Introspection (`__schema`, `__type`) counts nothing here: it has its own switch, and its
answer's size does not depend on data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
)

from graphql_api.engine.costs import Cost, Size, Sizes, capped, shape
from graphql_api.engine.errors import limit_error
from graphql_api.engine.merging import Merged
from graphql_api.engine.vocabulary import Prices
from graphql_api.settings import Settings

_INTROSPECTION = frozenset({"__schema", "__type", "__typename"})


@dataclass(slots=True)
class Measure:
    """Of a selection, with all its fragments spread. fields: of its own level only; once: what a
    connection costs beside its page, however long that is; each_line: what a batch's payload
    costs for each of its lines, which only the field above knows."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    once: int = 0
    cost: Cost = field(default_factory=Cost)
    each_line: Cost = field(default_factory=Cost)


class _Pass:
    """One document's measuring."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, prices: Prices) -> None:
        self._schema = schema
        self._prices = prices
        self._sizes = Sizes(prices)
        self.fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Measure] = {}
        self.directives_in_one_place = 0

    def operation(self, operation: OperationDefinitionNode) -> Measure:
        root = self._schema.get_root_type(operation.operation)
        measure = self._selection(operation.selection_set, root)
        measure.directives += len(operation.directives or ())
        measure.cost.defaults = {
            definition.variable.name.value: shape(definition.default_value)
            for definition in operation.variable_definitions or ()
            if definition.default_value is not None
        }
        return measure

    def _selection(self, selection_set: SelectionSetNode, parent: Any) -> Measure:
        total = Measure()
        for node in selection_set.selections:
            here = len(node.directives or ())
            self.directives_in_one_place = max(self.directives_in_one_place, here)
            total.directives = capped(total.directives + here)
            if isinstance(node, FieldNode):
                self._add_field(total, node, parent)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                _add(total, self._selection(node.selection_set, inner))
            elif isinstance(node, FragmentSpreadNode):
                _add(total, self._fragment(node.name.value))
        return total

    def _fragment(self, name: str) -> Measure:
        known = self._measured.get(name)
        if known is not None:
            return known
        self._measured[name] = Measure()  # a fragment in itself: another rule refuses it
        definition = self.fragments.get(name)
        if definition is not None:
            condition = self._schema.get_type(definition.type_condition.name.value)
            measure = self._selection(definition.selection_set, condition)
            measure.directives += len(definition.directives or ())
            self._measured[name] = measure
        return self._measured[name]

    def _add_field(self, total: Measure, node: FieldNode, parent: Any) -> None:
        name = node.name.value
        total.fields = capped(total.fields + 1)
        total.aliases = capped(total.aliases + (node.alias is not None))
        is_composite = isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        price = self._prices.of(parent.name if is_composite else "", name)
        if name == "totalCount":
            price += self._prices.count
        if name == "totalCount" or (is_composite and parent.name.endswith("Connection")):
            total.once = capped(total.once + price)  # not for each entry of the page
        else:
            total.cost.own += price
        if name in _INTROSPECTION or node.selection_set is None:
            total.depth = max(total.depth, 1)
            return
        definition = parent.fields.get(name) if is_composite else None
        inner = self._selection(
            node.selection_set, get_named_type(definition.type) if definition else None
        )
        total.depth = max(total.depth, inner.depth + 1)
        total.aliases = capped(total.aliases + inner.aliases)
        total.directives = capped(total.directives + inner.directives)
        total.cost.own = capped(total.cost.own + inner.once)
        if inner.each_line.parts:
            total.cost.parts.append((self._sizes.of_lines(node), inner.each_line))
        self._add_objects(total, node, parent, definition, inner.cost)

    def _add_objects(
        self, total: Measure, node: FieldNode, parent: Any, definition: Any, inner: Cost
    ) -> None:
        """The objects that the field answers with, and what they hold."""
        size = self._sizes.of_page(node, definition)
        place = (parent.name, node.name.value) if definition else ("", "")
        entries = self._prices.list_sizes.get(place, 0)
        if definition is not None and entries and "first" not in definition.args:
            size = self._sizes.of_list(node, parent.name, entries)
        if place in self._prices.each_line:
            total.each_line.parts.append((Size(1), Cost(1, [(Size(1), inner)])))
        elif definition is not None and _is_list(definition.type):
            # Each entry is an object of its own; a connection is one, and its page holds them.
            total.cost.parts.append((size, Cost(1, [(Size(1), inner)])))
        else:
            total.cost.own += 1
            total.cost.parts.append((size, inner))


def _add(total: Measure, part: Measure) -> None:
    total.depth = max(total.depth, part.depth)
    total.aliases = capped(total.aliases + part.aliases)
    total.directives = capped(total.directives + part.directives)
    total.fields = capped(total.fields + part.fields)
    total.once = capped(total.once + part.once)
    total.cost.parts.append((Size(1), part.cost))
    if part.each_line.parts:
        total.each_line.parts.append((Size(1), part.each_line))


@dataclass(frozen=True, slots=True)
class DocumentMeasure:
    """errors: limits that the document breaks, whatever its variables; costs: by operation name
    (None for the one without); is_same: whether fields of one place that have one name in the
    answer are all the same field, so that nobody has to compare them."""

    errors: list[GraphQLError]
    costs: Mapping[str | None, Cost]
    is_same: bool = False


def measure(
    schema: GraphQLSchema, document: DocumentNode, limits: Settings, prices: Prices
) -> DocumentMeasure:
    """Measure `document`. It need not be valid: unknown fields and types count without a size."""
    one_pass = _Pass(schema, document, prices)
    errors: list[GraphQLError] = []
    costs: dict[str | None, Cost] = {}
    fragments = sum(isinstance(d, FragmentDefinitionNode) for d in document.definitions)
    _limit(errors, "fragments", fragments, limits.document_fragments_max)
    operations = sum(isinstance(d, OperationDefinitionNode) for d in document.definitions)
    _limit(errors, "operations", operations, limits.document_operations_max)
    if errors:
        return DocumentMeasure(errors, costs)
    merged = Merged(schema, one_pass.fragments, limits.document_equal_siblings_max)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            found = one_pass.operation(definition)
            found.cost.settle()
            costs[definition.name.value if definition.name else None] = found.cost
            _limit(errors, "levels of depth", found.depth, limits.document_depth_max)
            _limit(errors, "aliases", found.aliases, limits.document_aliases_max)
            _limit(errors, "directives", found.directives, limits.document_directives_max)
            _limit(errors, "root fields", found.fields, limits.document_root_fields_max)
            excess = None if errors else merged.walk(definition)
            if excess is not None:
                errors.append(limit_error(excess))
            if errors:
                break
    in_one_place = one_pass.directives_in_one_place
    most = limits.document_directives_per_field_max
    _limit(errors, "directives in one place", in_one_place, most)
    return DocumentMeasure(errors, costs, merged.is_same)


def _is_list(kind: Any) -> bool:
    return isinstance(get_nullable_type(kind), GraphQLList)


def _limit(errors: list[GraphQLError], what: str, count: int, allowed: int) -> None:
    if count > allowed:
        errors.append(limit_error(f"The document has {count} {what}; at most {allowed} may be."))
