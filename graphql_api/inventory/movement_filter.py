"""Which movements: a filter as clients give it, and as a condition of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql_api.database.dialect import Dialect
from graphql_api.inventory.movement_terms import REASON, REFERENCE, wanted_terms
from graphql_api.inventory.movements import ActionType

# For a page, each movement's item is looked at; a count reads all items once.
_VISIBLE = "(SELECT admins_only FROM item WHERE item.id = movement.item_id) = 0"
_OF_VISIBLE_ITEMS = "item_id NOT IN (SELECT id FROM item WHERE admins_only = 1)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementFilter:
    """None: not filtered by this. An empty tuple matches nothing.

    reference, reason: words that they must have, each by its beginning (movement_terms.py); a
    blank text does not filter.
    occurred_from_us, occurred_to_us: both included.
    """

    item_ids: tuple[int, ...] | None = None
    location_ids: tuple[int, ...] | None = None
    action_types: tuple[ActionType, ...] | None = None
    user_ids: tuple[int, ...] | None = None
    reference: str | None = None
    reason: str | None = None
    occurred_from_us: int | None = None
    occurred_to_us: int | None = None
    sees_admins: bool = False

    @property
    def by_time(self) -> bool:
        """Whether its movements go by when they happened, not by the ledger's order."""
        return self.occurred_from_us is not None or self.occurred_to_us is not None

    @property
    def times(self) -> MovementFilter:
        """Of it the time alone."""
        return MovementFilter(
            occurred_from_us=self.occurred_from_us,
            occurred_to_us=self.occurred_to_us,
            sees_admins=True,
        )

    @property
    def terms(self) -> list[str]:
        """What terms must begin with."""
        return [term for terms in self._terms_of_each for term in terms]

    @property
    def values(self) -> list[tuple[str, Sequence[Any], str]]:
        """The columns that must have one of some values, with these and their type in
        PostgreSQL: those first of which a value usually has the fewest movements."""
        types = None if self.action_types is None else [kind.value for kind in self.action_types]
        given: list[tuple[str, Sequence[Any] | None, str]] = [
            ("item_id", self.item_ids, "bigint"),
            ("user_id", self.user_ids, "bigint"),
            ("location_id", self.location_ids, "bigint"),
            ("action_type", types, "text"),
        ]
        return [
            (column, list(dict.fromkeys(wanted)), kind)
            for column, wanted, kind in given
            if wanted is not None
        ]

    @property
    def leading(self) -> tuple[str, Sequence[Any], str] | None:
        """The one of `values` that leads to the others."""
        return next(iter(self.values), None)

    @property
    def finds_nothing(self) -> bool:
        """Whether no movement can be of it: an empty list, or a text without a word."""
        has_wordless = any(not terms for terms in self._terms_of_each)
        return has_wordless or any(not wanted for _, wanted, _ in self.values)

    @property
    def _terms_of_each(self) -> list[list[str]]:
        given = ((REFERENCE, self.reference), (REASON, self.reason))
        return [wanted_terms(mark, text) for mark, text in given if text and not text.isspace()]


@dataclass(slots=True)
class Where:
    """A condition with its parameters, in their order."""

    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def plus(self, condition: str, *parameters: Any) -> Where:
        """A narrower one."""
        return Where([*self.conditions, condition], [*self.parameters, *parameters])

    @property
    def sql(self) -> str:
        return " AND ".join(self.conditions) or "1 = 1"


def where_of(wanted: MovementFilter, dialect: Dialect, *, counts: bool = False) -> Where:
    """The condition of a filter, but for its words, over the table `movement`. counts: for a
    statement that reads all that fits."""
    where = Where()
    for column, values, type_name in wanted.values:
        if len(values) == 1:  # an index that goes on by id is in the list's order then
            where = where.plus(f"{column} = ?", values[0])
        else:
            where = where.plus(dialect.one_of(column, type_name), dialect.array(values))
    if wanted.occurred_from_us is not None:
        where = where.plus("occurred_at >= ?", wanted.occurred_from_us)
    if wanted.occurred_to_us is not None:
        where = where.plus("occurred_at <= ?", wanted.occurred_to_us)
    if wanted.sees_admins:
        return where
    return where.plus(_OF_VISIBLE_ITEMS if counts else _VISIBLE)
