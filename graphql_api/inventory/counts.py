"""Counts: levels that are set to what was found on the shelf. Stock commands (stock_commands.py),
carried out by the ledger (stock.py).

A count replaces the level that it was made against, and no other: it is refused when that has
moved meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from graphql_api import values
from graphql_api.errors import FieldPath, InvalidInput, Refusal, StockConflict
from graphql_api.inventory.booking import Booking, PlainLine, Plan
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.keys import SetBatchInput, SetInput
from graphql_api.inventory.movements import ActionType
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.places import Location, Places
from graphql_api.inventory.quantities import NO_STOCK, Given, amount_text
from graphql_api.inventory.stock_commands import (
    BATCH_LINES_MAX,
    INPUT,
    BulkPolicy,
    check_texts,
)
from graphql_api.inventory.stock_results import BatchRefused, StockResult
from graphql_api.said import said


@dataclass(frozen=True, slots=True)
class CountLine:
    """What was counted of an item at a place: its level becomes `stock`, if it is `expected_stock`
    now.

    stock may be NO_STOCK with an `amount`; unit is of either, expected_stock is base units.
    location_id None: the default location; occurred_at_us None: now.
    """

    item: ItemRef
    stock: int
    expected_stock: int
    location_id: int | None = None
    reason: str | None = None
    reference: str | None = None
    unit: str | None = None
    amount: Decimal | None = None
    occurred_at_us: int | None = None

    def check(self, at: FieldPath) -> None:
        """Rules that a line breaks by itself. Raises InvalidInput."""
        self._given.check_least(0, at)
        values.quantity(self.expected_stock, (*at, "expectedStock"))
        check_texts(self.reason, self.reference, at)

    def as_input(self) -> SetInput:
        return SetInput(
            "set", self.item.by, self.item.value, self.stock, self.expected_stock,
            self.location_id, self.reason, self.reference, self.unit, amount_text(self.amount),
            self.occurred_at_us,
        )  # fmt: skip

    def named(
        self, items: NamedItems, places: Places, sees_admins: bool, at: FieldPath
    ) -> tuple[Item, Location]:
        """What was counted, and where. Raises NotFound, or InvalidTransition for a deleted item
        of which there would be more."""
        item = items.find(self.item, sees_admins, (*at, "item"), goes_out=True)
        if self._given.in_base(item, at) >= self.expected_stock:
            item = items.find(self.item, sees_admins, (*at, "item"))
        return item, places.loaded(self.location_id, (*at, "location"))

    def add_to(
        self, plan: Plan, booking: Booking, item: Item, location: Location, at: FieldPath
    ) -> None:
        """Raises StockConflict when the level is another than the expected one, or a Refusal."""
        level = booking.level(item, location.id)
        if level != self.expected_stock:
            raise StockConflict(
                said(
                    "The level at {code} is {level}, not {expected_stock}: count again or give "
                    "what it is now.",
                    code=location.code,
                    level=level,
                    expected_stock=self.expected_stock,
                ),
                level,
                (*at, "expectedStock"),
            )
        stock = self._given.in_base(item, at)
        line = PlainLine(
            stock - level, ActionType.COUNT, self.reason, self.reference, self.occurred_at_us
        )
        plan.add(item, location, line, (*at, self._given.field))

    @property
    def _given(self) -> Given:
        return Given("stock", self.stock, NO_STOCK, self.amount, self.unit)


@dataclass(frozen=True, slots=True)
class SetStock:
    """A command: one count, as a CountLine is."""

    key: str
    item: ItemRef
    stock: int
    expected_stock: int
    location_id: int | None
    reason: str | None
    reference: str | None
    user_id: int | None
    sees_admins: bool
    unit: str | None = None
    amount: Decimal | None = None
    occurred_at_us: int | None = None

    def check(self) -> None:
        self._line.check(INPUT)

    def refs(self) -> Sequence[ItemRef]:
        return [self.item]

    def location_ids(self) -> Sequence[int]:
        return _locations([self._line])

    def as_input(self) -> SetInput:
        return self._line.as_input()

    def carry_out(self, items: NamedItems, places: Places, booking: Booking) -> StockResult:
        item, location = self._line.named(items, places, self.sees_admins, INPUT)
        plan = booking.plan(places)
        self._line.add_to(plan, booking, item, location, INPUT)
        movements = plan.book(self.user_id)
        return StockResult.of(booking, movements, item, warnings=plan.warnings)

    @property
    def _line(self) -> CountLine:
        return CountLine(
            self.item, self.stock, self.expected_stock, self.location_id, self.reason,
            self.reference, self.unit, self.amount, self.occurred_at_us,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SetStockBatch:
    """A command: many counts, each of another item or place."""

    key: str
    lines: tuple[CountLine, ...]
    on_error: BulkPolicy
    user_id: int | None
    sees_admins: bool

    def check(self) -> None:
        if not 1 <= len(self.lines) <= BATCH_LINES_MAX:
            raise InvalidInput(
                said(
                    "A batch has 1 to {most} lines, not {count}.",
                    most=BATCH_LINES_MAX,
                    count=len(self.lines),
                ),
                ("input", "lines"),
            )
        for number, line in enumerate(self.lines):
            line.check(_path(number))

    def refs(self) -> Sequence[ItemRef]:
        return [line.item for line in self.lines]

    def location_ids(self) -> Sequence[int]:
        return _locations(self.lines)

    def as_input(self) -> SetBatchInput:
        lines = [line.as_input() for line in self.lines]
        return SetBatchInput("set batch", self.on_error.value, lines)

    def carry_out(self, items: NamedItems, places: Places, booking: Booking) -> StockResult:
        plan = booking.plan(places)
        refusals: list[Refusal] = []
        counted: set[tuple[int, int]] = set()
        for number, line in enumerate(self.lines):
            at = _path(number)
            try:
                item, location = line.named(items, places, self.sees_admins, at)
                if (item.id, location.id) in counted:
                    raise InvalidInput(
                        said(
                            "{sku} at {code} is counted twice: count it once.",
                            sku=item.sku,
                            code=location.code,
                        ),
                        (*at, "item"),
                    )
                counted.add((item.id, location.id))
                line.add_to(plan, booking, item, location, at)
            except Refusal as refusal:
                refusals.append(refusal)
        if refusals and self.on_error is BulkPolicy.ABORT_ALL:
            raise BatchRefused(refusals)
        movements = plan.book(self.user_id)
        return StockResult.of(booking, movements, None, refusals, plan.warnings)


def _locations(lines: Sequence[CountLine]) -> list[int]:
    return [line.location_id for line in lines if line.location_id is not None]


def _path(number: int) -> FieldPath:
    return ("input", "lines", str(number))
