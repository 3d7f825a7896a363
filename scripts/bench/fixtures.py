"""The same inventory for every contestant: what is in it, and how it lies in a SQLite file."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path

ITEMS_COUNT = 1_000  # enough that 16 clients rarely meet on one item
STOCK_START = 1_000_000  # whole units; no run can empty or alarm an item
MIN_STOCK = 5


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item; `price_cents` in hundredths of the currency, stock in whole units."""

    id: str
    sku: str
    name: str
    price_cents: int
    stock: int
    min_stock: int

    @property
    def price(self) -> str:
        """The price as an exact decimal number in a string."""
        return f"{self.price_cents // 100}.{self.price_cents % 100:02}"


def item_rows(count: int = ITEMS_COUNT) -> list[ItemRow]:
    """`count` items in SKU order, the same in every process and on every run."""
    return [
        ItemRow(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"item {number}")),
            sku=f"SKU-{number:06}",
            name=f"Item number {number:06}",
            price_cents=1_000 + number,
            stock=STOCK_START,
            min_stock=MIN_STOCK,
        )
        for number in range(count)
    ]


def write_sqlite(path: Path, count: int = ITEMS_COUNT) -> None:
    """Make the file that Apollo Server reads in the measure `items, SQLite`."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(
            "CREATE TABLE item (id TEXT PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
            " price_cents INTEGER NOT NULL, stock INTEGER NOT NULL, min_stock INTEGER NOT NULL)"
        )
        database.executemany(
            "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)",
            [
                (row.id, row.sku, row.name, row.price_cents, row.stock, row.min_stock)
                for row in item_rows(count)
            ],
        )
    database.close()
