"""What a document may ask for: one pass over it measures depth, aliases, directives, root
fields, fragments and cost; another one counts equal siblings.

The pass is linear in the document's size: a fragment is measured once, however often it is
spread. Cost goes by page size: an object counts 1, and a field with `first` multiplies what
it holds by it. Sizes given by variables are filled in when the variables are known.
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
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from graphql_api.settings import Settings
from schema.pagination import PAGE_DEFAULT

MERGED_MAX = 10_000  # fields, where selections of one place are taken together: about 10 ms
_COUNTED_MAX = 10**9  # sums over shared fragments can grow exponentially: far above any limit
_INTROSPECTION = frozenset({"__schema", "__type", "__typename"})


@dataclass(frozen=True, slots=True)
class Size:
    """A page size: a number, or a variable and what counts without it."""

    number: int
    variable: str | None = None

    def given(self, variables: Mapping[str, Any]) -> int:
        value = variables.get(self.variable, self.number) if self.variable else self.number
        if value is None:
            return PAGE_DEFAULT
        # JSON's 100.0 is an Int too; what is no size is refused when it is used.
        is_size = isinstance(value, int | float) and value > 0
        return int(min(value, _COUNTED_MAX)) if is_size else 1


@dataclass(slots=True, eq=False)
class Cost:
    """own, plus each part times its page size. Parts are shared between spreads, and fragments
    between operations; defaults: of an operation's variables, where they have one."""

    own: int = 0
    parts: list[tuple[Size, Cost]] = field(default_factory=list)
    defaults: Mapping[str, int] = field(default_factory=dict)

    def given(self, variables: Mapping[str, Any]) -> int:
        """The cost with these variables; each shared part is computed once."""
        return _given(self, {**self.defaults, **variables}, {})


def _given(cost: Cost, variables: Mapping[str, Any], known: dict[int, int]) -> int:
    total = known.get(id(cost))
    if total is None:
        total = cost.own + sum(
            size.given(variables) * _given(part, variables, known) for size, part in cost.parts
        )
        known[id(cost)] = total = min(total, _COUNTED_MAX)
    return total


@dataclass(slots=True)
class Measure:
    """Of a selection, with all its fragments spread. fields: of its own level only."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    cost: Cost = field(default_factory=Cost)


class _Pass:
    """One document's measuring."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self.fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Measure] = {}

    def operation(self, operation: OperationDefinitionNode) -> Measure:
        root = self._schema.get_root_type(operation.operation)
        measure = self._selection(operation.selection_set, root)
        measure.directives += len(operation.directives or ())
        measure.cost.defaults = {
            definition.variable.name.value: int(definition.default_value.value)
            for definition in operation.variable_definitions or ()
            if isinstance(definition.default_value, IntValueNode)
        }
        return measure

    def _selection(self, selection_set: SelectionSetNode, parent: Any) -> Measure:
        total = Measure()
        for node in selection_set.selections:
            total.directives = _capped(total.directives + len(node.directives or ()))
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
        total.fields = _capped(total.fields + 1)
        total.aliases = _capped(total.aliases + (node.alias is not None))
        if name in _INTROSPECTION or node.selection_set is None:
            total.depth = max(total.depth, 1)
            return
        is_composite = isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        definition = parent.fields.get(name) if is_composite else None
        inner = self._selection(
            node.selection_set, get_named_type(definition.type) if definition else None
        )
        total.depth = max(total.depth, inner.depth + 1)
        total.aliases = _capped(total.aliases + inner.aliases)
        total.directives = _capped(total.directives + inner.directives)
        total.cost.own += 1
        total.cost.parts.append((self._page_size(node, definition), inner.cost))

    def _page_size(self, node: FieldNode, definition: Any) -> Size:
        if definition is None or "first" not in definition.args:
            return Size(1)
        default = definition.args["first"].default_value
        for argument in node.arguments or ():
            if argument.name.value != "first":
                continue
            if isinstance(argument.value, IntValueNode):
                return Size(min(int(argument.value.value), _COUNTED_MAX))
            if isinstance(argument.value, VariableNode):
                return Size(_default(default), argument.value.name.value)
        return Size(_default(default))


