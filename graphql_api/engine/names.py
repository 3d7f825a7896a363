"""Python's names as GraphQL has them, each worked out once.

Strawberry asks for the name of every argument with every call of its field, and spells it anew.
"""

from __future__ import annotations

from strawberry.schema.name_converter import NameConverter


class Names(NameConverter):
    """Strawberry's own rule, remembered: there are no more names than the schema has."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, str] = {}

    def apply_naming_config(self, name: str) -> str:
        """`snake_case` as `camelCase`."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = super().apply_naming_config(name)
        return known
