"""Booking: the one way that stock moves. Any noun calls it inside a transaction of the writer.

Lines go in; movements, levels and events come out, and no level goes below zero:

    booking = Booking(transaction)
    await booking.take(items)
    plan = booking.plan(places)
    plan.add(item, location, line, field)  # raises InsufficientStock; nothing is booked yet
    movements = plan.book(user_id)
    await booking.store()

All of it happens in memory between `take` and `store`, each of which takes a constant number of
statements. This is safe because the writer holds the log's head: no other process can change
what was loaded before the commit. A database constraint still refuses a level below zero, and
`check-ledger` recomputes everything from the movements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from graphql_api import values
from graphql_api.errors import FieldPath, InsufficientStock, InvalidInput
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import LogTransaction
from graphql_api.inventory.facts import StockDetails
from graphql_api.inventory.item import Item, UpdateType, updated_event
from graphql_api.inventory.movements import ActionType, Movement, insert_movements, store_levels
from graphql_api.inventory.places import Location, Places

OPENING_REASON = "opening stock"
NOT_TAKEN = "the booking has not taken this item"
ELSEWHERE_MAX = 3  # places that a refusal names

Place = tuple[int, int]  # an item's id and a location's


class Line(Protocol):
    """What to book. quantity: signed, whole units; occurred_at_us: None for now."""

    @property
    def quantity(self) -> int: ...

    @property
    def action_type(self) -> ActionType: ...

    @property
    def reason(self) -> str | None: ...

    @property
    def reference(self) -> str | None: ...

    @property
    def occurred_at_us(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class PlainLine:
    """A Line with nothing beside."""

    quantity: int
    action_type: ActionType
    reason: str | None = None
    reference: str | None = None
    occurred_at_us: int | None = None


class Booking:
    """What is booked in one transaction. `take` and `store` once; one object for each item."""

    def __init__(self, transaction: LogTransaction) -> None:
        self._transaction = transaction
        self._level_ids: dict[Place, int] = {}
        self._touched_levels: dict[Place, Item] = {}
        self._touched_items: dict[int, Item] = {}
        self._movements: list[Movement] = []

    async def take(self, items: Iterable[Item]) -> None:
        """Load the levels of items, so that lines can be booked on them."""
        taken = {item.id: item for item in items}
        if not taken:
            return
        for item in taken.values():
            item.level_quantities = {}
        connection = self._transaction.connection
        rows = await connection.rows(
            "SELECT item_id, location_id, id, quantity FROM level WHERE "
            + connection.dialect.one_of("item_id", "bigint"),
            connection.dialect.array(taken),
        )
        for item_id, location_id, level_id, quantity in rows:
            levels = taken[item_id].level_quantities
            assert levels is not None
            levels[location_id] = quantity
            self._level_ids[item_id, location_id] = level_id

    def plan(self, places: Places | None = None) -> Plan:
        """Lines to be booked together, or not at all. places: for refusals that tell where else
        there is stock."""
        return Plan(self, places)

    def level(self, item: Item, location_id: int) -> int:
        """What the item has there now."""
        levels = item.level_quantities
        assert levels is not None, NOT_TAKEN
        return levels.get(location_id, 0)

    def open(self, item: Item, location_id: int, quantity: int, user_id: int | None) -> None:
        """The first movement of an item that is being created: a RECEIPT of all of its stock.

        Tells no event: the item's creation does. quantity 0: nothing is booked. The item's row
        must be in the database before `store`.
        """
        assert not item.stock and not item.level_quantities, "its stock was opened before"
        item.level_quantities = {}
        if quantity:
            line = PlainLine(quantity, ActionType.RECEIPT, OPENING_REASON)
            self.enter(item, location_id, line, user_id)

    def enter(self, item: Item, location_id: int, line: Line, user_id: int | None) -> Movement:
        """Change the stock by one line that was found possible. For `open` and plans."""
        now_us = self._transaction.entry.now_us
        quantity = line.quantity
        old_stock = item.stock
        item.stock = old_stock + quantity
        levels = item.level_quantities
        assert levels is not None, NOT_TAKEN
        levels[location_id] = levels.get(location_id, 0) + quantity
        place = (item.id, location_id)
        if place not in self._level_ids:
            self._level_ids[place] = self._transaction.new_id()
        self._touched_levels[place] = item
        movement = Movement(
            self._transaction.new_id(),
            item.id,
            location_id,
            line.action_type,
            quantity,
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

    def tell(self, item: Item, details: StockDetails, user_id: int | None) -> None:
        """What was entered is a change of the item: its next version, and an event. For plans."""
        entry = self._transaction.entry
        item.version += 1
        item.updated_at = entry.now_us
        self._touched_items[item.id] = item
        entry.append(updated_event(UpdateType.STOCK_UPDATED, item, user_id, details))

    def cursor_after(self, movements: Sequence[Movement]) -> Cursor:
        """The place in the log of what was booked last; where it stood before, for none."""
        entry = self._transaction.entry
        return entry.cursor_of(entry.events[-1]) if movements else entry.head.cursor

    async def store(self) -> None:
        """Write everything that changed: three statements, however many lines there were."""
        connection = self._transaction.connection
        await insert_movements(connection, self._movements)
        await store_levels(
            connection,
            [
                (self._level_ids[place], *place, self.level(item, place[1]))
                for place, item in self._touched_levels.items()
            ],
        )
        await connection.change_many(
            "UPDATE item SET stock = ?, version = ?, updated_at = ? WHERE id = ?",
            [(i.stock, i.version, i.updated_at, i.id) for i in self._touched_items.values()],
        )


class Plan:
    """Lines that are possible one after the other, before any of them is booked."""

    def __init__(self, booking: Booking, places: Places | None = None) -> None:
        self._booking = booking
        self._places = places
        self._levels: dict[Place, int] = {}
        self._stock: dict[int, int] = {}
        self._steps: list[tuple[Item, int, Line]] = []

    def add(self, item: Item, location: Location, line: Line, field: FieldPath) -> None:
        """Accept `line`. Raises InsufficientStock, InvalidTransition for what comes into an
        archived location, or InvalidInput beyond 32 bits."""
        if line.quantity > 0:
            location.check_open(field)
        place = (item.id, location.id)
        level = self._levels.get(place)
        if level is None:
            level = self._booking.level(item, location.id)
        stock = self._stock.get(item.id, item.stock)
        if level + line.quantity < 0:
            raise InsufficientStock(
                f"{item.sku} has {level} at {location.code}; {-line.quantity} are wanted."
                + self._elsewhere(item, location.id),
                level,
                field,
            )
        if stock + line.quantity > values.INT32_MAX:
            raise InvalidInput(f"The stock would go beyond {values.INT32_MAX}.", field)
        self._levels[place] = level + line.quantity
        self._stock[item.id] = stock + line.quantity
        self._steps.append((item, location.id, line))

    def _elsewhere(self, item: Item, location_id: int) -> str:
        """Where else the item has stock, the most first: " Elsewhere: 12 at SHOP." """
        if self._places is None or not item.level_quantities:
            return ""
        there = {
            one: self._levels.get((item.id, one), quantity)
            for one, quantity in item.level_quantities.items()
            if one != location_id
        }
        most = sorted((-quantity, one) for one, quantity in there.items() if quantity > 0)
        told = [
            f"{-quantity} at {code}"
            for quantity, one in most[:ELSEWHERE_MAX]
            if (code := self._places.code(one)) is not None
        ]
        more = " and others" if len(most) > ELSEWHERE_MAX else ""
        return f" Elsewhere: {', '.join(told)}{more}." if told else ""

    def book(self, user_id: int | None) -> list[Movement]:
        """Book every line, each as a change of its item: a version and an event for each."""
        movements = []
        for item, location_id, line in self._steps:
            movement = self._booking.enter(item, location_id, line, user_id)
            details = StockDetails(
                movement.old_stock, movement.new_stock, movement.quantity, line.action_type.value,
                location_id,
            )  # fmt: skip
            self._booking.tell(item, details, user_id)
            movements.append(movement)
        self._steps = []
        return movements

    def book_as_one(self, user_id: int | None) -> list[Movement]:
        """Book every line, all of one item, as a single change: one version and one event, which
        tells the last line's quantity, action and place, and the first one's."""
        movements = [self._booking.enter(*step, user_id) for step in self._steps]
        (item,) = {id(item): item for item, _, _ in self._steps}.values()
        self._steps = []
        first, last = movements[0], movements[-1]
        details = StockDetails(
            first.old_stock, last.new_stock, last.quantity, last.action_type.value,
            last.location_id, None if first is last else first.location_id,
        )  # fmt: skip
        self._booking.tell(item, details, user_id)
        return movements
