"""An item's units, and its barcodes, whose factors come from them: one change of both. Pure.

Called by the commands that create and change items, with the fields that a caller gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.inventory import barcodes, units
from graphql_api.inventory.barcodes import ItemBarcode
from graphql_api.inventory.item import Item
from graphql_api.inventory.units import ItemUnit
from graphql_api.said import said

DEFAULT_UNIT = "unit"

# Fields of a change that are no columns, with what they come to: see `settled`.
_OWN = ("barcodes", "units", "min_quantity", "initial_quantity")


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of a unit; None: the base unit."""

    amount: Decimal
    unit: str | None = None

    def in_base(self, all_units: tuple[ItemUnit, ...], at: FieldPath) -> int:
        """In whole base units, at least 0. Raises InvalidInput."""
        count = units.in_base(all_units, self.amount, self.unit, at, "amount")
        if count < 0:
            raise InvalidInput("amount must not be negative.", (*at, "amount"))
        return count


def settled(before: Item | None, given: Mapping[str, Any], at: FieldPath) -> dict[str, Any]:
    """The columns that a change of an item writes, out of its checked fields.

    before: None for a new item. given: columns, and beside them `barcodes` (WantedBarcodes),
    `units` (ItemUnits), `min_quantity` and `initial_quantity` (Quantities). Raises InvalidInput.
    """
    columns = {name: value for name, value in given.items() if name not in _OWN}
    all_units = _units(before, given, columns, at)
    _barcodes(before, given, columns, all_units, at)
    for name, column, field in (
        ("min_quantity", "min_stock", "minQuantity"),
        ("initial_quantity", "initial_stock", "initialQuantity"),
    ):
        wanted: Quantity | None = given.get(name)
        if wanted is None:
            continue
        if given.get(column):
            raise InvalidInput(
                said("Give {field} or the whole number, not both.", field=field), (*at, field)
            )
        columns[column] = wanted.in_base(all_units, (*at, field))
    return columns


def _units(
    before: Item | None, given: Mapping[str, Any], columns: dict[str, Any], at: FieldPath
) -> tuple[ItemUnit, ...]:
    """All units after the change, the base first."""
    base = given.get("unit", DEFAULT_UNIT if before is None else before.unit)
    others = () if before is None else before.units[1:]
    if "units" in given or "unit" in given:
        field = "units" if "units" in given else "unit"
        others = units.checked_units(base, given.get("units", others), (*at, field))
        columns["other_units"] = units.as_column(others)
    everything = (ItemUnit(base, 1), *others)
    shown = given.get("display_unit", None if before is None else before.display_unit)
    if shown is not None and "display_unit" in given:
        unit = units.named(everything, shown, (*at, "displayUnit"))
        columns["display_unit"] = unit.name if unit.factor > 1 else None
    elif shown is not None and shown not in [unit.name for unit in others]:
        columns["display_unit"] = None  # it is gone, or another name stands in its place
    return everything


def _barcodes(
    before: Item | None,
    given: Mapping[str, Any],
    columns: dict[str, Any],
    all_units: tuple[ItemUnit, ...],
    at: FieldPath,
) -> None:
    own: tuple[ItemBarcode, ...] = () if before is None else before.barcodes
    if "barcodes" in given:
        own = barcodes.resolved(given["barcodes"], all_units, (*at, "barcodes"))
        if given.get("barcode") is not None:
            barcodes.refuse_contradiction(given["barcode"], own, (*at, "barcode"))
    elif "barcode" in given:
        own = barcodes.with_first(own, given["barcode"])
    elif "other_units" not in columns:
        return
    columns |= barcodes.as_columns(barcodes.by_units(own, all_units, (*at, "units")))
