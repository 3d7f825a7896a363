"""What SQLite alone takes for the rows of a batch: the floor under adjustStockBatch.

    python scripts/bench/rows.py [--rounds 40]

The rows that 1,000 movements of 1,000 items write (ledger, levels, items, events), in the product's
own tables with all their indexes, in one transaction each round, without anything of the product
around them: in turn one row a statement, and several (database/sqlite.py). Prints µs of processor
time a movement, means of all rounds.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from graphql_api.database.database import SQLITE_PRAGMAS
from graphql_api.database.sqlite import change_many
from graphql_api.process import migrate_at

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

ROWS = 1_000
WARM_UP = 5
LEVELS = (
    "INSERT INTO level (id, item_id, location_id, quantity, held) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET quantity = excluded.quantity, held = excluded.held"
)
MOVEMENTS = (
    "INSERT INTO movement (id, item_id, location_id, action_type, quantity, old_stock, new_stock, "
    "reason, reference, user_id, occurred_at, recorded_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
EVENTS = (
    "INSERT INTO event (position, topic, kind, subject, roles, user_id, recorded_at, payload) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
ITEMS = "UPDATE item SET stock = ?, held = ?, version = ?, updated_at = ? WHERE id = ?"
NEW_ITEM = (
    "INSERT INTO item (id, sku, sku_key, name, name_key, description, unit, price, stock, "
    "min_stock, admins_only, version, search_text, created_at, updated_at) "
    "VALUES (?, ?, ?, 'Thing', 'thing', '', 'unit', 0, 0, 0, 0, 1, '', 0, 0)"
)
PAYLOAD = "x" * 316  # as long as an event of an item with a short description

Many = Callable[[sqlite3.Connection, str, Sequence[Sequence[Any]]], Any]


def one_by_one(driver: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    driver.executemany(sql, rows)


def opened(file: Path) -> sqlite3.Connection:
    """A database of the product's tables, with items in it."""
    asyncio.run(migrate_at(f"sqlite://{file}"))
    driver = sqlite3.connect(file, isolation_level=None)
    for pragma, value in SQLITE_PRAGMAS.items():
        driver.execute(f"PRAGMA {pragma}={value}")
    driver.executemany(NEW_ITEM, [(n, f"S-{n}", f"s-{n}") for n in range(1, ROWS + 1)])
    return driver


def booked(driver: sqlite3.Connection, many: Many, number: int) -> float:
    """Write the rows of a round; µs of processor time for each movement."""
    first, now = ROWS * (number + 1), 1_700_000_000_000_000 + number
    items = range(1, ROWS + 1)
    began_s = time.process_time()
    driver.execute("BEGIN IMMEDIATE")
    many(
        driver,
        MOVEMENTS,
        [(first + i, i, 1, "RECEIPT", 1, 0, 1, None, None, 1, now, now) for i in items],
    )
    many(driver, LEVELS, [(i, i, 1, number, 0) for i in items])
    many(driver, ITEMS, [(number, 0, number, now, i) for i in items])
    many(
        driver,
        EVENTS,
        [(first + i, "inventory", "STOCK_UPDATED", i, 7, None, now, PAYLOAD) for i in items],
    )
    driver.execute("COMMIT")
    return (time.process_time() - began_s) / ROWS * 1e6


def main(rounds: Annotated[int, typer.Option(min=1, help="Of each way.")] = 40) -> None:
    """Print what each way takes."""
    ways: dict[str, Many] = {
        "one row a statement": one_by_one,
        "several rows a statement": change_many,
    }
    with tempfile.TemporaryDirectory() as folder:
        drivers = {
            name: opened(Path(folder) / f"{number}.sqlite3") for number, name in enumerate(ways)
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + WARM_UP):
            for name, many in ways.items():
                us = booked(drivers[name], many, number)
                if number >= WARM_UP:
                    taken[name].append(us)
        for driver in drivers.values():
            driver.close()
    for name, values in taken.items():
        print(f"{name:26} {statistics.mean(values):6.1f} µs a movement")


if __name__ == "__main__":
    launch("rows.py", main)
