"""The ledger: every change of stock, as immutable movements. The four stock commands.

A run of commands is carried out as a set. What they touch (keys, items, levels) is loaded
in a constant number of statements, the commands are carried out one after the other in
memory, and the outcome is stored in a constant number of statements. This is safe because
the writer holds the log's head: no other process can change what was loaded before the
commit. A database constraint still refuses a level below zero, and `check-ledger` recomputes
everything from the movements.

Measured against one guarded UPDATE per line inside savepoints: see scripts/bench.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql_api import values
from graphql_api.clock import Clock
from graphql_api.database.connection import Connection
from graphql_api.errors import (
    FieldPath,
    IdempotencyKeyReused,
    InsufficientStock,
    InvalidInput,
    NotFound,
    Refusal,
    StockConflict,
)
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.facts import StockDetails
from graphql_api.inventory.items import (
    COLUMNS,
    Item,
    ItemRef,
    UpdateType,
    item_from_row,
    item_of,
    parse_id,
    updated_event,
)
from graphql_api.inventory.keys import (
    REMEMBERED,
    AdjustInput,
    LineInput,
    Place,
    RefusedLine,
    Remembered,
    SetInput,
    TransferInput,
)
from graphql_api.inventory.locations import Location, Locations
from graphql_api.kernel.codec import digest

KEY_MAX = 200
REASON_MAX = 500
REFERENCE_MAX = 200
BATCH_LINES_MAX = 250


class ActionType(Enum):
    RECEIPT = "RECEIPT"
    SALE = "SALE"
    RETURN = "RETURN"
    WRITE_OFF = "WRITE_OFF"
    CORRECTION = "CORRECTION"
    COUNT = "COUNT"
    TRANSFER = "TRANSFER"


class BulkPolicy(Enum):
    ABORT_ALL = "ABORT_ALL"
    SKIP_FAILED = "SKIP_FAILED"


# A RETURN may come from a customer or go to a supplier, a CORRECTION goes either way.
_SIGN = {ActionType.RECEIPT: 1, ActionType.SALE: -1, ActionType.WRITE_OFF: -1}
_OWN_MUTATION = {ActionType.COUNT: "setStock", ActionType.TRANSFER: "transferStock"}


@dataclass(frozen=True, slots=True)
class StockLine:
    """One wanted change. quantity: signed, whole units, not 0; occurred_at_us None: now."""

    item: ItemRef
    quantity: int
    action_type: ActionType
    location_id: int | None = None
    reason: str | None = None
    reference: str | None = None
    occurred_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class AdjustStock:
    """A command: relative changes. `is_batch` is True for adjustStockBatch."""

    key: str
    lines: tuple[StockLine, ...]
    on_error: BulkPolicy
    is_batch: bool
    user_id: int | None
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class SetStock:
    """A command: make a level `stock`, if it is `expected_stock` now."""

    key: str
    item: ItemRef
    stock: int
    expected_stock: int
    location_id: int | None
    reason: str | None
    reference: str | None
    user_id: int | None
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class TransferStock:
    """A command: move `quantity` units between two locations; the item's stock stays."""

    key: str
    item: ItemRef
    quantity: int
    from_id: int
    to_id: int
    reason: str | None
    reference: str | None
    user_id: int | None
    sees_admins: bool


StockCommand = AdjustStock | SetStock | TransferStock

KeyName = tuple[str, int]  # an idempotency key and its user: another's says nothing to them
NOBODY = 0  # the user of commands without one; no account has this id


@dataclass(slots=True)
class Movement:
    """A line of the ledger. quantity: signed; old_stock, new_stock: the item's, around it."""

    id: int
    item_id: int
    location_id: int
    action_type: ActionType
    quantity: int
    old_stock: int
    new_stock: int
    reason: str | None
    reference: str | None
    user_id: int | None
    occurred_at: int
    recorded_at: int


