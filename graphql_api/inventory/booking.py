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

What is held (graphql_api/holds) is set aside: who sells, sends back or moves goods gets what is
free alone. What only says how things are (a count, a write-off, a correction) goes through, since
the shelf decides, and tells by a warning that more is held now than there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from graphql_api import values
from graphql_api.clock import MINUTE_US
from graphql_api.errors import FieldPath, InsufficientStock, InvalidInput
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import LogTransaction
from graphql_api.inventory.facts import ItemState, ItemTold, StockDetails
from graphql_api.inventory.item import Item, UpdateType, updated_event
from graphql_api.inventory.levels import Levels
from graphql_api.inventory.movements import ActionType, Movement, insert_movements, store_levels
from graphql_api.inventory.places import Location, Places
from graphql_api.inventory.stock_warnings import StockWarning, held_exceeds_stock
from graphql_api.said import said

OPENING_REASON = "opening stock"
NOT_TAKEN = "the booking has not taken this item"
ELSEWHERE_MAX = 3  # places that a refusal names

# What happened lies behind us. A client's clock may be ahead of ours, by no more than this.
CLOCK_SKEW_US = 5 * MINUTE_US

Place = tuple[int, int]  # an item's id and a location's

# What says how things are, and not what somebody wants to do with them.
STATEMENTS = frozenset({ActionType.COUNT, ActionType.WRITE_OFF, ActionType.CORRECTION})


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

    @property
    def now_us(self) -> int:
        """When the ledger takes what is booked."""
        return self._transaction.entry.now_us

    async def take(self, items: Iterable[Item]) -> None:
        """Load the levels of items, so that lines can be booked on them."""
        taken = {item.id: item for item in items}
        if not taken:
            return
        for item in taken.values():
            item.level_quantities = Levels()
        connection = self._transaction.connection
        rows = await connection.rows(
            "SELECT item_id, location_id, id, quantity, held FROM level WHERE "
            + connection.dialect.one_of("item_id", "bigint")
            + " ORDER BY item_id, location_id",  # so that an event says the same each time
            connection.dialect.array(taken),
        )
        for item_id, location_id, level_id, quantity, held in rows:
            _levels(taken[item_id]).put(location_id, quantity, held)
            self._level_ids[item_id, location_id] = level_id

    def plan(self, places: Places | None = None) -> Plan:
        """Lines to be booked together, or not at all. places: for refusals that tell where else
        there is stock."""
        return Plan(self, places)

    def level(self, item: Item, location_id: int) -> int:
        """What the item has there now."""
        return _levels(item).get(location_id, 0)

    def held(self, item: Item, location_id: int) -> int:
        """How many of them are set aside."""
        return _levels(item).held.get(location_id, 0)

    def hold(self, item: Item, location_id: int, quantity: int) -> None:
        """Set `quantity` more units aside there; negative: give them back. Of what is free, which
        the caller has looked at (`free`); told by `tell`."""
        item.held += quantity
        _levels(item).hold(location_id, quantity)
        self._touched_levels[item.id, location_id] = item

    def free(self, item: Item, location_id: int) -> int:
        """What the item has there that nobody holds; negative when more is held than there is."""
        return _levels(item).free(location_id)

    def open(self, item: Item, location_id: int, quantity: int, user_id: int | None) -> None:
        """The first movement of an item that is being created: a RECEIPT of all of its stock.

        Tells no event: the item's creation does. quantity 0: nothing is booked. The item's row
        must be in the database before `store`.
        """
        assert not item.stock and not item.level_quantities, "its stock was opened before"
        item.level_quantities = Levels()
        if quantity:
            line = PlainLine(quantity, ActionType.RECEIPT, OPENING_REASON)
            self.enter(item, location_id, line, user_id)

    def enter(
        self, item: Item, location_id: int, line: Line, user_id: int | None, freed: int = 0
    ) -> Movement:
        """Change the stock by one line that was found possible. For `open` and plans."""
        entry = self._transaction.entry
        now_us = entry.now_us
        if freed:
            self.hold(item, location_id, -freed)
        quantity = line.quantity
        old_stock = item.stock
        item.stock = old_stock + quantity
        levels = _levels(item)
        levels[location_id] = levels.get(location_id, 0) + quantity
        place = (item.id, location_id)
        if place not in self._level_ids:
            self._level_ids[place] = entry.new_id()
        self._touched_levels[place] = item
        occurred_at_us = line.occurred_at_us
        movement = Movement(
            entry.new_id(), item.id, location_id, line.action_type, quantity, old_stock, item.stock,
            line.reason, line.reference, user_id,
            now_us if occurred_at_us is None else occurred_at_us, now_us,
        )  # fmt: skip
        self._movements.append(movement)
        return movement

    def tell(self, item: Item, details: StockDetails | None, user_id: int | None) -> None:
        """What was entered is a change of the item: its next version, and an event. details: None
        when only what is held of it changed."""
        entry = self._transaction.entry
        item.version += 1
        item.updated_at = entry.now_us
        self._touched_items[item.id] = item
        kind = UpdateType.UPDATED if details is None else UpdateType.STOCK_UPDATED
        event = entry.append(updated_event(kind, item, user_id, details))
        event.keeps_audience = True

    def cursor_after(self, movements: Sequence[Movement]) -> Cursor:
        """The place in the log of what was booked last; where it stood before, for none."""
        entry = self._transaction.entry
        return entry.cursor_of(entry.events[-1]) if movements else entry.head.cursor

    def state_after(self, item: Item, movements: Sequence[Movement]) -> ItemState:
        """The item as it stands now: as the last event tells it, if these were booked just now."""
        if movements:
            told: ItemTold = self._transaction.entry.events[-1].payload
            if told.item.id == item.id:
                return told.item
        return item.state()

    async def store(self) -> None:
        """Write everything that changed: three statements, however many lines there were."""
        connection = self._transaction.connection
        await insert_movements(connection, self._movements)
        await store_levels(
            connection,
            [
                (self._level_ids[place], *place, *_there(item, place[1]))
                for place, item in self._touched_levels.items()
            ],
        )
        await connection.change_many(
            "UPDATE item SET stock = ?, held = ?, version = ?, updated_at = ? WHERE id = ?",
            [
                (i.stock, i.held, i.version, i.updated_at, i.id)
                for i in self._touched_items.values()
            ],
        )


