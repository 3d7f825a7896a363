"""Cells that hold several things: barcodes with what they stand for, units, attributes.

`4006381333931 | BOX=12 | PALLET=480 pallet`, `kg=1000`, `colour=red`: files/lists.py. Read by
rows.py; exports/items.py writes the same. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql_api import values
from graphql_api.errors import InvalidInput
from graphql_api.files.lists import pairs_of
from graphql_api.inventory.barcodes import WantedBarcode
from graphql_api.inventory.units import ItemUnit
from graphql_api.said import said

FACTOR_DIGITS_MAX = 9
CHARACTERS_MAX = 20_000  # 20 barcodes of 64 characters, or attributes of 5,000, each escaped


def barcodes_in(name: str, text: str) -> Sequence[WantedBarcode]:
    """All barcodes of an item, each with its factor, and its unit behind it."""
    wanted = []
    for code, stands_for in _pairs(name, text):
        if stands_for is None:
            wanted.append(WantedBarcode(code))
            continue
        factor, _, unit = stands_for.partition(" ")
        wanted.append(WantedBarcode(code, _factor(name, code, factor), unit.strip() or None))
    return tuple(wanted)


def units_in(name: str, text: str) -> Sequence[ItemUnit]:
    """The units beside the base unit, each with its factor."""
    return tuple(
        ItemUnit(unit, _factor(name, unit, factor or "")) for unit, factor in _pairs(name, text)
    )


def attributes_in(name: str, text: str) -> Mapping[str, str]:
    """Attributes by name."""
    found: dict[str, str] = {}
    for attribute, value in _pairs(name, text):
        if attribute in found:
            raise InvalidInput(
                said(
                    "{name} has {attribute} twice.", name=name, attribute=values.excerpt(attribute)
                )
            )
        found[attribute] = value or ""
    return found


def _pairs(name: str, text: str) -> list[tuple[str, str | None]]:
    if len(text) > CHARACTERS_MAX:
        raise InvalidInput(
            said(
                "{name} has {count} characters; at most {most} are read.",
                name=name,
                count=len(text),
                most=CHARACTERS_MAX,
            )
        )
    return pairs_of(text)


def _factor(name: str, of: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= FACTOR_DIGITS_MAX):
        raise InvalidInput(
            said(
                "{name} says {text} of {of}: a whole number of base units is wanted, as in "
                "carton=12.",
                name=name,
                text=values.excerpt(text),
                of=values.excerpt(of),
            )
        )
    return int(text)