MOVEMENT_COLUMNS = (
    "id, item_id, location_id, action_type, quantity, old_stock, new_stock, reason, reference, "
    "user_id, occurred_at, recorded_at"
)


def movement_from_row(row: Any) -> Movement:
    """A movement out of a row of MOVEMENT_COLUMNS."""
    movement = Movement(*row)
    movement.action_type = ActionType(movement.action_type)
    return movement


@dataclass(slots=True)
class StockResult:
    """What came of a command. item: as it stood right after it, None for a batch.

    movements: those that the caller may see; applied: how many there are, None: just these.
    """

    movements: list[Movement]
    item: Item | None
    cursor: Cursor
    replayed: bool = False
    refusals: list[Refusal] = field(default_factory=list)
    applied: int | None = None


class BatchRefused(Refusal):
    """A batch under ABORT_ALL with lines that cannot be; `refusals` has one for each of them."""

    code = "INVALID_INPUT"

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(f"{len(refusals)} lines cannot be applied; none was.")
        self.refusals = refusals


class StockLedger:
    """The use cases of stock."""

    def __init__(self, writer: LogWriter, locations: Locations, clock: Clock) -> None:
        self._writer = writer
        self._locations = locations
        self._clock = clock

    async def carry_out(self, command: StockCommand) -> StockResult:
        """Check what needs no database, then carry the command out.

        Raises InvalidInput, NotFound, InsufficientStock, StockConflict, IdempotencyKeyReused,
        or BatchRefused for a batch under ABORT_ALL. A refused command leaves no trace, its key
        included.
        """
        _check(command)
        weight = len(command.lines) if isinstance(command, AdjustStock) else 1
        result: StockResult = await self._writer.submit(self._run, command, weight)
        return result

    async def book_opening(
        self, transaction: LogTransaction, item: Item, location_id: int, user_id: int | None
    ) -> None:
        """The first movement of an item created with stock: a RECEIPT of all of it."""
        now_us = transaction.entry.now_us
        movement = Movement(
            transaction.new_id(), item.id, location_id, ActionType.RECEIPT, item.stock, 0,
            item.stock, "opening stock", None, user_id, now_us, now_us,
        )  # fmt: skip
        await insert_movements(transaction.connection, [movement])
        await store_levels(
            transaction.connection, [(transaction.new_id(), item.id, location_id, item.stock)]
        )

    async def _run(
        self, transaction: LogTransaction, commands: Sequence[StockCommand]
    ) -> list[StockResult | Refusal]:
        keys = await _load_keys(transaction.connection, commands)
        shelf = await self._load(transaction.connection, commands)
        outcomes = [self._one(transaction, shelf, keys, command) for command in commands]
        await shelf.store(transaction.connection)
        await _insert_keys(transaction, keys)
        return [
            await _replayed(transaction, outcome) if isinstance(outcome, _Replay) else outcome
            for outcome in outcomes
        ]

    async def _load(self, connection: Connection, commands: Sequence[StockCommand]) -> _Shelf:
        refs = {ref for command in commands for ref in _refs(command)}
        shelf = _Shelf()
        shelf.add_items(await _items(connection, refs))
        await shelf.load_levels(connection)
        await self._locations.default(connection)
        await self._locations.learn(
            connection, [i for command in commands for i in _location_ids(command)]
        )
        return shelf

    def _one(
        self,
        transaction: LogTransaction,
        shelf: _Shelf,
        keys: dict[KeyName, _Key],
        command: StockCommand,
    ) -> StockResult | Refusal | _Replay:
        input_hash = _hash(command)
        name = _key_name(command)
        known = keys.get(name)
        if known is not None:
            if known.input_hash != input_hash:
                return IdempotencyKeyReused(
                    f"The key {command.key!r} was used for another input. "
                    "A key stands for one change, for ever: use a new one.",
                    ("input", "idempotencyKey"),
                )
            return _Replay(known, command)
        try:
            result = self._apply(transaction, shelf, command)
        except Refusal as refusal:
            return refusal
        if result.movements:
            keys[name] = _Key(input_hash, _stored(result), is_new=True)
        return result

    def _apply(
        self, transaction: LogTransaction, shelf: _Shelf, command: StockCommand
    ) -> StockResult:
        match command:
            case AdjustStock():
                return self._adjust(transaction, shelf, command)
            case SetStock():
                return self._set(transaction, shelf, command)
            case TransferStock():
                return self._transfer(transaction, shelf, command)

    def _adjust(
        self, transaction: LogTransaction, shelf: _Shelf, command: AdjustStock
    ) -> StockResult:
        plan = _Plan(shelf)
        refusals: list[Refusal] = []
        for number, line in enumerate(command.lines):
            at: FieldPath = ("input", "lines", str(number)) if command.is_batch else ("input",)
            try:
                item = shelf.find(line.item, command.sees_admins, (*at, "item"))
                location = self._location(line.location_id, (*at, "location"))
                plan.add(item, location, line, (*at, "quantity"))
            except Refusal as refusal:
                refusals.append(refusal)
        if refusals and not command.is_batch:
            raise refusals[0]
        if refusals and command.on_error is BulkPolicy.ABORT_ALL:
            raise BatchRefused(refusals)
        movements = [
            shelf.move(transaction, item, location, line, command.user_id)
            for item, location, line in plan.steps
        ]
        item_after = None if command.is_batch else plan.steps[0][0]
        return _result(transaction, movements, item_after, refusals)

    def _set(self, transaction: LogTransaction, shelf: _Shelf, command: SetStock) -> StockResult:
        item = shelf.find(command.item, command.sees_admins, ("input", "item"))
        location = self._location(command.location_id, ("input", "location"))
        level = shelf.level(item.id, location.id)
        if level != command.expected_stock:
            raise StockConflict(
                f"The level at {location.code} is {level}, not {command.expected_stock}: "
                "count again or give what it is now.",
                level,
                ("input", "expectedStock"),
            )
        line = StockLine(
            command.item,
            command.stock - level,
            ActionType.COUNT,
            command.location_id,
            command.reason,
            command.reference,
        )
        _Plan(shelf).add(item, location, line, ("input", "stock"))
        movement = shelf.move(transaction, item, location, line, command.user_id)
        return _result(transaction, [movement], item, [])

    def _transfer(
        self, transaction: LogTransaction, shelf: _Shelf, command: TransferStock
    ) -> StockResult:
        item = shelf.find(command.item, command.sees_admins, ("input", "item"))
        origin = self._location(command.from_id, ("input", "from"))
        target = self._location(command.to_id, ("input", "to"))
        out, back = (
            StockLine(
                command.item, sign * command.quantity, ActionType.TRANSFER, None, command.reason,
                command.reference,
            )
            for sign in (-1, 1)
        )  # fmt: skip
        _Plan(shelf).add(item, origin, out, ("input", "quantity"))
        movements = shelf.transfer(transaction, item, origin, target, (out, back), command.user_id)
        return _result(transaction, movements, None, [])

    def _location(self, location_id: int | None, field: FieldPath) -> Location:
        default = self._locations.known_default
        location = default if location_id is None else self._locations.known(location_id)
        if location is None:
            raise NotFound("There is no location with this id.", field)
        return location


