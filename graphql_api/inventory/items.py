"""Items: what they are, and the commands that create, change and delete them.

The stock of an item changes through stock.py only. Each command here runs in the writer, in
a savepoint of its own, and appends one event with the item's state right after it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any

from graphql_api import values
from graphql_api.database.connection import Connection, Row
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import AlreadyExists, InvalidInput, NotFound, VersionConflict
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event, Facts, LogTransaction, LogWriter
from graphql_api.inventory import search
from graphql_api.inventory.facts import ITEM_TOLD, ItemState, ItemTold, StockDetails
from graphql_api.inventory.locations import Locations

TOPIC = "inventory"

SKU_MAX = 64
NAME_MAX = 200
DESCRIPTION_MAX = 5_000
CATEGORY_MAX = 100
BARCODE_MAX = 64
UNIT_MAX = 32


class StockStatus(Enum):
    IN_STOCK = "IN_STOCK"
    LOW_STOCK = "LOW_STOCK"
    OUT_OF_STOCK = "OUT_OF_STOCK"


class Visibility(Enum):
    EVERYONE = "EVERYONE"
    ADMINS = "ADMINS"


class UpdateType(Enum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    STOCK_UPDATED = "STOCK_UPDATED"


FACTS: Facts = {(TOPIC, kind.value): ITEM_TOLD for kind in UpdateType}


def status_of(stock: int, min_stock: int) -> StockStatus:
    """OUT_OF_STOCK at 0, LOW_STOCK at or below min_stock, else IN_STOCK."""
    if stock == 0:
        return StockStatus.OUT_OF_STOCK
    return StockStatus.LOW_STOCK if stock <= min_stock else StockStatus.IN_STOCK


@dataclass(slots=True)
class Item:
    """An item as it stands at one moment.

    price, cost_units: ten-thousandths; cost_units None when unknown. *_us: microseconds since
    1970. level_quantities: location id → quantity, for events; None when read by a query, which
    loads levels on demand.
    """

    id: int
    sku: str
    name: str
    description: str
    category: str | None
    barcode: str | None
    unit: str
    price: int
    cost_units: int | None
    stock: int
    min_stock: int
    admins_only: int
    version: int
    deleted_at: int | None
    created_at: int
    updated_at: int
    level_quantities: dict[int, int] | None = None

    @property
    def status(self) -> StockStatus:
        return status_of(self.stock, self.min_stock)

    @property
    def visibility(self) -> Visibility:
        return Visibility.ADMINS if self.admins_only else Visibility.EVERYONE

    @property
    def roles(self) -> int:
        """Who may see its events."""
        return audience.ADMINS if self.admins_only else audience.EVERYONE

    def row(self) -> tuple[Any, ...]:
        """As a row of COLUMNS; see `item_from_row`."""
        return (
            self.id,
            self.sku,
            self.name,
            self.description,
            self.category,
            self.barcode,
            self.unit,
            self.price,
            self.cost_units,
            self.stock,
            self.min_stock,
            self.admins_only,
            self.version,
            self.deleted_at,
            self.created_at,
            self.updated_at,
        )

    def state(self) -> ItemState:
        """As events and keys keep it; see `item_of`."""
        return ItemState(
            self.id, self.sku, self.name, self.description, self.category, self.barcode,
            self.unit, self.price, self.cost_units, self.stock, self.min_stock, self.admins_only,
            self.version, self.deleted_at, self.created_at, self.updated_at,
            list(self.level_quantities.items()) if self.level_quantities else [],
        )  # fmt: skip


def item_of(state: ItemState) -> Item:
    """The item that `Item.state` wrote."""
    return Item(
        state.id, state.sku, state.name, state.description, state.category, state.barcode,
        state.unit, state.price, state.cost_units, state.stock, state.min_stock,
        state.admins_only, state.version, state.deleted_at, state.created_at, state.updated_at,
        dict(state.levels),
    )  # fmt: skip


COLUMNS = (
    "id, sku, name, description, category, barcode, unit, price, cost, stock, min_stock, "
    "admins_only, version, deleted_at, created_at, updated_at"
)


def item_from_row(row: Row) -> Item:
    """An item out of a row of COLUMNS."""
    return Item(*row)


@dataclass(frozen=True, slots=True)
class ItemRef:
    """How a caller names an item: by `id`, `sku` or `barcode`."""

    by: str
    value: str

    def __str__(self) -> str:
        return f"{self.by} {values.excerpt(self.value)}"

    @property
    def key(self) -> str:
        """What `sku_key` or `barcode` holds for it; NO_KEY for a text that no item can have."""
        if self.by == "sku":
            return values.lookup_key(self.value, SKU_MAX)
        barcode = self.value.strip()
        return barcode if len(barcode) <= BARCODE_MAX else values.NO_KEY


def parse_id(text: str) -> int | None:
    """An id as clients write it; None when it cannot be one of ours."""
    if len(text) > 18 or not text.isascii() or not text.isdigit():
        return None
    return int(text)


@dataclass(frozen=True, slots=True)
class NewItem:
    """A command: create an item. `initial_stock` becomes its first movement, a RECEIPT.

    sees_admins: whether a refusal may name an item that exists for ADMIN only.
    """

    sku: str
    name: str
    description: str
    category: str | None
    barcode: str | None
    unit: str
    price: int
    cost: int | None
    min_stock: int
    initial_stock: int
    location_id: int | None
    admins_only: int
    user_id: int | None
    sees_admins: bool = False


@dataclass(frozen=True, slots=True)
class ItemChange:
    """A command: change fields of an item. `changes` maps columns to new values.

    lease_token: of the edit lease under which it was made; None: made without one.
    """

    id: int
    expected_version: int | None
    changes: Mapping[str, Any]
    user_id: int | None
    sees_admins: bool
    lease_token: str | None = None


@dataclass(frozen=True, slots=True)
class ItemRemoval:
    """A command: soft-delete an item. Its history stays."""

    id: int
    expected_version: int | None
    user_id: int | None
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The item right after the command, and its place in the log."""

    item: Item
    cursor: Cursor