def _there(item: Item, location_id: int) -> tuple[int, int]:
    """What the item has at a location, and how many of them are held."""
    levels = _levels(item)
    return levels.get(location_id, 0), levels.held.get(location_id, 0)


def _levels(item: Item) -> Levels:
    levels = item.level_quantities
    assert levels is not None, NOT_TAKEN
    return levels


class Plan:
    """Lines that are possible one after the other, before any of them is booked.

    warnings: what is wrong though it is possible, one for each line that it is told of.
    """

    def __init__(self, booking: Booking, places: Places | None = None) -> None:
        self._booking = booking
        self._places = places
        self._levels: dict[Place, int] = {}
        self._stock: dict[int, int] = {}
        self._freed: dict[Place, int] = {}
        self._steps: list[tuple[Item, int, Line, int]] = []
        self.warnings: list[StockWarning] = []

    def add(
        self, item: Item, location: Location, line: Line, field: FieldPath, freed: int = 0
    ) -> None:
        """Accept `line`. Raises InsufficientStock, InvalidTransition for what comes into an
        archived location, or InvalidInput beyond 32 bits, and for what has not happened yet, of
        which the last part of `field` becomes occurredAt.

        freed: how many of its units come out of what is held there, and are not held any more.
        """
        if line.occurred_at_us is not None:
            _refuse_future(line.occurred_at_us, self._booking.now_us, field)
        quantity = line.quantity
        place = (item.id, location.id)
        level = self._levels.get(place)
        if level is None:
            level = _levels(item).get(location.id, 0)
        after = level + quantity
        if quantity > 0:
            location.check_open(field)
        else:
            self._check_enough(item, location, line, field, level, bool(freed))
        stock = self._stock.get(item.id, item.stock) + quantity
        if stock > values.INT32_MAX:
            raise InvalidInput(
                said("The stock would go beyond {most}.", most=values.INT32_MAX), field
            )
        if line.action_type in STATEMENTS:
            self._warn_of_held(item, location, after, field)
        self._levels[place] = after
        if freed:
            self._freed[place] = self._freed.get(place, 0) + freed
        self._stock[item.id] = stock
        self._steps.append((item, location.id, line, freed))

    def _check_enough(
        self,
        item: Item,
        location: Location,
        line: Line,
        field: FieldPath,
        level: int,
        is_freed: bool,
    ) -> None:
        """That a level of `level` has what `line` takes."""
        held = self._held(item, location)
        least = 0 if is_freed or line.action_type in STATEMENTS else held
        if line.quantity < 0 and level + line.quantity < least:
            elsewhere = self._elsewhere(item, location.id)
            raise _too_little(item, location, level, held if least else 0, line, field, elsewhere)

    def _held(self, item: Item, location: Location) -> int:
        """What stays held there after the lines so far."""
        return self._booking.held(item, location.id) - self._freed.get((item.id, location.id), 0)

    def _warn_of_held(self, item: Item, location: Location, after: int, field: FieldPath) -> None:
        """Say so where more is held than the `after` units that are there then: also when they
        have become more, since whoever counts them promises them by it."""
        held = self._held(item, location)
        if after < held:
            self.warnings.append(held_exceeds_stock(item.sku, location.code, after, held, field))

    def _elsewhere(self, item: Item, location_id: int) -> str:
        """Where else the item has stock, the most first: "SHOP (12), VAN (3)"; "": nowhere."""
        if self._places is None or not item.level_quantities:
            return ""
        there = {
            one: self._levels.get((item.id, one), quantity)
            for one, quantity in item.level_quantities.items()
            if one != location_id
        }
        most = sorted((-quantity, one) for one, quantity in there.items() if quantity > 0)
        told = [
            f"{code} ({-quantity})"
            for quantity, one in most[:ELSEWHERE_MAX]
            if (code := self._places.code(one)) is not None
        ]
        more = ["…"] if len(most) > ELSEWHERE_MAX else []
        return ", ".join(told + more) if told else ""

    def book(self, user_id: int | None) -> list[Movement]:
        """Book every line, each as a change of its item: a version and an event for each."""
        movements = []
        enter, tell = self._booking.enter, self._booking.tell
        for item, location_id, line, freed in self._steps:
            movement = enter(item, location_id, line, user_id, freed)
            details = StockDetails(
                movement.old_stock, movement.new_stock, movement.quantity, line.action_type.stored,
                location_id,
            )  # fmt: skip
            tell(item, details, user_id)
            movements.append(movement)
        self._steps = []
        return movements

    def book_as_one(self, user_id: int | None) -> list[Movement]:
        """Book every line, all of one item, as a single change: one version and one event, which
        tells the last line's quantity, action and place, and the first one's."""
        movements = [self._booking.enter(*step[:3], user_id, step[3]) for step in self._steps]
        (item,) = {id(step[0]): step[0] for step in self._steps}.values()
        self._steps = []
        first, last = movements[0], movements[-1]
        details = StockDetails(
            first.old_stock, last.new_stock, last.quantity, last.action_type.stored,
            last.location_id, None if first is last else first.location_id,
        )  # fmt: skip
        self._booking.tell(item, details, user_id)
        return movements