class _Shelf:
    """The items and levels that a run of commands works on, in memory."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._by_key: dict[tuple[str, str], Item] = {}
        self._level_ids: dict[tuple[int, int], int] = {}
        self._touched_levels: dict[tuple[int, int], None] = {}
        self._touched_items: dict[int, Item] = {}
        self._movements: list[Movement] = []

    def add_items(self, items: Iterable[Item]) -> None:
        for item in items:
            item.level_quantities = {}
            self._items[item.id] = item
            self._by_key["sku", values.folded(item.sku)] = item
            if item.barcode is not None:
                self._by_key["barcode", item.barcode] = item

    async def load_levels(self, connection: Connection) -> None:
        if not self._items:
            return
        rows = await connection.rows(
            "SELECT item_id, location_id, id, quantity FROM level WHERE "
            + connection.dialect.one_of("item_id", "bigint"),
            connection.dialect.array(self._items),
        )
        for item_id, location_id, level_id, quantity in rows:
            levels = self._items[item_id].level_quantities
            assert levels is not None
            levels[location_id] = quantity
            self._level_ids[item_id, location_id] = level_id

    def find(self, ref: ItemRef, sees_admins: bool, field: FieldPath) -> Item:
        """The living item. Raises NotFound, also for one that this caller may not know of."""
        item = self.look(ref)
        if item is None or (item.admins_only and not sees_admins):
            raise NotFound(f"There is no item with {ref}.", field)
        if item.deleted_at is not None:
            raise NotFound(f"The item with {ref} was deleted.", field)
        return item

    def look(self, ref: ItemRef) -> Item | None:
        """The item, deleted or hidden ones too."""
        match ref.by:
            case "id":
                return self._items.get(parse_id(ref.value) or 0)
            case _:
                return self._by_key.get((ref.by, ref.key))

    def level(self, item_id: int, location_id: int) -> int:
        levels = self._items[item_id].level_quantities
        assert levels is not None
        return levels.get(location_id, 0)

    def move(
        self,
        transaction: LogTransaction,
        item: Item,
        location: Location,
        line: StockLine,
        user_id: int | None,
    ) -> Movement:
        """Book one line that a plan has accepted, with its event."""
        movement = self._book(transaction, item, location, line, user_id)
        self._touch(transaction, item)
        details = StockDetails(
            movement.old_stock, movement.new_stock, movement.quantity, line.action_type.value
        )
        transaction.entry.append(updated_event(UpdateType.STOCK_UPDATED, item, user_id, details))
        return movement

    def transfer(
        self,
        transaction: LogTransaction,
        item: Item,
        origin: Location,
        target: Location,
        lines: tuple[StockLine, StockLine],
        user_id: int | None,
    ) -> list[Movement]:
        """Book both legs; one change of the item, so one version and one event."""
        movements = [
            self._book(transaction, item, location, line, user_id)
            for location, line in zip((origin, target), lines, strict=True)
        ]
        self._touch(transaction, item)
        details = StockDetails(item.stock, item.stock, lines[1].quantity, ActionType.TRANSFER.value)
        transaction.entry.append(updated_event(UpdateType.STOCK_UPDATED, item, user_id, details))
        return movements

    def _book(
        self,
        transaction: LogTransaction,
        item: Item,
        location: Location,
        line: StockLine,
        user_id: int | None,
    ) -> Movement:
        now_us = transaction.entry.now_us
        old_stock = item.stock
        item.stock = old_stock + line.quantity
        levels = item.level_quantities
        assert levels is not None
        levels[location.id] = levels.get(location.id, 0) + line.quantity
        place = (item.id, location.id)
        if place not in self._level_ids:
            self._level_ids[place] = transaction.new_id()
        self._touched_levels[place] = None
        movement = Movement(
            transaction.new_id(),
            item.id,
            location.id,
            line.action_type,
            line.quantity,
            old_stock,
            item.stock,
            line.reason,
            line.reference,
            user_id,
            now_us if line.occurred_at_us is None else line.occurred_at_us,
            now_us,
        )
        self._movements.append(movement)
        return movement

    def _touch(self, transaction: LogTransaction, item: Item) -> None:
        item.version += 1
        item.updated_at = transaction.entry.now_us
        self._touched_items[item.id] = item

    async def store(self, connection: Connection) -> None:
        """Write everything that changed: three statements, however many commands there were."""
        await insert_movements(connection, self._movements)
        await store_levels(
            connection,
            [(self._level_ids[at], *at, self.level(*at)) for at in self._touched_levels],
        )
        await connection.change_many(
            "UPDATE item SET stock = ?, version = ?, updated_at = ? WHERE id = ?",
            [(i.stock, i.version, i.updated_at, i.id) for i in self._touched_items.values()],
        )


class _Plan:
    """Lines that are possible one after the other, before any of them is booked."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf
        self._levels: dict[tuple[int, int], int] = {}
        self._stock: dict[int, int] = {}
        self.steps: list[tuple[Item, Location, StockLine]] = []

    def add(self, item: Item, location: Location, line: StockLine, field: FieldPath) -> None:
        """Accept `line`. Raises InsufficientStock, or InvalidInput beyond 32 bits."""
        place = (item.id, location.id)
        level = self._levels.get(place)
        if level is None:
            level = self._shelf.level(*place)
        stock = self._stock.get(item.id, item.stock)
        if level + line.quantity < 0:
            raise InsufficientStock(
                f"{item.sku} has {level} at {location.code}; {-line.quantity} are wanted.",
                level,
                field,
            )
        if stock + line.quantity > values.INT32_MAX:
            raise InvalidInput(f"The stock would go beyond {values.INT32_MAX}.", field)
        self._levels[place] = level + line.quantity
        self._stock[item.id] = stock + line.quantity
        self.steps.append((item, location, line))


