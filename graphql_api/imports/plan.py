"""What the rows of a file come to, against the items that stand. Called by items.py.

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
from graphql_api.errors import InvalidInput
from graphql_api.imports.rows import CheckedRow, Fault
from graphql_api.inventory.barcode_rows import Holder, holders_of
from graphql_api.inventory.barcodes import WantedBarcode, compare_key, listed, with_first
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import COLUMNS, Item, item_from_row, sku_of_deleted
from graphql_api.inventory.packaging import settled
from graphql_api.said import otherwise_in_shell, said

_PACKAGING = ("barcodes", "units")  # no columns: they depend on what else the item has
_BARCODES = ("barcode", "barcodes")


class Outcome(Enum):
    """What a row comes to."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    BAD = "BAD"
    DELETED = "DELETED"  # deleted in the file, and not alive here: nothing to do


@dataclass(slots=True)
class Step:
    """What is to be done for a row. before: the item that its SKU has, None when it is new.
    changes: columns, settled. freed, taken: compare keys of barcodes. faults: why it is BAD.
    ignores_stock: its count is not the item's, and that was asked for."""

    row: CheckedRow
    outcome: Outcome
    before: Item | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    freed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    ignores_stock: bool = False
    item_id: int | None = None  # once it is written

    @property
    def stays_archived(self) -> bool:
        """Whether it is taken over by an item that is archived, which it does not bring back."""
        is_taken = self.outcome in (Outcome.UPDATED, Outcome.UNCHANGED)
        return is_taken and self.before is not None and self.before.archived_at is not None


async def planned(
    connection: Connection,
    rows: Sequence[CheckedRow],
    memory: FileMemory | None = None,
    ignore_stock: bool = False,
) -> list[Step]:
    """What the rows come to, against the database as it is: three statements at most.

    memory: of a check without writing, in which earlier rows count as written. ignore_stock:
    counts of items that stand are no fault.
    """
    items = await _items(connection, [row.sku_key for row in rows])
    barcodes = [code for row in rows for code in row.codes]
    holders = await holders_of(connection, barcodes) if barcodes else {}
    if memory is not None:
        memory.overlay(holders, map(compare_key, barcodes))
    miscounted = await _miscounted(connection, rows, items)
    refused = {} if ignore_stock else miscounted
    steps = plan(rows, items, holders, refused)
    for step in steps:
        step.ignores_stock = step.outcome is not Outcome.BAD and step.row.sku_key in miscounted
    if memory is not None:
        memory.note_barcodes(step for step in steps if step.outcome is not Outcome.BAD)
    return steps


def plan(
    rows: Iterable[CheckedRow],
    items: Mapping[str, Item],
    holders: dict[str, Holder],
    miscounted: Mapping[str, Fault],
) -> list[Step]:
    """What each row comes to. items: by SKU key; holders: by compare key, kept up to date;
    miscounted: by SKU key."""
    return [
        _step(row, items.get(row.sku_key), holders, miscounted.get(row.sku_key)) for row in rows
    ]


def _step(
    row: CheckedRow, before: Item | None, holders: dict[str, Holder], miscounted: Fault | None
) -> Step:
    fault = _unfit(row, before) or miscounted
    if fault is not None:
        return _bad(row, fault)
    if row.is_deleted:
        return Step(row, Outcome.DELETED)
    try:
        changes = _changes(before, _with_further(before, row))
    except InvalidInput as refused:
        return _bad(row, Fault(refused.field[0] if refused.field else None, refused.sentence))
    if not changes:
        return Step(row, Outcome.UNCHANGED, before)
    freed, taken = _barcode_moves(before, changes)
    for key, code in taken.items():
        holder = holders.get(key)
        if holder is not None and holder.sku_key != row.sku_key:
            message = said(
                "Barcode {code} belongs to the item with SKU {sku}.",
                code=repr(code),
                sku=repr(holder.sku),
            )
            if not row.is_lenient:
                return _bad(row, Fault("barcode", message))
            row.notes.append(Fault("barcode", message))
            row.further = ()
            for name in _BARCODES:
                row.columns.pop(name, None)
            return _step(row, before, holders, None)
    for key in freed:
        holders.pop(key, None)
    holders |= {key: Holder(0, row.columns["sku"]) for key in taken}
    outcome = Outcome.CREATED if before is None else Outcome.UPDATED
    return Step(row, outcome, before, changes, freed, tuple(taken))


