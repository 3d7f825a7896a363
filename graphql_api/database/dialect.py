"""The few places where SQLite and PostgreSQL differ in the SQL that we write by hand.

Statements are written once, with `?` for parameters. No statement may hold a literal
question mark.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Any

import orjson


class Dialect(Enum):
    """Which database a connection speaks to."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"

    def statement(self, sql: str) -> str:
        """`sql` with the placeholders that this database's driver wants."""
        return sql if self is Dialect.SQLITE else _numbered(sql)

    def one_of(self, column: str, type_name: str) -> str:
        """A condition: `column` is one of an array parameter made by `array`.

        One placeholder whatever the array's length, so the statement's text is constant
        and its plan can be kept. `type_name` is PostgreSQL's name of the element type.
        """
        if self is Dialect.SQLITE:
            return f"{column} IN (SELECT value FROM json_each(?))"
        return f"{column} = ANY(?::{type_name}[])"

    def array(self, values: Iterable[Any]) -> Any:
        """A parameter for `one_of`."""
        listed = list(values)
        return orjson.dumps(listed).decode() if self is Dialect.SQLITE else listed

    def each(self, type_name: str) -> str:
        """A table of one column, `value`: the elements of an array parameter made by `array`."""
        if self is Dialect.SQLITE:
            return "(SELECT value FROM json_each(?)) each"
        return f"unnest(?::{type_name}[]) AS each(value)"

    def first_of(
        self, table: str, condition: str, order: str, count: int, masked: str | None
    ) -> str:
        """For FROM: the first `count` rows of a table with an `id`, along the index of an order.

        masked: a column of numbers that stands in this index; of these rows only those whose number
        has all bits of a parameter, which is given twice, and no others are fetched. Without it
        PostgreSQL reads the table beside the index; a second way to each row takes it twice as
        long. SQLite would make all columns of rows that no test passes: it gets them by their ids.
        The number of rows stands in the text: a plan that PostgreSQL keeps would reckon with a
        tenth of the table.
        """
        rows = f"FROM {table} WHERE {condition} {order} LIMIT {count}"
        if masked is None and self is Dialect.POSTGRES:
            return f"(SELECT * {rows}) {table}"
        first = f"SELECT id AS first_id {rows}"
        if masked is not None:
            walked = f"SELECT id AS first_id, {masked} {rows}"
            first = f"SELECT first_id FROM ({walked}) walked WHERE {masked} & ? = ?"
        join = "CROSS JOIN" if self is Dialect.SQLITE else "JOIN"
        return f"({first}) first {join} {table} ON {table}.id = first.first_id"

    def place_of(self, part: str, text: str) -> str:
        """An expression: where `part` first stands in `text`, from 1 on; 0: nowhere."""
        name = "instr" if self is Dialect.SQLITE else "strpos"
        return f"{name}({text}, {part})"

    def has(self, text: str) -> str:
        """A condition: the parameter stands in `text`. Of a row with 100 letters PostgreSQL takes
        0.1 µs for it, and 0.5 with LIKE."""
        return f"{self.place_of('?', text)} > 0"

    def best_of_each(
        self,
        table: str,
        column: str,
        type_name: str,
        condition: str,
        direction: str,
        order: str = "id",
    ) -> str:
        """A condition: the row's id is among the first so many, by `order` and under `condition`,
        of the rows that have one of an array parameter's values in `column`.

        Parameters: the array, those of `condition`, and how many of each value. An index over
        (column, order) answers it, however many rows each value has: databases would read all of
        them for `one_of` and an order.
        """
        # PostgreSQL leaves a column out of an order that it knows to be equal to one value, and
        # then may walk all rows by `order`: so it is told of a range.
        is_value = f"{table}.{column} = wanted.value"
        if self is Dialect.POSTGRES:
            is_value = f"{table}.{column} >= wanted.value AND {table}.{column} <= wanted.value"
        first = (
            f"SELECT {table}.id FROM {table} WHERE {is_value} AND {condition} "
            f"ORDER BY {table}.{column} {direction}, {table}.{order} {direction} LIMIT ?"
        )
        if self is Dialect.SQLITE:  # CROSS: each value once, and not for each row of the table
            return (
                "id IN (SELECT found.id FROM json_each(?) wanted "
                f"CROSS JOIN {table} found WHERE found.id IN ({first}))"
            )
        return (
            f"id IN (SELECT found.id FROM unnest(?::{type_name}[]) AS wanted(value) "
            f"CROSS JOIN LATERAL ({first}) found)"
        )


@lru_cache(maxsize=1_024)  # more than all statements of the code base
def _numbered(sql: str) -> str:
    parts = sql.split("?")
    pieces = [parts[0]]
    for number, part in enumerate(parts[1:], start=1):
        pieces.append(f"${number}{part}")
    return "".join(pieces)