@dataclass(slots=True)
class _Key:
    input_hash: str
    result: str
    is_new: bool = False


@dataclass(slots=True)
class _Replay:
    key: _Key
    command: StockCommand


def _key_name(command: StockCommand) -> KeyName:
    return command.key, NOBODY if command.user_id is None else command.user_id


def _check(command: StockCommand) -> None:
    values.required_text(command.key, ("input", "idempotencyKey"), KEY_MAX)
    match command:
        case AdjustStock():
            _check_lines(command)
        case SetStock():
            values.quantity(command.stock, ("input", "stock"))
            values.quantity(command.expected_stock, ("input", "expectedStock"))
            _check_texts(command.reason, command.reference, ("input",))
        case TransferStock():
            values.quantity(command.quantity, ("input", "quantity"), least=1)
            _check_texts(command.reason, command.reference, ("input",))
            if command.from_id == command.to_id:
                raise InvalidInput("from and to are the same location.", ("input", "to"))


def _check_lines(command: AdjustStock) -> None:
    if command.is_batch and not 1 <= len(command.lines) <= BATCH_LINES_MAX:
        raise InvalidInput(
            f"A batch has 1 to {BATCH_LINES_MAX} lines, not {len(command.lines)}.",
            ("input", "lines"),
        )
    for number, line in enumerate(command.lines):
        at: FieldPath = ("input", "lines", str(number)) if command.is_batch else ("input",)
        _check_line(line, at)


