"""The stock commands: what people ask of the ledger, which carries them out (stock.py).

A command is a class of its own: what is wrong with it by itself (`check`), what it names (`refs`,
`location_ids`), what makes it the same again (`as_input`), and what it does (`carry_out`). Counts
are in counts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Protocol

from graphql_api import values
from graphql_api.database.idempotency import Keyed
from graphql_api.errors import FieldPath, InvalidInput, Refusal
from graphql_api.inventory.booking import Booking, Line, PlainLine
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.keys import (
    AdjustInput,
    LineInput,
    TransferInput,
)
from graphql_api.inventory.movements import ActionType
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.places import Places
from graphql_api.inventory.quantities import NO_QUANTITY, Given, amount_text
from graphql_api.inventory.stock_results import (
    BatchRefused,
    StockResult,
)
from graphql_api.said import said

REASON_MAX = 500
REFERENCE_MAX = 200
BATCH_LINES_MAX = 250

INPUT: FieldPath = ("input",)


class BulkPolicy(Enum):
    ABORT_ALL = "ABORT_ALL"
    SKIP_FAILED = "SKIP_FAILED"


# A RETURN may come from a customer or go to a supplier, a CORRECTION goes either way.
_SIGN = {ActionType.RECEIPT: 1, ActionType.SALE: -1, ActionType.WRITE_OFF: -1}
_OWN_MUTATION = {ActionType.COUNT: "setStock", ActionType.TRANSFER: "transferStock"}


@dataclass(slots=True)  # not frozen: made by the hundred, and frozen takes three times as long
class StockLine:
    """One wanted change. quantity: signed, whole units, not 0; or amount (quantities.py), and
    quantity 0. unit: of either; None: base units. occurred_at_us None: now."""

    item: ItemRef
    quantity: int
    action_type: ActionType
    location_id: int | None = None
    reason: str | None = None
    reference: str | None = None
    occurred_at_us: int | None = None
    unit: str | None = None
    amount: Decimal | None = None

    def check(self, at: FieldPath) -> None:
        """Rules that a single line breaks by itself; they refuse a whole batch under any policy."""
        wanted: int | Decimal = self.quantity
        name = "quantity"
        if self.amount is not None:
            wanted, name = self._given.told(at)
        if wanted == 0:
            raise InvalidInput(said("{name} must not be 0.", name=name), (*at, name))
        sign = _SIGN.get(self.action_type)
        if sign is None and self.action_type in _OWN_MUTATION:
            raise InvalidInput(
                said(
                    "A {action_type} is booked with {own_mutation}.",
                    action_type=self.action_type.value,
                    own_mutation=_OWN_MUTATION[self.action_type],
                ),
                (*at, "actionType"),
            )
        if sign is not None and sign * wanted < 0:
            template = (
                "{name} is the signed change: a {action_type} is positive."
                if sign > 0
                else "{name} is the signed change: a {action_type} is negative."
            )
            raise InvalidInput(
                said(template, name=name, action_type=self.action_type.value),
                (*at, name),
            )
        check_texts(self.reason, self.reference, at)

    def as_input(self) -> LineInput:
        return LineInput(
            *self.item, self.quantity, self.action_type.stored, self.location_id, self.reason,
            self.reference, self.occurred_at_us, self.unit, amount_text(self.amount),
        )  # fmt: skip

    @property
    def field(self) -> str:
        """The one of the two fields that was given."""
        return "quantity" if self.amount is None else "amount"

    @property
    def goes_out(self) -> bool:
        return (self.quantity if self.amount is None else self.amount) < 0

    def booked_on(self, item: Item, at: FieldPath) -> Line:
        """What to book, in base units. Raises InvalidInput."""
        if self.unit is None and self.amount is None:
            return self
        quantity = self._given.in_base(item, at)
        return PlainLine(
            quantity, self.action_type, self.reason, self.reference, self.occurred_at_us
        )

    @property
    def _given(self) -> Given:
        return Given("quantity", self.quantity, NO_QUANTITY, self.amount, self.unit)


def check_texts(reason: str | None, reference: str | None, at: FieldPath) -> None:
    """Raises InvalidInput for a reason or a reference that cannot be."""
    if reason is not None:
        values.optional_text(reason, (*at, "reason"), REASON_MAX)
    if reference is not None:
        values.optional_text(reference, (*at, "reference"), REFERENCE_MAX)


class StockCommand(Keyed, Protocol):
    """A change of stock that somebody asks for under a key. sees_admins: whether they may know
    of items that exist for ADMIN only."""

    @property
    def sees_admins(self) -> bool: ...

    def check(self) -> None:
        """What needs no database. Raises InvalidInput."""
        ...

    def refs(self) -> Sequence[ItemRef]:
        """The items that it names: one for each line, in their order."""
        ...

    def location_ids(self) -> Sequence[int]:
        """The locations that it names."""
        ...

    def carry_out(self, items: NamedItems, places: Places, booking: Booking) -> StockResult:
        """Book what it asks for, all or nothing. items, places: all that the run names, loaded;
        `booking` has taken the items. Raises a Refusal, with nothing booked."""
        ...


@dataclass(slots=True)  # not frozen: the most frequent one, as its lines are
class AdjustStock:
    """A command: relative changes. `is_batch` is True for adjustStockBatch."""

    key: str
    lines: tuple[StockLine, ...]
    on_error: BulkPolicy
    is_batch: bool
    user_id: int | None
    sees_admins: bool

    def check(self) -> None:
        if self.is_batch and not 1 <= len(self.lines) <= BATCH_LINES_MAX:
            raise InvalidInput(
                said(
                    "A batch has 1 to {most} lines, not {count}.",
                    most=BATCH_LINES_MAX,
                    count=len(self.lines),
                ),
                ("input", "lines"),
            )
        for number, line in enumerate(self.lines):
            line.check(self._path(number))

    def refs(self) -> Sequence[ItemRef]:
        return [line.item for line in self.lines]

    def location_ids(self) -> Sequence[int]:
        return [line.location_id for line in self.lines if line.location_id is not None]

    def as_input(self) -> AdjustInput:
        mutation = "batch" if self.is_batch else "adjust"
        return AdjustInput(mutation, self.on_error.value, [line.as_input() for line in self.lines])

    def carry_out(self, items: NamedItems, places: Places, booking: Booking) -> StockResult:
        plan = booking.plan(places)
        refusals: list[Refusal] = []
        for number, line in enumerate(self.lines):
            at = self._path(number)
            try:
                item = items.find(
                    line.item, self.sees_admins, (*at, "item"), goes_out=line.goes_out
                )
                location = places.loaded(line.location_id, (*at, "location"))
                plan.add(item, location, line.booked_on(item, at), (*at, line.field))
            except Refusal as refusal:
                refusals.append(refusal)
        if refusals and not self.is_batch:
            raise refusals[0]
        if refusals and self.on_error is BulkPolicy.ABORT_ALL:
            raise BatchRefused(refusals)
        movements = plan.book(self.user_id)
        told = None if self.is_batch else item
        return StockResult.of(booking, movements, told, refusals, plan.warnings)

    def _path(self, number: int) -> FieldPath:
        return ("input", "lines", str(number)) if self.is_batch else INPUT


@dataclass(frozen=True, slots=True)
class TransferStock:
    """A command: move `quantity` units between two locations; the item's stock stays.

    quantity may be NO_QUANTITY with an `amount`; unit is of either.
    """

    key: str
    item: ItemRef
    quantity: int
    from_id: int
    to_id: int
    reason: str | None
    reference: str | None
    user_id: int | None
    sees_admins: bool
    unit: str | None = None
    amount: Decimal | None = None
    occurred_at_us: int | None = None

    def check(self) -> None:
        self._given.check_least(1, INPUT)
        check_texts(self.reason, self.reference, INPUT)
        if self.from_id == self.to_id:
            raise InvalidInput("from and to are the same location.", ("input", "to"))

    def refs(self) -> Sequence[ItemRef]:
        return [self.item]

    def location_ids(self) -> Sequence[int]:
        return [self.from_id, self.to_id]

    def as_input(self) -> TransferInput:
        return TransferInput(
            "transfer", self.item.by, self.item.value, self.quantity, self.from_id, self.to_id,
            self.reason, self.reference, self.unit, amount_text(self.amount),
            self.occurred_at_us,
        )  # fmt: skip

    def carry_out(self, items: NamedItems, places: Places, booking: Booking) -> StockResult:
        item = items.find(self.item, self.sees_admins, ("input", "item"), goes_out=True)
        moved = self._given.in_base(item, INPUT)
        legs = [
            (places.loaded(self.from_id, ("input", "from")), -moved),
            (places.loaded(self.to_id, ("input", "to")), moved),
        ]
        plan = booking.plan(places)
        for location, quantity in legs:
            line = PlainLine(
                quantity, ActionType.TRANSFER, self.reason, self.reference, self.occurred_at_us
            )
            plan.add(item, location, line, (*INPUT, self._given.field))
        return StockResult.of(booking, plan.book_as_one(self.user_id), None)

    @property
    def _given(self) -> Given:
        return Given("quantity", self.quantity, NO_QUANTITY, self.amount, self.unit)