def _refuse_future(occurred_at_us: int, now_us: int, field: FieldPath) -> None:
    if occurred_at_us > now_us + CLOCK_SKEW_US:
        raise InvalidInput(
            "occurredAt lies in the future: give the moment when it happened, or leave it out "
            "for now.",
            (*field[:-1], "occurredAt"),
        )


# By whether some are held, and whether there are more elsewhere.
_TOO_LITTLE = {
    (False, False): "{sku} has {level} at {code}; {wanted} are wanted.",
    (False, True): "{sku} has {level} at {code}; {wanted} are wanted. Elsewhere: {elsewhere}.",
    (True, False): "{sku} has {level} at {code}, {held} of them held; {wanted} are wanted.",
    (True, True): "{sku} has {level} at {code}, {held} of them held; {wanted} are wanted. "
    "Elsewhere: {elsewhere}.",
}


def _too_little(
    item: Item,
    location: Location,
    level: int,
    held: int,
    line: Line,
    field: FieldPath,
    elsewhere: str,
) -> InsufficientStock:
    """There is less than `line` takes, or it wants to take of the `held` ones of the level."""
    wanted = -line.quantity
    is_held = held and level >= wanted
    values = {"sku": item.sku, "level": level, "code": location.code, "wanted": wanted}
    if is_held:
        values["held"] = min(held, level)
    if elsewhere:
        values["elsewhere"] = elsewhere
    return InsufficientStock(
        said(_TOO_LITTLE[bool(is_held), bool(elsewhere)], **values),
        max(level - held, 0),
        field,
    )
