"""What rules judge, as the database has it: items, and places with a minimum of their own.

Called by the scheduled check (check.py) for many, and by the reactor (reactor.py) for what changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from graphql_api.alerts.rules import HAD_STOCK, PLACE_RULES, Basis, Rule, Subject
from graphql_api.database.connection import Connection

WIDTH = 11  # columns of a subject

# Whether there ever was any of the item at the place. By the index of the item's movements.
_HAD_STOCK_THERE = (
    "EXISTS (SELECT 1 FROM movement v WHERE v.item_id = m.item_id "
    "AND v.location_id = m.location_id AND v.quantity > 0)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where subjects of a kind are read. key: the column that pages go by, and keys of alerts;
    columns: WIDTH of them, see `subject_of`; tables: with the item as `i`."""

    key: str
    columns: str
    tables: str


ITEMS = Source(
    "i.id",
    "i.id, i.sku, i.name, i.stock, i.min_stock, i.admins_only, "
    "coalesce(i.deleted_at, i.archived_at) IS NOT NULL, "
    f"(i.stock > 0 OR i.min_stock > 0 OR {HAD_STOCK}), NULL, NULL, NULL",
    "item i",
)
PLACES = Source(
    "m.id",
    "i.id, i.sku, i.name, coalesce(l.quantity, 0), coalesce(m.min_stock, 0), i.admins_only, "
    "(i.deleted_at IS NOT NULL OR i.archived_at IS NOT NULL OR p.archived_at IS NOT NULL "
    "OR m.min_stock IS NULL), "
    f"(l.quantity > 0 OR m.min_stock > 0 OR {_HAD_STOCK_THERE}), "
    "m.location_id, p.code, m.id",
    "level_minimum m JOIN item i ON i.id = m.item_id JOIN location p ON p.id = m.location_id "
    "LEFT JOIN level l ON l.item_id = m.item_id AND l.location_id = m.location_id",
)

# What of a subject's stock nobody holds (Basis.figure), by the SQL of that stock. Whether there
# ever was any at a place goes by l.quantity itself.
_AVAILABLE = {
    "i.stock": "(CASE WHEN i.stock > i.held THEN i.stock - i.held ELSE 0 END)",
    "coalesce(l.quantity, 0)": (
        "(CASE WHEN l.quantity > l.held THEN l.quantity - l.held ELSE 0 END)"
    ),
}


def source_of(rule: Rule, basis: Basis) -> Source:
    """Where the subjects of a rule are read, to be judged by `basis`."""
    source = PLACES if rule in PLACE_RULES else ITEMS
    return replace(source, columns=judged(source.columns, basis))


def judged(sql: str, basis: Basis) -> str:
    """SQL that speaks of the stock of an item or of a place, with what `basis` judges instead."""
    if basis is Basis.AVAILABLE:
        for stock, available in _AVAILABLE.items():
            sql = sql.replace(stock, available)
    return sql


def subject_of(row: Any) -> Subject:
    """The subject in the first WIDTH columns of a row."""
    (item_id, sku, name, stock, min_stock, admins_only, is_over, had_stock, *place) = tuple(row)[
        :WIDTH
    ]
    location_id, location_code, minimum_id = place
    return Subject(
        item_id, sku, name, stock, min_stock, admins_only, bool(is_over), bool(had_stock),
        location_id=location_id, location_code=location_code, minimum_id=minimum_id,
    )  # fmt: skip


async def subjects_of(connection: Connection, source: Source, ids: Iterable[int]) -> list[Subject]:
    """Those with these ids of the source's key, by it; one statement."""
    return await _subjects(connection, source, source.key, ids)


async def places_of(connection: Connection, item_ids: Iterable[int]) -> list[Subject]:
    """The places with a minimum of these items, by stock; one statement."""
    return await _subjects(connection, PLACES, "m.item_id", item_ids)


async def minimum_ids_of(connection: Connection, item_ids: Iterable[int]) -> list[int]:
    """The ids of these items' places' minimums; one statement."""
    rows = await connection.rows(
        "SELECT id FROM level_minimum WHERE " + connection.dialect.one_of("item_id", "bigint"),
        connection.dialect.array(item_ids),
    )
    return [row[0] for row in rows]


async def _subjects(
    connection: Connection, source: Source, column: str, ids: Iterable[int]
) -> list[Subject]:
    rows = await connection.rows(
        f"SELECT {source.columns} FROM {source.tables} WHERE "
        + connection.dialect.one_of(column, "bigint")
        + f" ORDER BY {source.key}",
        connection.dialect.array(ids),
    )
    return [subject_of(row) for row in rows]