def _check_line(line: StockLine, at: FieldPath) -> None:
    """Rules that a single line breaks by itself; they refuse a whole batch under any policy."""
    if line.quantity == 0:
        raise InvalidInput("quantity must not be 0.", (*at, "quantity"))
    if line.action_type in _OWN_MUTATION:
        raise InvalidInput(
            f"A {line.action_type.value} is booked with {_OWN_MUTATION[line.action_type]}.",
            (*at, "actionType"),
        )
    sign = _SIGN.get(line.action_type)
    if sign is not None and sign * line.quantity < 0:
        wanted = "positive" if sign > 0 else "negative"
        raise InvalidInput(
            f"quantity is the signed change: a {line.action_type.value} is {wanted}.",
            (*at, "quantity"),
        )
    _check_texts(line.reason, line.reference, at)


def _check_texts(reason: str | None, reference: str | None, at: FieldPath) -> None:
    if reason is not None:
        values.optional_text(reason, (*at, "reason"), REASON_MAX)
    if reference is not None:
        values.optional_text(reference, (*at, "reference"), REFERENCE_MAX)


def _refs(command: StockCommand) -> Iterable[ItemRef]:
    if isinstance(command, AdjustStock):
        return (line.item for line in command.lines)
    return (command.item,)


def _location_ids(command: StockCommand) -> list[int]:
    match command:
        case AdjustStock():
            return [line.location_id for line in command.lines if line.location_id is not None]
        case SetStock():
            return [] if command.location_id is None else [command.location_id]
        case TransferStock():
            return [command.from_id, command.to_id]


