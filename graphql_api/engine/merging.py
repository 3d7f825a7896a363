"""Fields of one place that are taken together, as GraphQL's validation and execution do it.

Validation compares each of them with each other one, and what they hold likewise
(FieldsInSetCanMerge, section 5.3.2 of the specification): 240 took a quarter of a second. Here
they are counted, and nearly always found to be one and the same field anyway: then nothing has
to be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    print_ast,
)

MERGED_MAX = 2_000  # fields of a document, where those of one place are taken together: about 2 ms
PAIRS_MAX = 500  # compared one by one, where that must be: about 4 ms

# A selection set and the type whose fields it selects; None: no such type.
_Selected = tuple[SelectionSetNode, Any]


@dataclass(slots=True)
class Merged:
    """A document's fields, fragments spread, as far as its operations were walked.

    fields: how many; pairs: how many of them share a place and a name in the answer; is_same:
    whether all that do are the same field with the same arguments and type, so that they merge.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    equal_siblings_max: int
    fields: int = 0
    pairs: int = 0
    is_same: bool = True
    _printed: dict[int, str] = field(default_factory=dict)

    def walk(self, operation: OperationDefinitionNode) -> str | None:
        """Add an operation; what it has too much of, as a sentence; None: nothing.

        Selections of one place are those of all equal parents, inline fragments and spreads
        together; a place where the very same selections meet again is looked at once.
        """
        root = self.schema.get_root_type(operation.operation)
        waiting: list[list[_Selected]] = [[(operation.selection_set, root)]]
        seen: set[frozenset[int]] = set()
        while waiting:
            place = waiting.pop()
            key = frozenset(id(selections) for selections, _ in place)
            if key in seen:
                continue
            seen.add(key)
            for siblings in self._by_response_name(place).values():
                excess = self._count(siblings)
                if excess is not None:
                    return excess
                inner = list(_inner(siblings))
                if inner:
                    waiting.append(inner)
        if not self.is_same and self.pairs > PAIRS_MAX:
            return f"The document has over {PAIRS_MAX} pairs of fields to compare."
        return None

    def _count(self, siblings: list[tuple[FieldNode, Any]]) -> str | None:
        count, most = len(siblings), self.equal_siblings_max
        self.fields += count
        if count > most:
            return f"The document has {count} equal siblings; at most {most} may be."
        if self.fields > MERGED_MAX:
            return f"The document has over {MERGED_MAX} fields, fragments spread."
        if count > 1:
            self.pairs += count * (count - 1) // 2
            self.is_same = self.is_same and self._are_same(siblings)
        return None

    def _by_response_name(self, place: list[_Selected]) -> dict[str, list[tuple[FieldNode, Any]]]:
        """The fields of all these selections together, each with its parent's type; a fragment
        counts once, as when executed."""
        found: dict[str, list[tuple[FieldNode, Any]]] = {}
        spread: set[str] = set()
        waiting = list(place)
        while waiting:
            selections, parent = waiting.pop()
            for node in selections.selections:
                if isinstance(node, FieldNode):
                    found.setdefault((node.alias or node.name).value, []).append((node, parent))
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    inner = self.schema.get_type(condition.name.value) if condition else parent
                    waiting.append((node.selection_set, inner))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    definition = self.fragments.get(node.name.value)
                    if definition is not None:
                        named = self.schema.get_type(definition.type_condition.name.value)
                        waiting.append((definition.selection_set, named))
        return found

    def _are_same(self, siblings: list[tuple[FieldNode, Any]]) -> bool:
        (first, parent), *others = siblings
        name, kind, arguments = first.name.value, _type_of(first, parent), self._given(first)
        return kind is not None and all(
            other.name.value == name
            and (of is parent or _type_of(other, of) == kind)
            and self._given(other) == arguments
            for other, of in others
        )

    def _given(self, node: FieldNode) -> str:
        """The field's arguments, as they are printed; each field is printed once."""
        if not node.arguments:
            return ""
        printed = self._printed.get(id(node))
        if printed is None:
            printed = ", ".join(sorted(print_ast(argument) for argument in node.arguments))
            self._printed[id(node)] = printed
        return printed


def _inner(siblings: list[tuple[FieldNode, Any]]) -> Iterator[_Selected]:
    for node, parent in siblings:
        if node.selection_set is not None:
            definition = getattr(parent, "fields", {}).get(node.name.value)
            yield node.selection_set, get_named_type(definition.type) if definition else None


def _type_of(node: FieldNode, parent: Any) -> str | None:
    """The field's type as it is written; None: the parent has no such field that we know."""
    if node.name.value == "__typename":
        return "String!"
    definition = getattr(parent, "fields", {}).get(node.name.value)
    return str(definition.type) if definition else None