def checked_fields(given: Mapping[str, Any], at: tuple[str, ...] = ()) -> dict[str, Any]:
    """`given` fields of an item, by contract name, as column values; absent ones stay absent.

    Money comes as Decimal, visibility as Visibility. Raises InvalidInput under the path `at`.
    """
    columns: dict[str, Any] = {}
    for name, value in given.items():
        column, check = _FIELD_RULES[name]
        path = (*at, name)
        if value is None and name not in _NULLABLE:
            raise InvalidInput(f"{name} must not be null.", path)
        columns[column] = check(value, path)
    return columns


def _optional_money(value: Decimal | None, path: tuple[str, ...]) -> int | None:
    return None if value is None else values.money(value, path)


_NULLABLE = frozenset({"category", "barcode", "cost"})
_FIELD_RULES: dict[str, tuple[str, Any]] = {
    "sku": ("sku", lambda v, p: values.unique_text(v, p, SKU_MAX)),
    "name": ("name", lambda v, p: values.unique_text(v, p, NAME_MAX)),
    "description": ("description", lambda v, p: values.prose(v, p, DESCRIPTION_MAX)),
    "category": ("category", lambda v, p: values.optional_text(v, p, CATEGORY_MAX)),
    "barcode": ("barcode", lambda v, p: values.optional_text(v, p, BARCODE_MAX)),
    "unit": ("unit", lambda v, p: values.required_text(v, p, UNIT_MAX)),
    "price": ("price", values.money),
    "cost": ("cost", _optional_money),
    "minStock": ("min_stock", values.quantity),
    "initialStock": ("initial_stock", values.quantity),
    "visibility": ("admins_only", lambda v, _: int(v is Visibility.ADMINS)),
}


def updated_event(
    kind: UpdateType, item: Item, user_id: int | None, details: StockDetails | None = None
) -> Event:
    """The event for an item's change. details: None when its stock did not change."""
    told = ItemTold(item.state(), user_id, details)
    return Event(TOPIC, kind.value, item.id, item.roles, None, told)


# Refuses (LeaseLost) a change of an item by a user under a token that counts no more.
LeaseCheck = Callable[[Connection, int, int | None, str], Awaitable[None]]


