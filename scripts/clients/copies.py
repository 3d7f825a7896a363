"""Files that hold a copy of the stock, each with its place in the server's log. Used by mirror.py.

The place is written with the rows, in one step that happens or does not: an SQLite transaction,
or a CSV file that is replaced whole. So the file can be left at any instant, and whoever opens it
next goes on from exactly what it holds. An item's `version` decides which state is newer: what
comes twice changes nothing.
"""

from __future__ import annotations

import csv
import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from graphql_api.client import Failed

COLUMNS = {
    "id": "INTEGER PRIMARY KEY",
    "sku": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "category": "TEXT",
    "barcode": "TEXT",
    "unit": "TEXT NOT NULL",
    "price": "TEXT NOT NULL",  # a decimal number: exact, never a float
    "stock": "INTEGER NOT NULL",
    "minStock": "INTEGER NOT NULL",
    "status": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "updatedAt": "TEXT NOT NULL",
}
FIELDS = " ".join(COLUMNS)  # as a GraphQL selection of an item
CURSOR = "cursor"  # the CSV file's last column, the same in each row
DRAFT = ".new"  # what a CSV file is called until it is whole

Item = dict[str, Any]  # FIELDS → values, as the server tells them


class Copy(Protocol):
    """A copy of the stock. What is put and removed is kept by `keep`, or not at all."""

    def place(self) -> str | None:
        """The cursor up to which the copy is complete; None: it holds nothing yet."""

    def clear(self) -> None:
        """Begin afresh; what is there stays until `keep`."""

    def put(self, items: Iterable[Item]) -> None:
        """Take these states, where they are newer than what is there."""

    def remove(self, item_id: str) -> None:
        """The item was deleted or archived; its next state may bring it back."""

    def keep(self, cursor: str) -> None:
        """Everything up to `cursor` was put: make it last."""

    def close(self) -> None:
        """Let go of the file; what was not kept is lost."""


class SqliteCopy:
    """A table `item`, and a table `place` of one row. Others may read it at any time."""

    def __init__(self, path: Path) -> None:
        """Raises Failed for a file that is something else."""
        try:
            self._connection = sqlite3.connect(path, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise Failed(f"{path}: {error}") from None
        names = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")  # readers are never held up
            self._connection.execute(f"CREATE TABLE IF NOT EXISTS item ({names})")
            self._connection.execute("CREATE INDEX IF NOT EXISTS item_by_sku ON item (sku)")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS place (id INTEGER PRIMARY KEY CHECK (id = 1), "
                "cursor TEXT NOT NULL)"
            )
            self._connection.execute(f"SELECT {', '.join(COLUMNS)} FROM item LIMIT 0")
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise _something_else(path) from error
        updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
        self._put = (
            f"INSERT INTO item VALUES ({', '.join(f':{name}' for name in COLUMNS)}) "
            f"ON CONFLICT (id) DO UPDATE SET {updates} WHERE excluded.version > item.version"
        )

    def place(self) -> str | None:
        row = self._connection.execute("SELECT cursor FROM place").fetchone()
        return None if row is None else str(row[0])

    def clear(self) -> None:
        self._begin()
        self._connection.execute("DELETE FROM item")

    def put(self, items: Iterable[Item]) -> None:
        self._begin()
        self._connection.executemany(self._put, items)

    def remove(self, item_id: str) -> None:
        self._begin()
        self._connection.execute("DELETE FROM item WHERE id = ?", (item_id,))

    def keep(self, cursor: str) -> None:
        self._begin()
        self._connection.execute("INSERT OR REPLACE INTO place VALUES (1, ?)", (cursor,))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._connection.close()

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")


class CsvCopy:
    """A line for each item, by id; the last column of each is the file's place.

    Without any item it has no place, and the next run queries afresh: that costs nothing then.
    """

    def __init__(self, path: Path) -> None:
        """Raises Failed for a file that is something else."""
        self._path = path
        self._place: str | None = None
        self._items: dict[str, Item] = {}
        if path.exists():
            self._load()

    def place(self) -> str | None:
        return self._place

    def clear(self) -> None:
        self._items = {}

    def put(self, items: Iterable[Item]) -> None:
        for item in items:
            known = self._items.get(item["id"])
            if known is None or int(item["version"]) > int(known["version"]):
                self._items[item["id"]] = item

    def remove(self, item_id: str) -> None:
        self._items.pop(item_id, None)

    def keep(self, cursor: str) -> None:
        draft = self._path.with_name(self._path.name + DRAFT)
        with draft.open("w", newline="", encoding="utf-8") as file:
            lines = csv.DictWriter(file, [*COLUMNS, CURSOR], extrasaction="ignore")
            lines.writeheader()
            for item_id in sorted(self._items, key=int):
                lines.writerow({**self._items[item_id], CURSOR: cursor})
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self._path)

    def close(self) -> None:
        with suppress(FileNotFoundError):
            self._path.with_name(self._path.name + DRAFT).unlink()

    def _load(self) -> None:
        try:
            with self._path.open(newline="", encoding="utf-8") as file:
                rows = csv.DictReader(file)
                if rows.fieldnames != [*COLUMNS, CURSOR]:
                    raise _something_else(self._path)
                for row in rows:
                    self._place = row.pop(CURSOR)
                    self._items[row["id"]] = row
        except UnicodeDecodeError as error:
            raise _something_else(self._path) from error


def copy_in(path: Path) -> Copy:
    """The copy in a file, by the end of its name: `.csv`, or else SQLite. Raises Failed."""
    return CsvCopy(path) if path.suffix.lower() == ".csv" else SqliteCopy(path)


def _something_else(path: Path) -> Failed:
    return Failed(f"{path} holds something else than this script writes; take it away")
