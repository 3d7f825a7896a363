"""What the rows of a file come to, against the items that stand. Called by imports.py.

The same for a check without writing and for the writer's transaction: only there nothing can
change between the look and the deed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.inventory.csv_rows import Fault, Row
from graphql_api.inventory.items import COLUMNS, Item, item_from_row, sku_of_deleted


class Outcome(Enum):
    """What a row comes to."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    BAD = "BAD"


@dataclass(frozen=True, slots=True)
class Holder:
    """The item that has a barcode."""

    sku: str
    sku_key: str
    is_deleted: bool = False


@dataclass(slots=True)
class Step:
    """What is to be done for a row. before: the item that its SKU has, None when it is new.
    faults: why it is BAD."""

    row: Row
    outcome: Outcome
    before: Item | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


async def planned(
    connection: Connection, rows: Sequence[Row], memory: FileMemory | None = None
) -> list[Step]:
    """What the rows come to, against the database as it is: two statements.

    memory: of a check without writing, in which earlier rows count as written.
    """
    items = await _items(connection, [row.sku_key for row in rows])
    barcodes = [row.columns["barcode"] for row in rows if row.columns.get("barcode")]
    holders = await _holders(connection, barcodes) if barcodes else {}
    if memory is not None:
        memory.overlay(holders, barcodes)
    steps = plan(rows, items, holders)
    if memory is not None:
        memory.note_barcodes(step for step in steps if step.outcome is not Outcome.BAD)
    return steps


def plan(rows: Iterable[Row], items: Mapping[str, Item], holders: dict[str, Holder]) -> list[Step]:
    """What each row comes to. items: by SKU key; holders: by barcode, kept up to date."""
    return [_step(row, items.get(row.sku_key), holders) for row in rows]


def _step(row: Row, before: Item | None, holders: dict[str, Holder]) -> Step:
    if before is not None and before.deleted_at is not None:
        return _bad(row, Fault("sku", sku_of_deleted(before.sku, before.id)))
    changes = row.columns if before is None else _differences(before, row.columns)
    if not changes:
        return Step(row, Outcome.UNCHANGED, before)
    barcode = changes.get("barcode")
    holder = None if barcode is None else holders.get(barcode)
    if holder is not None and holder.sku_key != row.sku_key:
        owner = "the deleted item" if holder.is_deleted else "the item"
        message = f"Barcode {barcode!r} belongs to {owner} with SKU {holder.sku!r}."
        return _bad(row, Fault("barcode", message))
    if before is not None and before.barcode is not None and "barcode" in changes:
        holders.pop(before.barcode, None)
    if barcode is not None:
        holders[barcode] = Holder(row.columns["sku"], row.sku_key)
    return Step(row, Outcome.CREATED if before is None else Outcome.UPDATED, before, changes)


def _bad(row: Row, fault: Fault) -> Step:
    return Step(row, Outcome.BAD, faults=(fault,))


def _differences(item: Item, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {
        column: value
        for column, value in columns.items()
        if getattr(item, ATTRIBUTES.get(column, column)) != value
    }


ATTRIBUTES = {"cost": "cost_units"}  # columns whose attribute has another name


async def _items(connection: Connection, sku_keys: Sequence[str]) -> dict[str, Item]:
    """SKU key → the item that has it, deleted or not."""
    rows = await connection.rows(
        f"SELECT {COLUMNS} FROM item WHERE {connection.dialect.one_of('sku_key', 'text')}",
        connection.dialect.array(sku_keys),
    )
    return {values.folded(item.sku): item for item in map(item_from_row, rows)}


async def _holders(connection: Connection, barcodes: Sequence[str]) -> dict[str, Holder]:
    rows = await connection.rows(
        "SELECT barcode, sku, sku_key, deleted_at FROM item WHERE "
        + connection.dialect.one_of("barcode", "text"),
        connection.dialect.array(barcodes),
    )
    return {row[0]: Holder(row[1], row[2], row[3] is not None) for row in rows}


class FileMemory:
    """The SKUs of a file and their lines; and for a check without writing, its barcodes.

    In a temporary database that is kept on disk beyond a few megabytes, because a file may be
    longer than the memory is large.
    """

    def __init__(self) -> None:
        self._kept = sqlite3.connect("", isolation_level=None)  # "": a temporary file
        self._kept.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
            "CREATE TABLE sku (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID;"
            "CREATE TABLE barcode (value TEXT PRIMARY KEY, sku TEXT, sku_key TEXT) WITHOUT ROWID;"
        )

    def __enter__(self) -> FileMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def refuse_repeated(self, rows: Iterable[Row]) -> None:
        """Mark each row whose SKU stands in an earlier line, good or bad; remember the others."""
        named = [row for row in rows if row.sku_key]
        first = dict(
            self._kept.execute(
                "SELECT key, line FROM sku WHERE key IN (SELECT value FROM json_each(?))",
                (_json(row.sku_key for row in named),),
            )
        )
        new: list[tuple[str, int]] = []
        for row in named:
            line = first.setdefault(row.sku_key, row.line)
            if line != row.line:
                sku = row.columns["sku"]
                row.faults.append(Fault("sku", f"SKU {sku!r} stands in line {line} already."))
            else:
                new.append((row.sku_key, row.line))
        self._kept.executemany("INSERT INTO sku (key, line) VALUES (?, ?)", new)

    def overlay(self, holders: dict[str, Holder], barcodes: Iterable[str]) -> None:
        """Change `holders` into what they would be, had the earlier rows been written."""
        for value, sku, sku_key in self._kept.execute(
            "SELECT value, sku, sku_key FROM barcode WHERE value IN "
            "(SELECT value FROM json_each(?))",
            (_json(barcodes),),
        ).fetchall():
            if sku_key is None:
                holders.pop(value, None)
            else:
                holders[value] = Holder(sku, sku_key)

    def note_barcodes(self, steps: Iterable[Step]) -> None:
        """Remember which barcodes the steps would give up and take."""
        for step in steps:
            if "barcode" not in step.changes:
                continue
            if step.before is not None and step.before.barcode is not None:
                self._note(step.before.barcode, None, None)
            taken = step.changes["barcode"]
            if taken is not None:
                self._note(taken, step.row.columns["sku"], step.row.sku_key)

    def _note(self, barcode: str, sku: str | None, sku_key: str | None) -> None:
        self._kept.execute(
            "INSERT OR REPLACE INTO barcode (value, sku, sku_key) VALUES (?, ?, ?)",
            (barcode, sku, sku_key),
        )


def _json(texts: Iterable[str]) -> str:
    return orjson.dumps(list(texts)).decode()