def _hash(command: StockCommand) -> str:
    """What makes an input the same: everything but the key and who sent it."""
    match command:
        case AdjustStock():
            lines = [
                LineInput(
                    line.item.by, line.item.value, line.quantity, line.action_type.value,
                    line.location_id, line.reason, line.reference, line.occurred_at_us,
                )
                for line in command.lines
            ]  # fmt: skip
            mutation = "batch" if command.is_batch else "adjust"
            return digest(AdjustInput(mutation, command.on_error.value, lines))
        case SetStock():
            return digest(
                SetInput(
                    "set", command.item.by, command.item.value, command.stock,
                    command.expected_stock, command.location_id, command.reason,
                    command.reference,
                )
            )  # fmt: skip
        case TransferStock():
            return digest(
                TransferInput(
                    "transfer", command.item.by, command.item.value, command.quantity,
                    command.from_id, command.to_id, command.reason, command.reference,
                )
            )  # fmt: skip


def _result(
    transaction: LogTransaction,
    movements: list[Movement],
    item: Item | None,
    refusals: list[Refusal],
) -> StockResult:
    events = transaction.entry.events
    cursor = transaction.entry.cursor_of(events[-1]) if movements else transaction.entry.head.cursor
    snapshot = None if item is None else item_of(item.state())
    return StockResult(movements, snapshot, cursor, refusals=refusals)


def _stored(result: StockResult) -> str:
    """A result as it is kept with its key; see `_replayed`."""
    cursor = result.cursor
    return REMEMBERED.encode(
        Remembered(
            [movement.id for movement in result.movements],
            None if result.item is None else result.item.state(),
            Place(cursor.epoch, cursor.position, cursor.witness_us),
            [
                RefusedLine(r.code, r.message, None if r.field is None else list(r.field))
                for r in result.refusals
            ],
        )
    )


class _StoredRefusal(Refusal):
    """A line's refusal, as it was told the first time."""

    def __init__(self, code: str, message: str, field: FieldPath | None) -> None:
        super().__init__(message, field)
        self.code = code  # type: ignore[misc]  # the code of the first answer


async def _replayed(transaction: LogTransaction, replay: _Replay) -> StockResult | Refusal:
    """The first result again, as far as the caller may see it now. Raises WrittenByNewer."""
    kept = REMEMBERED.decode(replay.key.result)
    connection = transaction.connection
    rows = await connection.rows(
        f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE "
        + connection.dialect.one_of("id", "bigint")
        + " ORDER BY id",
        connection.dialect.array(kept.movements),
    )
    movements = [movement_from_row(row) for row in rows]
    refusals: list[Refusal] = [
        _StoredRefusal(line.code, line.message, None if line.field is None else tuple(line.field))
        for line in kept.refusals
    ]
    if not replay.command.sees_admins:
        hidden = await _hidden(connection, movements)
        movements = [m for m in movements if m.item_id not in hidden]
        if not movements:
            return NotFound("There is no such item.", ("input",))
        refusals = await _as_seen(connection, replay.command, refusals)
    return StockResult(
        movements,
        None if kept.item is None else item_of(kept.item),
        Cursor(kept.cursor.epoch, kept.cursor.position, kept.cursor.witness_us),
        replayed=True,
        refusals=refusals,
        applied=len(kept.movements),
    )


async def _hidden(connection: Connection, movements: Sequence[Movement]) -> set[int]:
    """Those items of these movements that exist for ADMIN only, as of now."""
    rows = await connection.rows(
        "SELECT id FROM item WHERE admins_only = 1 AND "
        + connection.dialect.one_of("id", "bigint"),
        connection.dialect.array({movement.item_id for movement in movements}),
    )
    return {row[0] for row in rows}


