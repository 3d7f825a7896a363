"""A document asks for one password's work at most: a check or a hash costs 64 MiB and time.

Aliases and fragments are looked through, so guessing by the dozen takes documents by the dozen,
which the door (graphql_api/accounts/door.py) and the rate limits count one by one. What a
document cannot tell, whether updateUser brings a password, is judged when it runs (context.py).
"""

from __future__ import annotations

from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)

HASHING = frozenset({"login", "changePassword", "createUser"})


class OnePassword(ValidationRule):
    """Refuses a document whose mutations ask for more than one password's work in all."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._asked = 0

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        if node.operation is not OperationType.MUTATION:
            return
        before, self._asked = self._asked, self._asked + len(self._asked_by(node.selection_set))
        if before <= 1 < self._asked:
            self.report_error(
                GraphQLError(
                    f"The document asks for {self._asked} passwords' work; at most 1 may be: "
                    f"{', '.join(sorted(HASHING))} count, aliases too.",
                    node,
                    extensions={"code": "LIMIT_EXCEEDED"},
                )
            )

    def _asked_by(self, selections: SelectionSetNode) -> set[str]:
        """The names in the answer of fields that hash; each fragment is looked at once."""
        found: set[str] = set()
        seen: set[str] = set()
        waiting = [selections]
        while waiting:
            for node in waiting.pop().selections:
                if isinstance(node, FieldNode):
                    if node.name.value in HASHING:
                        found.add((node.alias or node.name).value)
                elif isinstance(node, InlineFragmentNode):
                    waiting.append(node.selection_set)
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                    seen.add(node.name.value)
                    fragment = self.context.get_fragment(node.name.value)
                    if fragment is not None:
                        waiting.append(fragment.selection_set)
        return found
