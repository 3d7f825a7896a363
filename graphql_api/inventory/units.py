"""Units of an item: whole multiples of its base unit, and quantities told in them. Pure.

An item is kept in whole base units (`unit`: g); its other units are whole multiples of it (kg:
1000, carton: 12). What was booked is base units, so a factor that changes later changes nothing of
it. Called by items.py and by the commands of stock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from graphql_api import values
from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.inventory.facts import UNITS, UnitState
from graphql_api.said import said

UNIT_MAX = 32  # characters of a name
UNITS_MAX = 16  # of one item, its base unit among them
FACTOR_MIN = 2
FACTOR_MAX = 1_000_000  # base units
LISTS_KEPT = 1_024  # decoded


@dataclass(frozen=True, slots=True)
class ItemUnit:
    """A unit. factor: base units in one; 1 for the base unit itself."""

    name: str
    factor: int


def checked_units(base: str, given: Sequence[ItemUnit], field: FieldPath) -> tuple[ItemUnit, ...]:
    """The units beside the base, in their order. `given` may hold the base unit too, as it is
    read. Raises InvalidInput."""
    values.at_most(len(given), UNITS_MAX, field)
    names = {values.folded(base)}
    checked = []
    for number, unit in enumerate(given):
        at = (*field, str(number))
        name = values.unique_text(unit.name, (*at, "name"), UNIT_MAX)
        key = values.folded(name)
        if unit.factor == 1 and key == values.folded(base):
            continue
        if key in names:
            raise InvalidInput(
                said("The unit {name} stands here twice, or is the base unit.", name=repr(name)), at
            )
        if not FACTOR_MIN <= unit.factor <= FACTOR_MAX:
            raise InvalidInput(
                said(
                    "factor must be from {least} to {most} {base}, not {factor}.",
                    least=FACTOR_MIN,
                    most=FACTOR_MAX,
                    base=base,
                    factor=unit.factor,
                ),
                (*at, "factor"),
            )
        names.add(key)
        checked.append(ItemUnit(name, unit.factor))
    if len(checked) >= UNITS_MAX:
        raise InvalidInput(
            said("An item has at most {most} units, its base among them.", most=UNITS_MAX), field
        )
    return tuple(checked)


def listed(base: str, others: str | None) -> tuple[ItemUnit, ...]:
    """All units out of an item's columns `unit` and `other_units`, the base first."""
    return (ItemUnit(base, 1), *(_decoded(others) if others is not None else ()))


@lru_cache(maxsize=LISTS_KEPT)
def _decoded(others: str) -> tuple[ItemUnit, ...]:
    return tuple(ItemUnit(unit.name, unit.factor) for unit in UNITS.decode(others))


def as_column(others: Sequence[ItemUnit]) -> str | None:
    """The column `other_units`; None: it has none."""
    return UNITS.encode([UnitState(unit.name, unit.factor) for unit in others]) if others else None


def named(units: Sequence[ItemUnit], name: str, field: FieldPath) -> ItemUnit:
    """The unit of this name, without case and form. Raises InvalidInput."""
    key = values.lookup_key(name, UNIT_MAX)
    for unit in units:
        if values.folded(unit.name) == key:
            return unit
    raise InvalidInput(
        said(
            "The item has no unit {name}; it has {units}.",
            name=values.excerpt(name),
            units=", ".join(unit.name for unit in units),
        ),
        field,
    )


def in_base(
    units: Sequence[ItemUnit], amount: int | Decimal, name: str | None, at: FieldPath, what: str
) -> int:
    """`amount` of the unit called `name` (None: the base unit) in whole base units, exactly.

    units: all of the item. at: the path of the input, in which `what` is the amount's name and
    `unit` the unit's. Raises InvalidInput: no such unit, no whole number of base units, or beyond
    32 bits.
    """
    unit = units[0] if name is None else named(units, name, (*at, "unit"))
    field = (*at, what)
    if isinstance(amount, Decimal) and not amount.is_finite():
        raise InvalidInput(said("{what} must be a number.", what=what), field)
    if isinstance(amount, Decimal) and amount and not -40 < amount.adjusted() < 12:
        raise InvalidInput(
            said("{what} is out of range.", what=what), field
        )  # before 10^n is spelt out
    exact = Fraction(amount) * unit.factor
    if exact.denominator != 1:
        raise InvalidInput(_not_whole(units[0], unit, amount), field)
    if abs(exact.numerator) > values.INT32_MAX:
        raise InvalidInput(
            said(
                "{what} must be at most {most} {base} in all.",
                what=what,
                most=values.INT32_MAX,
                base=units[0].name,
            ),
            field,
        )
    return exact.numerator


def _not_whole(base: ItemUnit, unit: ItemUnit, amount: int | Decimal) -> str:
    return said(
        "{amount} {unit} is no whole number of {base}, in which the item is kept: the "
        "smallest step is {step} {unit}.",
        amount=amount,
        unit=unit.name,
        base=base.name,
        step=step_of(unit),
    )


def step_of(unit: ItemUnit) -> str:
    """One base unit in this unit: 0.001 for kg over g; 1/12 where no decimal number is it."""
    twos = fives = 0
    rest = unit.factor
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"1/{unit.factor}"
    places = max(twos, fives)
    digits = 10**places // unit.factor
    return f"0.{digits:0{places}d}" if places else "1"
