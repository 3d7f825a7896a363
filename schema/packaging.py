"""Units and barcodes of items: the face of graphql_api/inventory/units.py and barcodes.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.types.arguments import InputContext

from graphql_api.inventory import barcodes, packaging, units
from schema.faces import face_of, from_input
from schema.scalars import Decimal


@face_of(barcodes.ItemBarcode, "A barcode of an item.")
class ItemBarcode:
    code: str = strawberry.field(description="As it was written.")
    factor: int = strawberry.field(description="Base units that one scan stands for.")
    unit: str | None = strawberry.field(
        description="The unit of the item from which the factor comes; null: it was given."
    )


@face_of(units.ItemUnit, "A unit in which quantities of an item are told.")
class ItemUnit:
    name: str = strawberry.field(description="Unique for the item, without case.")
    factor: int = strawberry.field(description="Base units in one; 1 for the base unit itself.")


@strawberry.input(description="A barcode of an item.")
class ItemBarcodeInput:
    code: str = strawberry.field(
        description="At most 64 characters; unique over all living items, GTINs of 8, 12, 13 and "
        "14 digits with zeros in front, in groups or not."
    )
    factor: int | None = strawberry.field(
        description="Base units that one scan stands for, 1 to 1,000,000; the unit's if one is "
        "given, else 1.",
        default=None,
    )
    unit: str | None = strawberry.field(
        description="A unit of the item, whose factor it has, also when that changes.",
        default=None,
    )


def wanted_barcode(_: type, given: Mapping[str, Any], __: InputContext) -> barcodes.WantedBarcode:
    unit = (given.get("unit") or "").strip() or None
    return barcodes.WantedBarcode(given["code"], given.get("factor"), unit)


from_input(ItemBarcodeInput, wanted_barcode)


@strawberry.input(description="A unit in which quantities of an item are told.")
class ItemUnitInput:
    name: str = strawberry.field(description="At most 32 characters; unique without case.")
    factor: int = strawberry.field(description="Base units in one, 2 to 1,000,000.")


def wanted_unit(_: type, given: Mapping[str, Any], __: InputContext) -> units.ItemUnit:
    return units.ItemUnit(given["name"], given["factor"])


from_input(ItemUnitInput, wanted_unit)


@strawberry.input(description="A quantity of an item in one of its units.")
class QuantityInput:
    amount: Decimal = strawberry.field(
        description="0.5 kg is 500 g; refused where it is no whole number of base units."
    )
    unit: str | None = strawberry.field(
        description="A unit of the item, without case; the base unit if absent.", default=None
    )


def quantity(_: type, given: Mapping[str, Any], __: InputContext) -> packaging.Quantity:
    return packaging.Quantity(given["amount"], (given.get("unit") or "").strip() or None)


from_input(QuantityInput, quantity)