async def _no_lease(_connection: Connection, _item: int, _user: Any, _token: str) -> None:
    """Nobody keeps leases."""


class Items:
    """The use cases of items."""

    def __init__(
        self,
        writer: LogWriter,
        locations: Locations,
        opening_stock: Any,
    ) -> None:
        """opening_stock: `StockLedger.book_opening`, which books a new item's first movement."""
        self._writer = writer
        self._locations = locations
        self._book_opening = opening_stock
        self._check_lease: LeaseCheck = _no_lease
        self._create = single(self._create_one)
        self._change = single(self._change_one)
        self._remove = single(self._remove_one)

    def check_leases_by(self, check: LeaseCheck) -> None:
        """Called once, by those who keep edit leases: `check` refuses a change without its."""
        self._check_lease = check

    async def create(self, command: NewItem) -> ItemResult:
        """Raises AlreadyExists (SKU or barcode taken, also by a deleted item), NotFound."""
        result: ItemResult = await self._writer.submit(self._create, command)
        return result

    async def change(self, command: ItemChange) -> ItemResult:
        """Raises NotFound, LeaseLost, VersionConflict, AlreadyExists, InvalidInput (nothing to
        change)."""
        result: ItemResult = await self._writer.submit(self._change, command)
        return result

    async def remove(self, command: ItemRemoval) -> ItemResult:
        """Raises NotFound, VersionConflict."""
        result: ItemResult = await self._writer.submit(self._remove, command)
        return result

    async def _create_one(self, transaction: LogTransaction, command: NewItem) -> ItemResult:
        connection = transaction.connection
        await _refuse_taken_sku(connection, command.sku, command.sees_admins)
        await _refuse_taken_barcode(connection, command.barcode, command.sees_admins)
        location = await self._locations.resolve(connection, command.location_id)
        now_us = transaction.entry.now_us
        item = Item(
            id=transaction.new_id(),
            sku=command.sku,
            name=command.name,
            description=command.description,
            category=command.category,
            barcode=command.barcode,
            unit=command.unit,
            price=command.price,
            cost_units=command.cost,
            stock=command.initial_stock,
            min_stock=command.min_stock,
            admins_only=command.admins_only,
            version=1,
            deleted_at=None,
            created_at=now_us,
            updated_at=now_us,
            level_quantities={},
        )
        await insert_items(connection, [item])
        if command.initial_stock:
            item.level_quantities = {location.id: command.initial_stock}
            await self._book_opening(transaction, item, location.id, command.user_id)
        event = updated_event(UpdateType.CREATED, item, command.user_id)
        transaction.entry.append(event)
        return ItemResult(item, transaction.entry.cursor_of(event))

    async def _change_one(self, transaction: LogTransaction, command: ItemChange) -> ItemResult:
        connection = transaction.connection
        before = await _living_item(connection, command.id, command.sees_admins)
        if command.lease_token is not None:
            await self._check_lease(connection, command.id, command.user_id, command.lease_token)
        _refuse_stale(before, command.expected_version)
        if not command.changes:
            raise InvalidInput("Nothing to change: give at least one field.", ("input",))
        await self._refuse_taken(connection, before, command)
        renamed = {_ATTRIBUTES.get(name, name): value for name, value in command.changes.items()}
        item = replace(
            before,
            **renamed,
            version=before.version + 1,
            updated_at=transaction.entry.now_us,
            level_quantities=await level_quantities(connection, before.id),
        )
        await store_items(connection, [(before, item)])
        if item.admins_only and not before.admins_only:
            await restrict_events(transaction, [item.id])
        event = updated_event(UpdateType.UPDATED, item, command.user_id)
        transaction.entry.append(event)
        return ItemResult(item, transaction.entry.cursor_of(event))

    async def _refuse_taken(
        self, connection: Connection, before: Item, command: ItemChange
    ) -> None:
        sku = command.changes.get("sku", before.sku)
        if values.folded(sku) != values.folded(before.sku):
            await _refuse_taken_sku(connection, sku, command.sees_admins)
        barcode = command.changes.get("barcode", before.barcode)
        if barcode != before.barcode:
            await _refuse_taken_barcode(connection, barcode, command.sees_admins)

    async def _remove_one(self, transaction: LogTransaction, command: ItemRemoval) -> ItemResult:
        connection = transaction.connection
        before = await _living_item(connection, command.id, command.sees_admins)
        _refuse_stale(before, command.expected_version)
        now_us = transaction.entry.now_us
        item = replace(
            before,
            version=before.version + 1,
            updated_at=now_us,
            deleted_at=now_us,
            level_quantities=await level_quantities(connection, before.id),
        )
        await connection.change(
            "UPDATE item SET version = ?, updated_at = ?, deleted_at = ? WHERE id = ?",
            item.version,
            item.updated_at,
            item.deleted_at,
            item.id,
        )
        event = updated_event(UpdateType.DELETED, item, command.user_id)
        transaction.entry.append(event)
        return ItemResult(item, transaction.entry.cursor_of(event))


