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
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)

from graphql_api.settings import Settings
from schema.pagination import IDS_MAX, PAGE_DEFAULT
from schema.prices import (
    BATCH_LINES,
    BATCH_LINES_OF,
    COUNT_PRICE,
    EACH_LINE,
    LIST_SIZES,
    SIZED_BY,
    price_of,
)

MERGED_MAX = 2_000  # fields of a document, where those of one place are taken together: about 2 ms
DIGITS_MAX = 11  # with a sign: any number of 32 bits
_COUNTED_MAX = 10**9  # sums over shared fragments can grow exponentially: far above any limit
_INTROSPECTION = frozenset({"__schema", "__type", "__typename"})


@dataclass(frozen=True, slots=True)
class Size:
    """A page size: a number, or a variable and what counts without it. last: of the argument
    `last`, which counts instead unless it is null. within: the variable's own field that is
    meant, where it is an input object."""

    number: int
    variable: str | None = None
    last: Size | None = None
    within: str | None = None

    def given(self, variables: Mapping[str, Any]) -> int:
        last = self.last
        if last is not None and (last.variable is None or variables.get(last.variable) is not None):
            return last.given(variables)
        value = variables.get(self.variable, self.number) if self.variable else self.number
        if self.within is not None and isinstance(value, dict):
            value = value.get(self.within, self.number)
        if isinstance(value, list):
            return len(value)
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
    defaults: Mapping[str, Any] = field(default_factory=dict)

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

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
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
            definition.variable.name.value: _shape(definition.default_value)
            for definition in operation.variable_definitions or ()
            if definition.default_value is not None
        }
        return measure

    def _selection(self, selection_set: SelectionSetNode, parent: Any) -> Measure:
        total = Measure()
        for node in selection_set.selections:
            here = len(node.directives or ())
            self.directives_in_one_place = max(self.directives_in_one_place, here)
            total.directives = _capped(total.directives + here)
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
        is_composite = isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        if name == "totalCount":
            total.once = _capped(total.once + COUNT_PRICE)
        total.cost.own += price_of(parent.name if is_composite else "", name)
        if name in _INTROSPECTION or node.selection_set is None:
            total.depth = max(total.depth, 1)
            return
        definition = parent.fields.get(name) if is_composite else None
        inner = self._selection(
            node.selection_set, get_named_type(definition.type) if definition else None
        )
        total.depth = max(total.depth, inner.depth + 1)
        total.aliases = _capped(total.aliases + inner.aliases)
        total.directives = _capped(total.directives + inner.directives)
        total.cost.own = _capped(total.cost.own + inner.once)
        if inner.each_line.parts:
            lines = BATCH_LINES_OF.get(name, BATCH_LINES)
            total.cost.parts.append((_lines(node, lines), inner.each_line))
        self._add_objects(total, node, parent, definition, inner.cost)

    def _add_objects(
        self, total: Measure, node: FieldNode, parent: Any, definition: Any, inner: Cost
    ) -> None:
        """The objects that the field answers with, and what they hold."""
        size = self._page_size(node, definition)
        place = (parent.name, node.name.value) if definition else ("", "")
        entries = LIST_SIZES.get(place, 0)
        if definition is not None and entries and "first" not in definition.args:
            size = self._list_size(node, parent.name, entries)
        if place in EACH_LINE:
            total.each_line.parts.append((Size(1), Cost(1, [(Size(1), inner)])))
        elif definition is not None and _is_list(definition.type):
            # Each entry is an object of its own; a connection is one, and its page holds them.
            total.cost.parts.append((size, Cost(1, [(Size(1), inner)])))
        else:
            total.cost.own += 1
            total.cost.parts.append((size, inner))

    @staticmethod
    def _list_size(node: FieldNode, parent: str, entries: int) -> Size:
        """Of a list without pages: as declared, or as long as an argument says."""
        wanted = SIZED_BY.get((parent, node.name.value))
        for argument in node.arguments or ():
            if argument.name.value != wanted:
                continue
            if isinstance(argument.value, IntValueNode):
                return Size(_number(argument.value))
            if isinstance(argument.value, ListValueNode):
                return Size(len(argument.value.values))
            if isinstance(argument.value, VariableNode):
                return Size(entries, argument.value.name.value)
        return Size(entries)

    def _page_size(self, node: FieldNode, definition: Any) -> Size:
        if definition is None or "first" not in definition.args:
            return _ids_size(node)
        default = definition.args["first"].default_value
        first, last = Size(_default(default)), None
        for argument in node.arguments or ():
            if argument.name.value not in ("first", "last"):
                continue
            size: Size | None = None
            if isinstance(argument.value, IntValueNode):
                size = Size(_number(argument.value))
            elif isinstance(argument.value, VariableNode):
                size = Size(_default(default), argument.value.name.value)
            if argument.name.value == "first":
                first = size or first
            else:
                last = size
        return Size(first.number, first.variable, last)


