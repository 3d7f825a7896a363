"""What is kept at some locations, as conditions and tables for SQL. location_ids: with the places
that lie in them (Locations.nested). Called by catalogue.py and figures.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api.database.connection import Connection
from graphql_api.database.dialect import Dialect

FETCHED_MAX = 2_000  # items of places: so many are fetched by their ids and sorted, in some ms
NO_MOVEMENT = 2**62  # an id beyond all

Condition = tuple[str, list[Any]]  # with its parameters


@dataclass(frozen=True, slots=True)
class Kept:
    """Items, from the table `item`, of which there is stock at some locations. condition: to be
    tested for each row. all_of_them: of many of them, what reads every one, for where walking
    along the sort meets too few (all that is in the yard comes last); None: they are few."""

    condition: Condition
    all_of_them: Condition | None


async def items_kept_at(reading: Connection, location_ids: Sequence[int]) -> Kept:
    """What is kept there; looks first how many there are."""
    at, array = at_locations(reading.dialect, "location_id", location_ids)
    there = f"SELECT item_id FROM level WHERE {at} AND quantity > 0"
    rows = await reading.rows(f"{there} LIMIT ?", *array, FETCHED_MAX + 1)
    if len(rows) <= FETCHED_MAX:
        ids = reading.dialect.array({row[0] for row in rows})
        return Kept((reading.dialect.one_of("item.id", "bigint"), [ids]), None)
    at, array = at_locations(reading.dialect, "kept.location_id", location_ids)
    tested = (
        f"EXISTS (SELECT 1 FROM level kept WHERE kept.item_id = item.id AND {at} "
        "AND kept.quantity > 0)"
    )
    return Kept((tested, array), (f"item.id IN ({there})", array))


def at_locations(dialect: Dialect, column: str, location_ids: Sequence[int]) -> Condition:
    """Rows whose `column` is one of these locations."""
    return dialect.one_of(column, "bigint"), [dialect.array(location_ids)]


def items_with_units(dialect: Dialect, location_ids: Sequence[int] | None) -> Condition:
    """`item`, with how many units are there as `there`: all of its stock, or what is at some
    locations, without those items that have none there."""
    if location_ids is None:
        return "(SELECT item.*, stock AS there FROM item) item", []
    at, array = at_locations(dialect, "location_id", location_ids)
    return (
        "item JOIN (SELECT item_id AS kept_id, sum(quantity) AS there FROM level "
        f"WHERE {at} AND quantity > 0 GROUP BY item_id) kept ON kept_id = item.id",
        array,
    )


def movements_within(
    dialect: Dialect, column: str, span: tuple[int, int], location_ids: Sequence[int] | None
) -> Condition:
    """`movement m` whose time in `column` is from the first of `span` on and before the second: of
    all locations, or of these. By the index of a location's movements where ids rise with that
    time, as they do with recorded_at."""
    start_us, end_us = span
    within = f"m.{column} >= ? AND m.{column} < ?"
    if location_ids is None:
        return within, [start_us, end_us]
    at, array = at_locations(dialect, "m.location_id", location_ids)
    if column != "recorded_at":
        return f"{within} AND {at}", [start_us, end_us, *array]
    return (
        f"{within} AND {at} AND m.id >= coalesce((SELECT min(f.id) FROM movement f "
        "WHERE f.recorded_at = (SELECT min(recorded_at) FROM movement WHERE recorded_at >= ?)), "
        f"{NO_MOVEMENT})",
        [start_us, end_us, *array, start_us],
    )


def comes_or_goes(dialect: Dialect, location_ids: Sequence[int] | None) -> Condition:
    """Whether `movement m` changes how much there is: no transfer, or one that crosses the border
    of these locations. The two lines of a transfer stand next to each other in the ledger, but for
    the id of a new level, the one that takes away first."""
    if location_ids is None:
        return "m.action_type <> 'TRANSFER'", []
    at, array = at_locations(dialect, "o.location_id", location_ids)
    other = "m.id - CASE WHEN m.quantity > 0 THEN 1 ELSE -1 END"
    further = "m.id - CASE WHEN m.quantity > 0 THEN 2 ELSE -2 END"
    return (
        "(m.action_type <> 'TRANSFER' OR NOT EXISTS (SELECT 1 FROM movement o "
        f"WHERE o.id IN ({other}, {further}) AND o.item_id = m.item_id "
        f"AND o.quantity = -m.quantity AND o.action_type = 'TRANSFER' AND {at}))",
        array,
    )


async def units_at(
    reading: Connection, item_ids: Sequence[int], location_ids: Sequence[int]
) -> dict[int, int]:
    """Item id → how many units are at these locations."""
    at, array = at_locations(reading.dialect, "location_id", location_ids)
    rows = await reading.rows(
        f"SELECT item_id, sum(quantity) FROM level WHERE {at} AND "
        + reading.dialect.one_of("item_id", "bigint")
        + " GROUP BY item_id",
        *array,
        reading.dialect.array(item_ids),
    )
    return dict.fromkeys(item_ids, 0) | {row[0]: int(row[1]) for row in rows}