_ATTRIBUTES = {"cost": "cost_units"}


async def restrict_events(transaction: LogTransaction, item_ids: Sequence[int]) -> None:
    """From now on the items exist for ADMIN only: in the log's past too, so replays hide them."""
    connection = transaction.connection
    await connection.change(
        "UPDATE event SET roles = roles & ? WHERE "
        + connection.dialect.one_of("subject", "bigint"),
        audience.ADMINS,
        connection.dialect.array(item_ids),
    )
    hidden = set(item_ids)
    for event in transaction.entry.events:  # of this transaction: not stored yet
        if event.subject in hidden:
            event.roles &= audience.ADMINS
    for item_id in item_ids:
        transaction.entry.append(
            Event(
                audience.TOPIC,
                audience.RESTRICTED,
                item_id,
                audience.NOBODY,
                None,
                audience.Restricted(audience.ADMINS),
            )
        )


async def level_quantities(connection: Connection, item_id: int) -> dict[int, int]:
    """Location id → quantity, for every location where the item has ever been."""
    rows = await connection.rows(
        "SELECT location_id, quantity FROM level WHERE item_id = ? ORDER BY location_id", item_id
    )
    return {row[0]: row[1] for row in rows}


async def _living_item(connection: Connection, item_id: int, sees_admins: bool) -> Item:
    row = await connection.row(
        f"SELECT {COLUMNS} FROM item WHERE id = ? AND deleted_at IS NULL", item_id
    )
    item = item_from_row(row) if row else None
    if item is None or (item.admins_only and not sees_admins):
        raise NotFound(f"There is no item with id {item_id}.", ("input", "id"))
    return item


def _refuse_stale(item: Item, expected: int | None) -> None:
    if expected is not None and expected != item.version:
        raise VersionConflict(
            f"The item is at version {item.version}, not {expected}: somebody changed it. "
            "Read it again and repeat your change.",
            item.version,
            ("input", "expectedVersion"),
        )


async def _refuse_taken_sku(connection: Connection, sku: str, sees_admins: bool) -> None:
    """That it is taken cannot be hidden; by whom, and how it is written there, is."""
    row = await connection.row(
        "SELECT id, sku, deleted_at, admins_only FROM item WHERE sku_key = ?", values.folded(sku)
    )
    if row is None:
        return
    if row["admins_only"] and not sees_admins:
        raise AlreadyExists(f"SKU {sku!r} is taken.", ("input", "sku"))
    if row["deleted_at"] is None:
        raise AlreadyExists(f"SKU {row['sku']!r} is taken (item {row['id']}).", ("input", "sku"))
    raise AlreadyExists(sku_of_deleted(row["sku"], row["id"]), ("input", "sku"))


def sku_of_deleted(sku: str, item_id: int) -> str:
    """Why a deleted item's SKU cannot be had, and what to do."""
    return (
        f"SKU {sku!r} belongs to the deleted item {item_id}, whose history stays under it. "
        "Choose another SKU, for instance with a suffix."
    )


async def _refuse_taken_barcode(
    connection: Connection, barcode: str | None, sees_admins: bool
) -> None:
    if barcode is None:
        return
    row = await connection.row(
        "SELECT id, deleted_at, admins_only FROM item WHERE barcode = ?", barcode
    )
    if row is None:
        return
    if row["admins_only"] and not sees_admins:
        raise AlreadyExists(f"Barcode {barcode!r} is taken.", ("input", "barcode"))
    owner = "the deleted item" if row["deleted_at"] else "item"
    raise AlreadyExists(
        f"Barcode {barcode!r} belongs to {owner} {row['id']}.", ("input", "barcode")
    )


