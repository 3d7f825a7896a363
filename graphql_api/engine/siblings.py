"""Selections of one field in one place, which GraphQL compares each with each other."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

MERGED_MAX = 2_000  # fields of a document, where those of one place are taken together: about 2 ms


def merged_fields(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    siblings_max: int,
    fields: int,
) -> tuple[int, str]:
    """How many fields the document has up to this operation, fragments spread, when it had
    `fields` before; and what is too much, in words: too many of them, or too many selections of
    one field in one place. "": nothing is.

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
            if len(siblings) > siblings_max:
                words = f"The document has {len(siblings)} equal siblings"
                return fields, f"{words}; at most {siblings_max} may be."
            if fields > MERGED_MAX:
                return fields, f"The document has over {MERGED_MAX} fields, fragments spread."
            inner = [node.selection_set for node in siblings if node.selection_set is not None]
            if inner:
                waiting.append(inner)
    return fields, ""


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