def _default(value: Any) -> int:
    return value if isinstance(value, int) else PAGE_DEFAULT


def _add(total: Measure, part: Measure) -> None:
    total.depth = max(total.depth, part.depth)
    total.aliases = _capped(total.aliases + part.aliases)
    total.directives = _capped(total.directives + part.directives)
    total.fields = _capped(total.fields + part.fields)
    total.cost.parts.append((Size(1), part.cost))


def _capped(number: int) -> int:
    return min(number, _COUNTED_MAX)


@dataclass(frozen=True, slots=True)
class DocumentMeasure:
    """errors: limits that the document breaks, whatever its variables; costs: by operation name
    (None for the one without)."""

    errors: list[GraphQLError]
    costs: Mapping[str | None, Cost]


def measure(schema: GraphQLSchema, document: DocumentNode, limits: Settings) -> DocumentMeasure:
    """Measure `document`. It need not be valid: unknown fields and types count without a size."""
    one_pass = _Pass(schema, document)
    errors: list[GraphQLError] = []
    costs: dict[str | None, Cost] = {}
    fragments = sum(isinstance(d, FragmentDefinitionNode) for d in document.definitions)
    _limit(errors, "fragments", fragments, limits.document_fragments_max)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            found = one_pass.operation(definition)
            costs[definition.name.value if definition.name else None] = found.cost
            _limit(errors, "levels of depth", found.depth, limits.document_depth_max)
            _limit(errors, "aliases", found.aliases, limits.document_aliases_max)
            _limit(errors, "directives", found.directives, limits.document_directives_max)
            _limit(errors, "root fields", found.fields, limits.document_root_fields_max)
            if not errors:
                errors += _sibling_errors(definition, one_pass.fragments, limits)
    return DocumentMeasure(errors, costs)


def _sibling_errors(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    limits: Settings,
) -> list[GraphQLError]:
    """Too many selections of one field in one place.

    GraphQL validation compares each of them with each other one, and what they hold likewise
    (FieldsInSetCanMerge, section 5.3.2 of its specification): 240 took a quarter of a second.
    As there, selections of one place are those of all equal parents, inline fragments and
    spreads together; a place where the very same selections meet again is looked at once.
    """
    errors: list[GraphQLError] = []
    waiting: list[list[SelectionSetNode]] = [[operation.selection_set]]
    seen: set[frozenset[int]] = set()
    fields = 0
    while waiting:
        place = waiting.pop()
        key = frozenset(map(id, place))
        if key in seen:
            continue
        seen.add(key)
        for siblings in _by_response_name(place, fragments).values():
            fields += len(siblings)
            _limit(errors, "equal siblings", len(siblings), limits.document_equal_siblings_max)
            if fields > MERGED_MAX:
                errors.append(
                    limit_error(f"The document has over {MERGED_MAX} fields, fragments spread.")
                )
            if errors:
                return errors
            inner = [node.selection_set for node in siblings if node.selection_set is not None]
            if inner:
                waiting.append(inner)
    return errors


def _by_response_name(
    place: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> dict[str, list[FieldNode]]:
    """The fields of all these selections together; a fragment counts once, as when executed."""
    found: dict[str, list[FieldNode]] = {}
    spread: set[str] = set()
    waiting = list(place)
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                definition = fragments.get(node.name.value)
                if definition is not None:
                    waiting.append(definition.selection_set)
    return found


def _limit(errors: list[GraphQLError], what: str, count: int, allowed: int) -> None:
    if count > allowed:
        errors.append(limit_error(f"The document has {count} {what}; at most {allowed} may be."))


def limit_error(message: str) -> GraphQLError:
    """A limit that was exceeded."""
    return GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED"})