def _changes(before: Item | None, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be written of a row's columns, settled; {}: nothing, the item is so already.

    Raises InvalidInput.
    """
    if before is None:
        return settled(None, columns, ())
    if not any(name in columns for name in _PACKAGING):
        differences = _differences(before, columns)
        return settled(before, differences, ()) if differences else {}
    whole = settled(before, columns, ())
    changes = _differences(before, whole)
    if any(name in changes for name in ("barcode", "codes")):  # they are one thing
        changes |= {name: whole[name] for name in ("barcode", "codes")}
    return changes


def _with_further(before: Item | None, row: CheckedRow) -> Mapping[str, Any]:
    """A row's columns, in which the barcodes that it has beside its first join the item's own."""
    if not row.further or "barcode" not in row.columns:
        return row.columns
    own = with_first(() if before is None else before.barcodes, row.columns["barcode"])
    wanted = [WantedBarcode(one.code, None if one.unit else one.factor, one.unit) for one in own]
    have = {compare_key(one.code) for one in own}
    wanted += [one for one in row.further if compare_key(one.code) not in have]
    return {**row.columns, "barcodes": tuple(wanted)}


def _barcode_moves(
    before: Item | None, changes: Mapping[str, Any]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Compare keys of the barcodes that a change gives up, and key → code of those it takes: also
    those that it only writes otherwise, which may be another item's (barcodes.own_key)."""
    if "barcode" not in changes:
        return (), {}
    own = {} if before is None else {compare_key(one.code): one.code for one in before.barcodes}
    after = listed(changes["barcode"], changes["codes"])
    new = {compare_key(one.code): one.code for one in after}
    freed = tuple(key for key in own if key not in new)
    return freed, {key: code for key, code in new.items() if own.get(key) != code}


def _unfit(row: CheckedRow, before: Item | None) -> Fault | None:
    """Why the row cannot be, given the item that its SKU has."""
    if row.is_deleted:
        if before is None or before.deleted_at is not None:
            return None
        return Fault(
            "deletedAt",
            said("The item {sku} is not deleted here: delete it there.", sku=repr(before.sku)),
        )
    if before is None:
        if "name" in row.columns:
            return None
        return Fault("name", said("{sku} is new: name is needed.", sku=repr(row.columns["sku"])))
    if before.deleted_at is not None:
        return Fault("sku", sku_of_deleted(before.sku, before.id))
    return None


async def _miscounted(
    connection: Connection, rows: Sequence[CheckedRow], items: Mapping[str, Item]
) -> dict[str, Fault]:
    """SKU key → what to do with a count that is not what the standing item has, where the row
    says, or everywhere if it names no place. Stock changes through the ledger alone."""
    given = [(row, items[row.sku_key]) for row in rows if row.says_stock and row.sku_key in items]
    living = [(row, item) for row, item in given if item.deleted_at is None and not row.is_deleted]
    if not living:
        return {}
    catalogue = Catalogue(connection, connection)
    levels = await catalogue.levels([item.id for _, item in living])
    faults: dict[str, Fault] = {}
    for row, item in living:
        here = item.stock
        if row.location_code is not None:
            here = levels[item.id].get(row.location_id, 0)
        if row.initial_stock != here:
            faults[row.sku_key] = Fault("initialStock", _not_booked(row, item.sku, here))
    return faults


_COUNTED = "Count it, or import a file of stock."
_NOT_BOOKED = {
    False: "initialStock {count} is not booked: {sku} exists, with a stock of {here}. "
    "Count it, or import a file of stock.",
    True: "initialStock {count} is not booked: {sku} exists, with a stock of {here} at {place}. "
    "Count it, or import a file of stock.",
}


def _not_booked(row: CheckedRow, sku: str, here: int) -> str:
    told = said(
        _NOT_BOOKED[row.location_code is not None],
        count=row.initial_stock,
        sku=repr(sku),
        here=here,
        place=row.location_code,
    )
    shell = "Count it with setStock or adjustStockBatch; --ignore-stock takes the rest of the row."
    return otherwise_in_shell(told, told.replace(_COUNTED, shell))


def _bad(row: CheckedRow, fault: Fault) -> Step:
    return Step(row, Outcome.BAD, faults=(fault,))


def _differences(item: Item, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in columns.items() if getattr(item, column) != value}


async def _items(connection: Connection, sku_keys: Sequence[str]) -> dict[str, Item]:
    """SKU key → the item that has it, deleted or not."""
    rows = await connection.rows(
        f"SELECT {COLUMNS} FROM item WHERE {connection.dialect.one_of('sku_key', 'text')}",
        connection.dialect.array(sku_keys),
    )
    return {values.folded(item.sku): item for item in map(item_from_row, rows)}


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
            "CREATE TABLE barcode (key TEXT PRIMARY KEY, sku TEXT) WITHOUT ROWID;"
        )

    def __enter__(self) -> FileMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def refuse_repeated(self, rows: Iterable[CheckedRow]) -> None:
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
                words = said("SKU {sku} stands in line {line} already.", sku=repr(sku), line=line)
                if row.location_code is not None or row.initial_stock:
                    words = said(
                        "SKU {sku} stands in line {line} already. Stock of several places or lots "
                        "is taken as a file of stock.",
                        sku=repr(sku),
                        line=line,
                    )
                row.faults.append(Fault("sku", words))
            else:
                new.append((row.sku_key, row.line))
        self._kept.executemany("INSERT INTO sku (key, line) VALUES (?, ?)", new)

    def overlay(self, holders: dict[str, Holder], keys: Iterable[str]) -> None:
        """Change `holders` into what they would be, had the earlier rows been written."""
        for key, sku in self._kept.execute(
            "SELECT key, sku FROM barcode WHERE key IN (SELECT value FROM json_each(?))",
            (_json(keys),),
        ).fetchall():
            if sku is None:
                holders.pop(key, None)
            else:
                holders[key] = Holder(0, sku)

    def note_barcodes(self, steps: Iterable[Step]) -> None:
        """Remember which barcodes the steps would give up and take."""
        for step in steps:
            moves = [(key, None) for key in step.freed]
            moves += [(key, step.row.columns["sku"]) for key in step.taken]
            self._kept.executemany("INSERT OR REPLACE INTO barcode (key, sku) VALUES (?, ?)", moves)


def _json(texts: Iterable[str]) -> str:
    return orjson.dumps(list(texts)).decode()