async def _as_seen(
    connection: Connection, command: StockCommand, refusals: Sequence[Refusal]
) -> list[Refusal]:
    """The refused lines of a batch for who does not see every item: one whose item is hidden
    now, or that names another item than the line's reference stands for now, is unknown."""
    if not refusals or not isinstance(command, AdjustStock):
        return list(refusals)
    shelf = _Shelf()
    shelf.add_items(await _items(connection, {line.item for line in command.lines}))
    return [_one_as_seen(shelf, command, refusal) for refusal in refusals]


def _one_as_seen(shelf: _Shelf, command: AdjustStock, refusal: Refusal) -> Refusal:
    path = refusal.field or ()
    if len(path) < 3 or not path[2].isdigit() or int(path[2]) >= len(command.lines):
        return refusal
    ref = command.lines[int(path[2])].item
    item = shelf.look(ref)
    if item is None or item.admins_only:
        is_told = refusal.code == NotFound.code and path[-1] == "item"
    else:  # too little stock is told with the SKU of what the reference stood for then
        names = refusal.code == InsufficientStock.code
        is_told = not names or refusal.message.startswith(f"{item.sku} has ")
    if is_told:
        return refusal
    return NotFound(f"There is no item with {ref}.", (*path[:3], "item"))


async def _items(connection: Connection, refs: set[ItemRef]) -> list[Item]:
    """The items of `refs`, deleted ones too: one statement for each way to name them."""
    wanted: dict[str, list[Any]] = {
        "id": [i for ref in refs if ref.by == "id" and (i := parse_id(ref.value)) is not None],
        "sku_key": [ref.key for ref in refs if ref.by == "sku"],
        "barcode": [ref.key for ref in refs if ref.by == "barcode"],
    }
    found: dict[int, Item] = {}
    for column, keys in wanted.items():
        if keys:
            type_name = "bigint" if column == "id" else "text"
            rows = await connection.rows(
                f"SELECT {COLUMNS} FROM item WHERE {connection.dialect.one_of(column, type_name)}",
                connection.dialect.array(keys),
            )
            for row in rows:
                item = item_from_row(row)
                found.setdefault(item.id, item)
    return list(found.values())


async def _load_keys(
    connection: Connection, commands: Sequence[StockCommand]
) -> dict[KeyName, _Key]:
    rows = await connection.rows(
        "SELECT key, user_id, input_hash, result FROM idempotency_key WHERE "
        + connection.dialect.one_of("key", "text"),
        connection.dialect.array({command.key for command in commands}),
    )
    return {(row[0], row[1]): _Key(row[2], row[3]) for row in rows}


async def _insert_keys(transaction: LogTransaction, keys: dict[KeyName, _Key]) -> None:
    await transaction.connection.change_many(
        "INSERT INTO idempotency_key (id, user_id, key, input_hash, result, recorded_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                transaction.new_id(), user_id, key, kept.input_hash, kept.result,
                transaction.entry.now_us,
            )
            for (key, user_id), kept in keys.items()
            if kept.is_new
        ],
    )  # fmt: skip


async def insert_movements(connection: Connection, movements: Sequence[Movement]) -> None:
    """Add lines to the ledger."""
    await connection.change_many(
        f"INSERT INTO movement ({MOVEMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                m.id, m.item_id, m.location_id, m.action_type.value, m.quantity, m.old_stock,
                m.new_stock, m.reason, m.reference, m.user_id, m.occurred_at, m.recorded_at,
            )
            for m in movements
        ],
    )  # fmt: skip


async def store_levels(connection: Connection, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Rows of id, item id, location id, quantity: new levels and changed ones."""
    await connection.change_many(
        "INSERT INTO level (id, item_id, location_id, quantity) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET quantity = excluded.quantity",
        rows,
    )
