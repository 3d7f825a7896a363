"""What an operation costs, and where sizes stand in a document.

An object counts 1, and a field with a page size multiplies what it holds by it. Sizes given by
variables are filled in when the variables are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    VariableNode,
)

from graphql_api.engine.vocabulary import Prices

DIGITS_MAX = 11  # with a sign: any number of 32 bits
COUNTED_MAX = 10**9  # sums over shared fragments can grow exponentially: far above any limit


@dataclass(frozen=True, slots=True)
class Size:
    """A page size: a number, or a variable and what counts without it. last: of the argument
    `last`, which counts instead unless it is null. within: the variable's own field that is
    meant, where it is an input object."""

    number: int
    variable: str | None = None
    last: Size | None = None
    within: str | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether no variable says anything to it."""
        return self.variable is None and (self.last is None or self.last.variable is None)

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
            return self.number
        # JSON's 100.0 is an Int too; what is no size is refused when it is used.
        is_size = isinstance(value, int | float) and value > 0
        return int(min(value, COUNTED_MAX)) if is_size else 1


@dataclass(slots=True, eq=False)
class Cost:
    """own, plus each part times its page size. Parts are shared between spreads, and fragments
    between operations; defaults: of an operation's variables, where they have one. fixed: what
    it is whatever the variables, None where that is not so, or not known yet."""

    own: int = 0
    parts: list[tuple[Size, Cost]] = field(default_factory=list)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: int | None = None

    def settle(self) -> None:
        """Work it out once for all, as far as no variable says anything to it: most operations
        altogether, and what stands on a page of those that say its size."""
        folded = _folded(self, {})
        self.own, self.parts = folded.own, folded.parts
        if not self.parts:
            self.fixed = self.own

    def given(self, variables: Mapping[str, Any]) -> int:
        """The cost with these variables; each shared part is computed once."""
        if self.fixed is not None:
            return self.fixed
        return _given(self, {**self.defaults, **variables}, {})


def _folded(cost: Cost, known: dict[int, Cost]) -> Cost:
    """The same, with the parts that no variable says anything to in `own`. A copy, since other
    operations have parts of it too. known: what was folded."""
    folded = known.get(id(cost))
    if folded is None:
        folded = known[id(cost)] = Cost(cost.own)
        for size, part in cost.parts:
            inner = _folded(part, known)
            if inner.parts or not size.is_fixed:
                folded.parts.append((size, inner))
            else:
                folded.own = min(folded.own + size.given({}) * inner.own, COUNTED_MAX)
    return folded


def _given(cost: Cost, variables: Mapping[str, Any], known: dict[int, int]) -> int:
    total = known.get(id(cost))
    if total is None:
        total = cost.own
        for size, part in cost.parts:
            count = size.given(variables)
            total += count * (_given(part, variables, known) if part.parts else part.own)
        known[id(cost)] = total = min(total, COUNTED_MAX)
    return total


class Sizes:
    """Reads page sizes, and the lengths of lists without pages, off a document's fields."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices

    def of_list(self, node: FieldNode, parent: str, entries: int) -> Size:
        """Of a list without pages: as declared, or as long as an argument says."""
        wanted = self._prices.sized_by.get((parent, node.name.value))
        for argument in node.arguments or ():
            if argument.name.value != wanted:
                continue
            if isinstance(argument.value, IntValueNode):
                return Size(number_of(argument.value))
            if isinstance(argument.value, ListValueNode):
                return Size(len(argument.value.values))
            if isinstance(argument.value, VariableNode):
                return Size(entries, argument.value.name.value)
        return Size(entries)

    def of_page(self, node: FieldNode, definition: Any) -> Size:
        if definition is None or "first" not in definition.args:
            return self._of_ids(node)
        default = definition.args["first"].default_value
        first, last = Size(self._default(default)), None
        for argument in node.arguments or ():
            if argument.name.value not in ("first", "last"):
                continue
            size: Size | None = None
            if isinstance(argument.value, IntValueNode):
                size = Size(number_of(argument.value))
            elif isinstance(argument.value, VariableNode):
                size = Size(self._default(default), argument.value.name.value)
            if argument.name.value == "first":
                first = size or first
            else:
                last = size
        return Size(first.number, first.variable, last)

    def _of_ids(self, node: FieldNode) -> Size:
        """Of a field by ids, one for each id; of any other field, 1."""
        for argument in node.arguments or ():
            if node.name.value in self._prices.by_ids and argument.name.value == "ids":
                if isinstance(argument.value, VariableNode):
                    return Size(self._prices.ids_max, argument.value.name.value)
                return Size(len(getattr(argument.value, "values", ())) or 1)
        return Size(1)

    def of_lines(self, node: FieldNode) -> Size:
        """How many lines a batch has: `lines` of its `input`, written out or a variable; as many
        as there may be where neither tells. One line alone is a list of one (GraphQL's coercion,
        section 3.11)."""
        entries = self._prices.batch_lines_of.get(node.name.value, self._prices.batch_lines)
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

    def _default(self, value: Any) -> int:
        return value if isinstance(value, int) else self._prices.page


def shape(node: Any, depth: int = 1) -> Any:
    """A variable's default as far as sizes are concerned: a number, a list's length, an input
    object's lists; None of what has no size."""
    if isinstance(node, IntValueNode):
        return number_of(node)
    if isinstance(node, ListValueNode):
        return [None] * len(node.values)
    if isinstance(node, ObjectValueNode) and depth:
        return {field.name.value: shape(field.value, depth - 1) for field in node.fields}
    return None if isinstance(node, NullValueNode) else 1


def number_of(node: IntValueNode) -> int:
    """An integer of a document; one of thousands of digits is not even read."""
    text = node.value
    return min(int(text), COUNTED_MAX) if len(text) <= DIGITS_MAX else COUNTED_MAX


def capped(number: int) -> int:
    """A count, far above any limit at most."""
    return min(number, COUNTED_MAX)
