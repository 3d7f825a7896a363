"""Reading items of a part of a sort, in its order, along its index. Pure; for catalogue.py."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from graphql_api.database.dialect import Dialect
from graphql_api.database.keyset import Keyset, keyset
from graphql_api.inventory.conditions import Where

SKU_AT = 2  # in a row of a walk: behind its place and its id


@dataclass(frozen=True, slots=True)
class SortedRead:
    """Statements, with their parameters. key: the column that the sort goes by; columns: of an
    item, `id` and `sku` before all others (item_reading.py). mask: bits that the signatures have
    of all that a walk looks for (texts/signatures.py); 0: nothing is known of them."""

    dialect: Dialect
    key: str
    columns: str
    descending: bool
    after: tuple[Any, int] | None
    until: tuple[Any, int] | None
    backwards: bool
    mask: int

    @property
    def _place(self) -> Keyset:
        key = f"({self.key}, id)"
        return keyset(key, self.descending, self.after, self.until, self.backwards, "(?, ?)")

    def beyond(self, place: tuple[Any, int]) -> SortedRead:
        """What comes behind this place, in the direction in which it is read."""
        return replace(self, until=place) if self.backwards else replace(self, after=place)

    def matching(self, where: Where, limit: int) -> tuple[Any, ...]:
        place = self._place
        return (
            f"SELECT {self.key}, {self.columns} FROM item WHERE {where.sql} "
            f"AND {place.condition} {self._in_order(place)} LIMIT ?",
            *where.parameters,
            *place.parameters,
            limit,
        )

    def walking(self, tests: Where, rows: int, limit: int) -> tuple[Any, ...]:
        """The first `limit` of the next `rows` that pass the tests. Behind them, if they are fewer,
        the last of these rows, without a SKU; it is missing where the sort has no more."""
        place, nothing = self._place, ", NULL" * self.columns.count(", ")
        order, key = self._in_order(place), self.key
        masked = "signature" if self.mask else None
        first = self.dialect.first_of("item", place.condition, order, rows, masked)
        return (
            f"SELECT place, {self.columns} FROM (WITH hits AS ("
            f"SELECT {key} AS place, {self.columns} FROM {first} "
            f"WHERE {tests.sql} {order} LIMIT ?) "
            f"SELECT place, {self.columns}, 1 AS wanted FROM hits "
            f"UNION ALL SELECT place, id{nothing}, 0 FROM (SELECT {key} AS place, id FROM item "
            f"WHERE {place.condition} {order} LIMIT 1 OFFSET {rows - 1}) newest "
            "WHERE (SELECT count(*) FROM hits) < ?) walked "
            f"ORDER BY wanted DESC, place {place.direction}, id {place.direction}",
            *place.parameters,
            *((self.mask, self.mask) if self.mask else ()),
            *tests.parameters,
            limit,
            *place.parameters,
            limit,
        )

    def _in_order(self, place: Keyset) -> str:
        return f"ORDER BY {self.key} {place.direction}, id {place.direction}"
