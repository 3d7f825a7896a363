"""Quantities as commands of stock are given them: a whole number, or a decimal amount, of a unit.

    quantity=2, unit="carton"    amount=Decimal("0.5"), unit="kg"    quantity=7

Without a unit it is base units. What is stored and told is base units. Called by stock.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from graphql_api import values
from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.inventory.item import Item
from graphql_api.inventory.units import in_base
from graphql_api.said import said

NO_QUANTITY = 0  # what a change's quantity is where an amount is given instead
NO_STOCK = -1  # the same of a count, which may be 0


@dataclass(frozen=True, slots=True)
class Given:
    """name: of the whole number's field; absent: the number that says nothing."""

    name: str
    number: int
    absent: int
    amount: Decimal | None
    unit: str | None

    def told(self, at: FieldPath) -> tuple[int | Decimal, str]:
        """What was given of the two, and its field. Raises InvalidInput for both."""
        if self.amount is None:
            return self.number, self.name
        if self.number != self.absent:
            raise InvalidInput(
                said("Give {name} or amount, not both.", name=self.name), (*at, "amount")
            )
        return self.amount, "amount"

    @property
    def field(self) -> str:
        """The field that was given, once it was checked that not both were."""
        return self.name if self.amount is None else "amount"

    def check_least(self, least: int, at: FieldPath) -> None:
        """Refuse what is below `least`, 0 or 1; an amount only has to be above 0 for 1, since
        its unit is not known yet. Raises InvalidInput."""
        given, name = self.told(at)
        if isinstance(given, int):
            values.quantity(given, (*at, name), least)
        elif not given.is_finite() or given < 0 or (least and given == 0):
            template = (
                "{name} must be above 0, not {given}."
                if least
                else "{name} must be at least 0, not {given}."
            )
            raise InvalidInput(said(template, name=name, given=given), (*at, name))

    def in_base(self, item: Item, at: FieldPath) -> int:
        """What was given, in the item's base units. Raises InvalidInput."""
        given, name = self.told(at)
        if self.unit is None and isinstance(given, int):
            return given
        return in_base(item.units, given, self.unit, at, name)


def amount_text(amount: Decimal | None) -> str | None:
    """An amount as an idempotency key's input keeps it: 0.50 is the same as 0.5."""
    return None if amount is None else format(amount.normalize(), "f")
