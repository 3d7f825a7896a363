"""What people do with holds, one class for each, and what the expiry does.

A command is what is wrong with it by itself (`check`), what it names (`refs`, `location_ids`,
`hold_ids`) and what it does (`carry_out`) on a desk where all of that lies, loaded. Called by
holds.py, which loads and stores for a whole run of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from graphql_api import values
from graphql_api.clock import MINUTE_US, SECOND_US
from graphql_api.errors import (
    FieldPath,
    InsufficientStock,
    InvalidInput,
    NotFound,
    Refusal,
)
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event, LogTransaction
from graphql_api.holds.book import HoldBook
from graphql_api.holds.facts import ConsumeInput, PlaceInput, WantedLine
from graphql_api.holds.lifecycle import (
    EXPIRES_IN_S_MAX,
    Hold,
    HoldChange,
    HoldLine,
    HoldStatus,
    added_up,
    checked_expiry,
    hold_of,
)
from graphql_api.inventory.booking import Booking, PlainLine
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.movements import ActionType, Movement
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.places import Location, Places
from graphql_api.inventory.quantities import NO_QUANTITY, Given, amount_text
from graphql_api.inventory.stock import REASON_MAX, REFERENCE_MAX, BatchRefused
from graphql_api.said import said

LINES_MAX = 100  # of one hold: a basket
NOTE_MAX = 500
ID: FieldPath = ("id",)
INPUT_ID: FieldPath = ("input", "id")
NO_SUCH = "There is no hold with this id."


@dataclass(slots=True)
class HoldResult:
    """A hold right after a command. movements: what was sold by it, as far as the caller may see
    that; cursor: the change's place in the log."""

    hold: Hold
    cursor: Cursor
    movements: list[Movement]
    replayed: bool = False


@dataclass(slots=True)
class Desk:
    """What a run of commands works on: all that they name, loaded."""

    transaction: LogTransaction
    items: NamedItems
    places: Places
    booking: Booking
    book: HoldBook

    @property
    def now_us(self) -> int:
        return self.transaction.entry.now_us

    def item(self, item_id: int) -> Item:
        """An item that a hold here has units of."""
        item = self.items.look(ItemRef("id", str(item_id)))
        assert item is not None, "a hold's items are loaded with it, and never deleted as rows"
        return item

    def is_hidden(self, hold: Hold) -> bool:
        """Whether the hold exists for ADMIN only, as one of its items does."""
        return any(self.item(line.item_id).admins_only for line in hold.lines)

    def find(self, hold_id: int, sees_admins: bool, at: FieldPath) -> Hold:
        """The hold. Raises NotFound, also for one that this caller may not know of."""
        hold = self.book.find(hold_id)
        if hold is None or (not sees_admins and self.is_hidden(hold)):
            raise NotFound(NO_SUCH, at)
        return hold

    def set_aside(self, lines: Iterable[HoldLine], sign: int, user_id: int | None) -> None:
        """Hold what the lines say, or (sign -1) give it back: a change of each of the items."""
        touched: dict[int, Item] = {}
        for line in lines:
            item = touched[line.item_id] = self.item(line.item_id)
            self.booking.hold(item, line.location_id, sign * line.quantity)
        for item in touched.values():
            self.booking.tell(item, None, user_id)

    def record(self, change: HoldChange, hold: Hold, user_id: int | None) -> Event:
        """Note that the hold changed, with an event."""
        return self.book.record(change, hold, self.is_hidden(hold), user_id)

    def result(self, hold: Hold, event: Event, movements: Sequence[Movement] = ()) -> HoldResult:
        """The hold may change further in this run; the result keeps it as it is."""
        cursor = self.transaction.entry.cursor_of(event)
        return HoldResult(hold_of(hold.state()), cursor, list(movements))

    def expire(self, due: Iterable[Hold]) -> None:
        """End what is over."""
        for hold in due:
            self.set_aside(hold.lines, -1, None)
            hold.expire(self.now_us)
            self.record(HoldChange.EXPIRED, hold, None)


class HoldCommand(Protocol):
    """What is done with holds in the writer."""

    def check(self) -> None:
        """What needs no database. Raises InvalidInput."""
        ...

    def refs(self) -> Sequence[ItemRef]:
        """The items that it names."""
        ...

    def location_ids(self) -> Sequence[int]:
        """The locations that it names."""
        ...

    def hold_ids(self) -> Sequence[int]:
        """The holds that it names."""
        ...

    def carry_out(self, desk: Desk) -> HoldResult:
        """Do it, all or nothing. Raises a Refusal, with nothing done."""
        ...


