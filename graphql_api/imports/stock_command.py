"""The command that books rows of stock. Called by stock.py.

A row is booked whole or not at all, and noted with its line in the same transaction: so a file
that is taken over again, in whole or from the middle, books nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from graphql_api.database.connection import Connection
from graphql_api.errors import FieldPath, Refusal
from graphql_api.events.log import LogTransaction
from graphql_api.imports.rows import Fault
from graphql_api.imports.stock_match import changed_words, locations_of
from graphql_api.imports.stock_rows import StockRow
from graphql_api.imports.stock_tables import StockMode
from graphql_api.imports.written import Written, note_written
from graphql_api.inventory.booking import Booking, PlainLine, Plan
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.movements import ActionType, Movement
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.places import Places
from graphql_api.said import said

STOCK = "STOCK"
AT: FieldPath = ("quantity",)


class StockOutcome(Enum):
    BOOKED = auto()
    UNCHANGED = auto()  # there is what was counted, or nothing came in
    ALREADY = auto()  # the line was taken over before
    BAD = auto()


@dataclass(slots=True)
class StockStep:
    """What became of a row. notes: what is odd though it was booked."""

    row: StockRow
    outcome: StockOutcome
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
    movements: list[Movement] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BookStock:
    """A command: book `rows`, which have their items and pairs. import_id None: the import has
    written nothing yet."""

    rows: tuple[StockRow, ...]
    mode: StockMode
    import_id: int | None
    name: str
    reference: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Booked:
    """What came of the command. import_id: None while the import has written nothing."""

    steps: list[StockStep]
    import_id: int | None


async def book_stock(
    locations: Locations, transaction: LogTransaction, command: BookStock
) -> Booked:
    """Carry the command out: at most a dozen statements, however many rows there are."""
    connection = transaction.connection
    done = await lines_done(connection, command.rows)
    rows = [row for row in command.rows if row.line not in done]
    refs = [ItemRef("id", str(row.item.id)) for row in rows if row.item is not None]
    items = await NamedItems.load(connection, refs)
    booking = Booking(transaction)
    await booking.take(items)
    places = await locations.places(transaction, locations_of(rows))
    before = len(transaction.entry.events)
    versions = {item.id: item.version for item in items}
    steps = [StockStep(row, StockOutcome.ALREADY) for row in command.rows if row.line in done]
    for row in rows:
        assert row.item is not None
        steps.append(
            _booked(booking, places, items.look(ItemRef("id", str(row.item.id))), row, command)
        )
    await booking.store()
    for event in transaction.entry.events[before:]:
        event.is_part = True
    import_id = await _noted(transaction, command, steps)
    written = [
        Written(item.id, versions[item.id], item.version)
        for item in items
        if item.version != versions[item.id]
    ]
    if import_id is not None:
        await note_written(transaction, import_id, written)
    return Booked(steps, import_id)


async def lines_done(connection: Connection, rows: Sequence[StockRow]) -> set[int]:
    """The lines of those of `rows`, which are in order, that were taken over before."""
    if not rows:
        return set()
    hashes = list(dict.fromkeys(one for row in rows for one in row.known_by))
    places = ", ".join("?" * len(hashes))
    found = await connection.rows(
        f"SELECT file_hash, line FROM stock_line WHERE file_hash IN ({places}) "
        "AND line BETWEEN ? AND ?",
        *hashes,
        rows[0].line,
        rows[-1].line,
    )
    done = {(row[0], row[1]) for row in found}
    return {row.line for row in rows if any((one, row.line) in done for one in row.known_by)}


def _booked(
    booking: Booking, places: Places, item: Item | None, row: StockRow, command: BookStock
) -> StockStep:
    """Book a row, all of it or nothing."""
    if item is None:
        return _bad(row, Fault("sku", said("The item is not there any more.")))
    plan = booking.plan(places)
    try:
        fault = _planned(plan, booking, places, item, row, command)
    except Refusal as refusal:
        fault = Fault("quantity", refusal.sentence)
    if fault is not None:
        return _bad(row, fault)
    movements = plan.book(command.user_id)
    outcome = StockOutcome.BOOKED if movements else StockOutcome.UNCHANGED
    notes = tuple(Fault(None, warning.message) for warning in plan.warnings)
    return StockStep(row, outcome, notes=notes, movements=movements)


def _planned(
    plan: Plan, booking: Booking, places: Places, item: Item, row: StockRow, command: BookStock
) -> Fault | None:
    """Put the row's pairs into the plan; why it cannot be. Raises Refusal."""
    is_count = command.mode is StockMode.COUNT
    action = ActionType.COUNT if is_count else ActionType.RECEIPT
    for pair in row.pairs:
        location = places.loaded(pair.location_id, AT)
        change = pair.quantity
        if is_count:
            level = booking.level(item, location.id)
            if level != pair.expected:
                assert pair.expected is not None
                message = changed_words(item.sku, location.code, pair.expected, level)
                return Fault("quantity", message)
            change -= level
        if change > 0 and item.deleted_at is not None:
            words = said("The item {sku} was deleted: nothing comes in.", sku=repr(item.sku))
            return Fault("sku", words)
        if change:
            line = PlainLine(change, action, None, command.reference)
            plan.add(item, location, line, AT)
    return None


def _bad(row: StockRow, fault: Fault) -> StockStep:
    return StockStep(row, StockOutcome.BAD, faults=(fault,))


async def _noted(
    transaction: LogTransaction, command: BookStock, steps: Sequence[StockStep]
) -> int | None:
    """Note the lines that were taken over, and before the first of them the import."""
    taken = [s for s in steps if s.outcome in (StockOutcome.BOOKED, StockOutcome.UNCHANGED)]
    if not taken:
        return command.import_id
    import_id = command.import_id
    if import_id is None:
        import_id = transaction.new_id()
        await transaction.connection.change(
            "INSERT INTO file_import (id, kind, name, user_id, began_at) VALUES (?, ?, ?, ?, ?)",
            import_id,
            STOCK,
            command.name,
            command.user_id,
            transaction.entry.now_us,
        )
    ids = [(step, one.id) for step in taken for one in step.movements]
    ids += [(step, transaction.new_id()) for step in taken if not step.movements]
    await transaction.connection.change_many(
        "INSERT INTO stock_line (id, file_hash, line, import_id) VALUES (?, ?, ?, ?)",
        [(one, step.row.known_by[0], step.row.line, import_id) for step, one in ids],
    )
    return import_id