def _ids_size(node: FieldNode) -> Size:
    """Of `nodes(ids:)`, one for each id; of any other field, 1."""
    for argument in node.arguments or ():
        if node.name.value == "nodes" and argument.name.value == "ids":
            if isinstance(argument.value, VariableNode):
                return Size(IDS_MAX, argument.value.name.value)
            return Size(len(getattr(argument.value, "values", ())) or 1)
    return Size(1)


def _lines(node: FieldNode, entries: int) -> Size:
    """How many lines a batch has: `lines` of its `input`, written out or a variable; `entries`
    where neither tells. One line alone is a list of one (GraphQL's coercion, section 3.11)."""
    value: Any = next((a.value for a in node.arguments or () if a.name.value == "input"), None)
    if isinstance(value, VariableNode):
        return Size(entries, value.name.value, within="lines")
    fields = value.fields if isinstance(value, ObjectValueNode) else ()
    given = [f.value for f in fields if f.name.value == "lines"]
    if not given:
        return Size(entries)
    if isinstance(given[0], VariableNode):
        return Size(entries, given[0].name.value)
    return Size(len(given[0].values) if isinstance(given[0], ListValueNode) else 1)


def _shape(node: Any, depth: int = 1) -> Any:
    """A variable's default as far as sizes are concerned: a number, a list's length, an input
    object's lists; None of what has no size."""
    if isinstance(node, IntValueNode):
        return _number(node)
    if isinstance(node, ListValueNode):
        return [None] * len(node.values)
    if isinstance(node, ObjectValueNode) and depth:
        return {field.name.value: _shape(field.value, depth - 1) for field in node.fields}
    return None if isinstance(node, NullValueNode) else 1


def _number(node: IntValueNode) -> int:
    """An integer of a document; one of thousands of digits is not even read."""
    text = node.value
    return min(int(text), _COUNTED_MAX) if len(text) <= DIGITS_MAX else _COUNTED_MAX


def _is_list(kind: Any) -> bool:
    return isinstance(get_nullable_type(kind), GraphQLList)


def _default(value: Any) -> int:
    return value if isinstance(value, int) else PAGE_DEFAULT


def _add(total: Measure, part: Measure) -> None:
    total.depth = max(total.depth, part.depth)
    total.aliases = _capped(total.aliases + part.aliases)
    total.directives = _capped(total.directives + part.directives)
    total.fields = _capped(total.fields + part.fields)
    total.once = _capped(total.once + part.once)
    total.cost.parts.append((Size(1), part.cost))
    if part.each_line.parts:
        total.each_line.parts.append((Size(1), part.each_line))


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
    operations = sum(isinstance(d, OperationDefinitionNode) for d in document.definitions)
    _limit(errors, "operations", operations, limits.document_operations_max)
    if errors:
        return DocumentMeasure(errors, costs)
    merged = 0
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            found = one_pass.operation(definition)
            costs[definition.name.value if definition.name else None] = found.cost
            _limit(errors, "levels of depth", found.depth, limits.document_depth_max)
            _limit(errors, "aliases", found.aliases, limits.document_aliases_max)
            _limit(errors, "directives", found.directives, limits.document_directives_max)
            _limit(errors, "root fields", found.fields, limits.document_root_fields_max)
            if not errors:
                merged = _merged_fields(definition, one_pass.fragments, limits, merged, errors)
    in_one_place = one_pass.directives_in_one_place
    most = limits.document_directives_per_field_max
    _limit(errors, "directives in one place", in_one_place, most)
    return DocumentMeasure(errors, costs)


def _merged_fields(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    limits: Settings,
    fields: int,
    errors: list[GraphQLError],
) -> int:
    """How many fields the document has up to this operation, fragments spread; to `errors`: too
    many of them, or too many selections of one field in one place.

    GraphQL validation compares each of them with each other one, and what they hold likewise
    (FieldsInSetCanMerge, section 5.3.2 of its specification): 240 took a quarter of a second.
    As there, selections of one place are those of all equal parents, inline fragments and
    spreads together; a place where the very same selections meet again is looked at once.
    """
    waiting: list[list[SelectionSetNode]] = [[operation.selection_set]]
    seen: set[frozenset[int]] = set()
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
                return fields
            inner = [node.selection_set for node in siblings if node.selection_set is not None]
            if inner:
                waiting.append(inner)
    return fields


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