async def insert_items(connection: Connection, items: Sequence[Item]) -> None:
    """Write new items and what they are found by: two statements, however many there are."""
    terms = [search.terms_of(i.sku, i.name, i.barcode, i.category) for i in items]
    await connection.change_many(
        f"INSERT INTO item ({COLUMNS}, sku_key, name_key, search_text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *item.row(),
                values.folded(item.sku),
                values.folded(item.name),
                search.text_of(found_by),
            )
            for item, found_by in zip(items, terms, strict=True)
        ],
    )
    await _add_terms(
        connection,
        [(item.id, found_by) for item, found_by in zip(items, terms, strict=True)],
    )


async def store_items(connection: Connection, changes: Sequence[tuple[Item, Item]]) -> None:
    """Write items that changed, each as (before, after): at most three statements.

    They are written in the order given: a barcode that one gives up can go to a later one.
    """
    rows = []
    removed: list[tuple[int, frozenset[str]]] = []
    added: list[tuple[int, frozenset[str]]] = []
    for before, item in changes:
        old_terms = search.terms_of(before.sku, before.name, before.barcode, before.category)
        terms = search.terms_of(item.sku, item.name, item.barcode, item.category)
        removed.append((item.id, old_terms - terms))
        added.append((item.id, terms - old_terms))
        rows.append(
            (
                item.sku,
                values.folded(item.sku),
                item.name,
                values.folded(item.name),
                item.description,
                item.category,
                item.barcode,
                item.unit,
                item.price,
                item.cost_units,
                item.min_stock,
                item.admins_only,
                item.version,
                item.updated_at,
                search.text_of(terms),
                item.id,
            )
        )
    await connection.change_many(
        "UPDATE item SET sku = ?, sku_key = ?, name = ?, name_key = ?, description = ?, "
        "category = ?, barcode = ?, unit = ?, price = ?, cost = ?, min_stock = ?, "
        "admins_only = ?, version = ?, updated_at = ?, search_text = ? WHERE id = ?",
        rows,
    )
    await _remove_terms(connection, removed)
    await _add_terms(connection, added)


async def _add_terms(
    connection: Connection, terms_of_items: Sequence[tuple[int, frozenset[str]]]
) -> None:
    await connection.change_many(
        "INSERT INTO item_term (term, item_id) VALUES (?, ?)", _term_rows(terms_of_items)
    )


async def _remove_terms(
    connection: Connection, terms_of_items: Sequence[tuple[int, frozenset[str]]]
) -> None:
    await connection.change_many(
        "DELETE FROM item_term WHERE term = ? AND item_id = ?", _term_rows(terms_of_items)
    )


def _term_rows(
    terms_of_items: Sequence[tuple[int, frozenset[str]]],
) -> list[tuple[str, int]]:
    return sorted((term, item_id) for item_id, terms in terms_of_items for term in terms)


__all__ = [
    "COLUMNS",
    "TOPIC",
    "Item",
    "ItemChange",
    "ItemRef",
    "ItemRemoval",
    "ItemResult",
    "Items",
    "NewItem",
    "StockStatus",
    "UpdateType",
    "Visibility",
    "checked_fields",
    "insert_items",
    "item_from_row",
    "item_of",
    "level_quantities",
    "parse_id",
    "restrict_events",
    "sku_of_deleted",
    "status_of",
    "store_items",
    "updated_event",
]


def sample_update(new_id: Callable[[], int], now_us: int, user_id: int) -> Event:
    """A test broadcast: an update of an item that does not exist."""
    item = Item(
        id=new_id(), sku="TEST", name="Test item", description="A test broadcast", category=None,
        barcode=None, unit="unit", price=0, cost_units=None, stock=1, min_stock=0,
        admins_only=0, version=1, deleted_at=None, created_at=now_us, updated_at=now_us,
    )  # fmt: skip
    event = updated_event(UpdateType.UPDATED, item, user_id)
    event.subject = None
    return event