@dataclass(frozen=True, slots=True)
class WantedUnits:
    """A line of a basket. quantity: whole units, at least 1; or amount (quantities.py), and
    NO_QUANTITY. unit: of either; None: base units. location_id None: the default."""

    item: ItemRef
    quantity: int
    location_id: int | None = None
    unit: str | None = None
    amount: Decimal | None = None

    def check(self, at: FieldPath) -> None:
        """Raises InvalidInput."""
        self.given.check_least(1, at)

    def in_base(self, item: Item, at: FieldPath) -> int:
        """How many base units. Raises InvalidInput."""
        return self.given.in_base(item, at)

    def as_input(self) -> WantedLine:
        return WantedLine(
            *self.item, self.quantity, self.location_id, self.unit, amount_text(self.amount)
        )

    @property
    def given(self) -> Given:
        return Given("quantity", self.quantity, NO_QUANTITY, self.amount, self.unit)


@dataclass(frozen=True, slots=True)
class Until:
    """When a hold runs out: at a moment, or after some seconds; of both None, after `default_s`."""

    at_us: int | None
    in_s: int | None
    default_s: int = 15 * MINUTE_US // SECOND_US

    def check(self) -> None:
        if self.at_us is not None and self.in_s is not None:
            raise InvalidInput(
                "Give expiresAt or expiresInSeconds, not both.", ("input", "expiresInSeconds")
            )
        if self.in_s is not None and not 1 <= self.in_s <= EXPIRES_IN_S_MAX:
            raise InvalidInput(
                said(
                    "expiresInSeconds must be from 1 to {most}, not {value}.",
                    most=EXPIRES_IN_S_MAX,
                    value=self.in_s,
                ),
                ("input", "expiresInSeconds"),
            )

    def moment(self, now_us: int) -> int:
        """The moment, in microseconds since 1970. Raises InvalidInput."""
        if self.at_us is not None:
            return checked_expiry(self.at_us, now_us, ("input", "expiresAt"))
        return now_us + (self.default_s if self.in_s is None else self.in_s) * SECOND_US


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """A command: set the units of a basket aside."""

    key: str
    lines: tuple[WantedUnits, ...]
    until: Until
    reference: str | None
    note: str | None
    user_id: int | None
    sees_admins: bool

    def check(self) -> None:
        if not 1 <= len(self.lines) <= LINES_MAX:
            raise InvalidInput(
                said(
                    "A hold has 1 to {most} lines, not {count}.",
                    most=LINES_MAX,
                    count=len(self.lines),
                ),
                ("input", "lines"),
            )
        for number, line in enumerate(self.lines):
            line.check(_line(number))
        self.until.check()
        values.optional_text(self.reference, ("input", "reference"), REFERENCE_MAX)
        values.optional_text(self.note, ("input", "note"), NOTE_MAX)

    def refs(self) -> Sequence[ItemRef]:
        return [line.item for line in self.lines]

    def location_ids(self) -> Sequence[int]:
        return [line.location_id for line in self.lines if line.location_id is not None]

    def hold_ids(self) -> Sequence[int]:
        return []

    def as_input(self) -> PlaceInput:
        lines = [line.as_input() for line in self.lines]
        return PlaceInput(
            "placeHold", lines, self.until.at_us, self.until.in_s, self.reference, self.note
        )

    def carry_out(self, desk: Desk) -> HoldResult:
        expires_at_us = self.until.moment(desk.now_us)
        lines = added_up(self._possible_lines(desk))
        hold = Hold(
            desk.transaction.new_id(), HoldStatus.HELD, self.reference, self.note, self.user_id,
            desk.now_us, expires_at_us, lines=lines,
        )  # fmt: skip
        desk.book.add(hold)
        desk.set_aside(lines, 1, self.user_id)
        return desk.result(hold, desk.record(HoldChange.PLACED, hold, self.user_id))

    def _possible_lines(self, desk: Desk) -> list[HoldLine]:
        """The lines with their items and places, which are found and have what all of the basket
        wants. Raises a Refusal of every line that cannot be."""
        wanted: dict[tuple[int, int], int] = {}
        found: list[HoldLine] = []
        refusals: list[Refusal] = []
        for number, line in enumerate(self.lines):
            at = _line(number)
            try:
                item = desk.items.find(line.item, self.sees_admins, (*at, "item"))
                location = desk.places.loaded(line.location_id, (*at, "location"))
                place = (item.id, location.id)
                quantity = line.in_base(item, at)
                wanted[place] = wanted.get(place, 0) + quantity
                _refuse_more_than_free(desk, item, location, wanted[place], (*at, line.given.field))
                found.append(HoldLine(*place, quantity))
            except Refusal as refusal:
                refusals.append(refusal)
        if refusals:
            raise BatchRefused(refusals)
        return found


def _line(number: int) -> FieldPath:
    return ("input", "lines", str(number))


def _refuse_more_than_free(
    desk: Desk, item: Item, location: Location, wanted: int, at: FieldPath
) -> None:
    free = max(desk.booking.free(item, location.id), 0)
    if wanted > free:
        level = desk.booking.level(item, location.id)
        raise InsufficientStock(
            said(
                "{sku} has {level} at {code}, {free} of them free; {wanted} are wanted.",
                sku=item.sku,
                level=level,
                code=location.code,
                free=free,
                wanted=wanted,
            ),
            free,
            at,
        )


@dataclass(frozen=True, slots=True)
class _OfOneHold:
    """What a command names that is about one hold."""

    hold_id: int
    user_id: int | None
    sees_admins: bool

    def refs(self) -> Sequence[ItemRef]:
        return []

    def location_ids(self) -> Sequence[int]:
        return []

    def hold_ids(self) -> Sequence[int]:
        return [self.hold_id]


@dataclass(frozen=True, slots=True)
class ConsumeHold(_OfOneHold):
    """A command: sell what a hold has, all of it. reference None: the hold's own."""

    key: str
    reference: str | None
    reason: str | None

    def check(self) -> None:
        values.optional_text(self.reference, ("input", "reference"), REFERENCE_MAX)
        values.optional_text(self.reason, ("input", "reason"), REASON_MAX)

    def as_input(self) -> ConsumeInput:
        return ConsumeInput("consumeHold", self.hold_id, self.reference, self.reason)

    def carry_out(self, desk: Desk) -> HoldResult:
        hold = desk.find(self.hold_id, self.sees_admins, INPUT_ID)
        hold.check_live(HoldStatus.CONSUMED.value, desk.now_us, INPUT_ID)
        plan = desk.booking.plan(desk.places)
        for line in hold.lines:
            sale = PlainLine(
                -line.quantity, ActionType.SALE, self.reason, self.reference or hold.reference
            )
            location = desk.places.loaded(line.location_id, INPUT_ID)
            plan.add(desk.item(line.item_id), location, sale, INPUT_ID, freed=line.quantity)
        movements = plan.book(self.user_id)
        hold.end(HoldStatus.CONSUMED, desk.now_us, self.user_id)
        event = desk.record(HoldChange.CONSUMED, hold, self.user_id)
        return desk.result(hold, event, movements)


@dataclass(frozen=True, slots=True)
class ReleaseHold(_OfOneHold):
    """A command: give back what a hold has."""

    def check(self) -> None:
        pass

    def carry_out(self, desk: Desk) -> HoldResult:
        hold = desk.find(self.hold_id, self.sees_admins, ID)
        hold.check_live(HoldStatus.RELEASED.value, desk.now_us, ID)
        desk.set_aside(hold.lines, -1, self.user_id)
        hold.end(HoldStatus.RELEASED, desk.now_us, self.user_id)
        return desk.result(hold, desk.record(HoldChange.RELEASED, hold, self.user_id))


@dataclass(frozen=True, slots=True)
class ExtendHold(_OfOneHold):
    """A command: keep what a hold has for longer."""

    until: Until

    def check(self) -> None:
        self.until.check()
        if self.until.at_us is None and self.until.in_s is None:
            raise InvalidInput("Give expiresAt or expiresInSeconds.", ("input", "expiresAt"))

    def carry_out(self, desk: Desk) -> HoldResult:
        hold = desk.find(self.hold_id, self.sees_admins, INPUT_ID)
        name = "expiresAt" if self.until.in_s is None else "expiresInSeconds"
        hold.extend(self.until.moment(desk.now_us), desk.now_us, ("input", name))
        return desk.result(hold, desk.record(HoldChange.EXTENDED, hold, self.user_id))


@dataclass(frozen=True, slots=True)
class ExpireDue:
    """A command: end what is over. Every transaction begins with that, so it does nothing more."""
