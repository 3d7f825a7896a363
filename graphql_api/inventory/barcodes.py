"""Barcodes of an item: what is one, how two compare, and what is odd about one. Pure.

An item has several, the first of which is its `barcode`; each stands for a number of base units
(a carton of 12 receives 12). Called by whoever reads or writes items; scanning.py reads what a
scanner sends, barcode_rows.py keeps who has which.

All-digit codes of 8, 12, 13 and 14 digits are GTINs, and compare with zeros in front up to 14:
a UPC-A of 12 digits is the EAN-13 that begins with 0. Source: GS1 General Specifications, 3.3.2.
So do those whose digits stand in groups, as they are printed below the bars, since scanners send
the digits alone. Source: GS1 General Specifications, 4.14; ISO 2108 (ISBN: hyphens or spaces).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from biip import ParseError
from biip.checksums import gs1_standard_check_digit
from biip.upc import Upc, UpcFormat

from graphql_api import values
from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.inventory.facts import BARCODES, BarcodeState
from graphql_api.inventory.units import ItemUnit, named
from graphql_api.said import said
from graphql_api.texts.gtins import GTIN_DIGITS, is_gtin, is_right

BARCODE_MAX = 64  # characters
BARCODES_MAX = 20  # of one item: unit, inner pack, carton, pallet, and those of a few suppliers
FACTOR_MAX = 1_000_000  # base units that one scan stands for
LISTS_KEPT = 4_096  # decoded; a page of items has 100

# What stands between groups: spaces and hyphens, and what word processors make of them.
SEPARATORS = " -\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2212"
_PARTED = re.compile(f"[0-9]+(?:[{re.escape(SEPARATORS)}]+[0-9]+)+")
_JOINED = str.maketrans("", "", SEPARATORS)
# Of eight digits there are article numbers (12-3456-70) and dates, of which one in ten has the
# right check digit too: they are a GTIN as EAN-8 and UPC-E are printed, and no other way.
_GROUPS_OF_8 = re.compile("[0-9]{4}[^0-9]+[0-9]{4}|[01][^0-9]+[0-9]{6}[^0-9]+[0-9]")
# A mantissa with a fraction, or an exponent with its sign: "4E12" may be a code, "4.0E12" is none.
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]+E[+-]?|E\+)[0-9]{1,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ItemBarcode:
    """A barcode. code: as it was written; factor: base units that one scan stands for; unit: of
    the item, from which the factor comes; None: the factor was given."""

    code: str
    factor: int = 1
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class WantedBarcode:
    """A barcode as a caller gives it. factor None: the unit's, or 1; unit: of the item."""

    code: str
    factor: int | None = None
    unit: str | None = None


def plain(text: str) -> str:
    """`text` without marks that nobody sees, and with full-width characters as ASCII: what comes
    along when a code is copied out of a document. Not the other forms of NFKC: ² is no 2."""
    return text if text.isascii() else without_marks(text).strip()


def without_marks(text: str) -> str:
    """As `plain`, with the spaces around it, of which FNC1 is one."""
    if text.isascii():
        return text
    return "".join(
        unicodedata.normalize("NFKC", character)
        if unicodedata.east_asian_width(character) == "F"
        else character
        for character in text
        if unicodedata.category(character) != "Cf"
    )


def compare_key(code: str) -> str:
    """Equal for two codes that are the same barcode."""
    digits = gtin_of(code)
    return code if digits is None else digits.zfill(GTIN_DIGITS)


def own_key(code: str) -> str:
    """The key of a code that another item's stood beside before the two compared: it is found as
    it is written alone. No other key begins with a space."""
    return f" {code}"


def kept_keys(code: str) -> tuple[str, ...]:
    """What a code may be kept under, the better first."""
    if is_gtin(code):
        return own_key(code), compare_key(code)
    # As it is, too: so an older server keeps one in groups (older_servers.py).
    return tuple(dict.fromkeys((own_key(code), compare_key(code), code)))


def lookup_keys(text: str) -> tuple[str, ...]:
    """What a barcode that was typed or scanned may be kept under, the better first; () for a text
    that no item can have."""
    code = text.strip()
    if not 0 < len(code) <= BARCODE_MAX:
        return ()
    # As it is, too: before there was `plain`, it was kept as it came.
    return tuple(dict.fromkeys((*kept_keys(code), compare_key(plain(code)))))


def unparted(text: str) -> str | None:
    """The digits of a text that has a GTIN's form in groups, however they are parted; None: it
    has not. Whether it is one is another question: see gtin_of."""
    if not _PARTED.fullmatch(text):
        return None
    joined = text.translate(_JOINED)
    return joined if is_gtin(joined) else None


def gtin_of(code: str) -> str | None:
    """The digits of a GTIN, in groups or not; None: it is a code of one's own.

    In groups it must have the right check digit, since any number may have a hyphen in it:
    978-3-16-148410-0, 4 006381 333931, 9638 5074, but not 978-3-16-148410-1 nor 12-3456-70.
    """
    if is_gtin(code):
        return code
    joined = _as_printed(code)
    return joined if joined is not None and _is_sound(joined) else None


def _as_printed(code: str) -> str | None:
    """The digits of a code whose groups may be those of a GTIN, whatever its check digit."""
    joined = unparted(code)
    if joined is None or (len(joined) == 8 and not _GROUPS_OF_8.fullmatch(code)):
        return None
    return joined


def _is_sound(digits: str) -> bool:
    """Whether the check digit is right: their own, or that of the twelve of a UPC-E."""
    return is_right(digits) or upc_a(digits) is not None


def is_scientific(text: str) -> bool:
    """Whether a spreadsheet has made this of a long number: its last digits are lost."""
    trimmed = text.strip()
    if len(trimmed) > BARCODE_MAX:  # before normalising
        return False
    return _SCIENTIFIC.fullmatch(unicodedata.normalize("NFKC", trimmed)) is not None


def scientific_words(name: str, text: str) -> str:
    """Why a number in scientific notation is refused, and what to do."""
    return said(
        "{name} {text} is a number that a spreadsheet (Excel) has rounded: give "
        "the column the format Text before typing or pasting the numbers, and save it anew.",
        name=name,
        text=values.excerpt(text),
    )


def checked_code(value: str | None, field: FieldPath) -> str | None:
    """A code, trimmed and plain; None when absent or blank. Raises InvalidInput."""
    given = values.optional_text(value, field, BARCODE_MAX)
    code = plain(given) or None if given else None
    if code is not None and is_scientific(code):
        raise InvalidInput(scientific_words(field[-1], code), field)
    return code


def checked_list(
    given: Sequence[WantedBarcode] | None, field: FieldPath
) -> tuple[WantedBarcode, ...]:
    """All barcodes of an item as a caller gives them, each by itself in order.

    Raises InvalidInput: too many, one twice, a factor out of range.
    """
    found: dict[str, WantedBarcode] = {}
    values.at_most(len(given or ()), BARCODES_MAX, field)
    for number, one in enumerate(given or ()):
        at = (*field, str(number))
        code = checked_code(one.code, (*at, "code"))
        if code is None:
            raise InvalidInput("code must not be empty.", (*at, "code"))
        if one.factor is not None and not 1 <= one.factor <= FACTOR_MAX:
            raise InvalidInput(
                said(
                    "factor must be from 1 to {most}, not {factor}.",
                    most=FACTOR_MAX,
                    factor=one.factor,
                ),
                (*at, "factor"),
            )
        key = compare_key(code)
        if key in found:
            raise InvalidInput(
                said(
                    "{code} stands here twice, once as {code_2}.",
                    code=repr(code),
                    code_2=repr(found[key].code),
                ),
                (*at, "code"),
            )
        found[key] = WantedBarcode(code, one.factor, one.unit)
    return tuple(found.values())


def resolved(
    wanted: Sequence[WantedBarcode], units: Sequence[ItemUnit], field: FieldPath
) -> tuple[ItemBarcode, ...]:
    """With their factors, by the item's units where one is named. Raises InvalidInput."""
    found = []
    for number, one in enumerate(wanted):
        at = (*field, str(number))
        if one.unit is None:
            found.append(ItemBarcode(one.code, 1 if one.factor is None else one.factor))
            continue
        unit = named(units, one.unit, (*at, "unit"))
        if one.factor not in (None, unit.factor):
            raise InvalidInput(
                said(
                    "One {unit} is {factor} {base}, not {given}: give the factor or the unit.",
                    unit=unit.name,
                    factor=unit.factor,
                    base=units[0].name,
                    given=one.factor,
                ),
                (*at, "factor"),
            )
        found.append(ItemBarcode(one.code, unit.factor, unit.name if unit.factor > 1 else None))
    return tuple(found)


def by_units(
    barcodes: Sequence[ItemBarcode], units: Sequence[ItemUnit], field: FieldPath
) -> tuple[ItemBarcode, ...]:
    """After the item's units changed: factors that come from a unit are its factor now. Raises
    InvalidInput for a unit that is gone."""
    found = []
    for one in barcodes:
        if one.unit is None:
            found.append(one)
            continue
        key = values.folded(one.unit)
        unit = next((unit for unit in units if values.folded(unit.name) == key), None)
        if unit is None:
            raise InvalidInput(
                said(
                    "Barcode {code} is one of the unit {unit}, which the item would have no "
                    "more: change its barcodes too.",
                    code=repr(one.code),
                    unit=repr(one.unit),
                ),
                field,
            )
        found.append(ItemBarcode(one.code, unit.factor, unit.name if unit.factor > 1 else None))
    return tuple(found)


def with_first(barcodes: Sequence[ItemBarcode], code: str | None) -> tuple[ItemBarcode, ...]:
    """All barcodes after `barcode` alone was set: an item's simple view of them.

    None takes all away. One that the item has comes first; a new one takes the first one's place
    and stands for one unit.
    """
    if code is None:
        return ()
    key = compare_key(code)
    own = [one for one in barcodes if compare_key(one.code) == key]
    if own:
        first = ItemBarcode(code, own[0].factor, own[0].unit)
        return (first, *(one for one in barcodes if one is not own[0]))
    return (ItemBarcode(code), *barcodes[1:])


def listed(barcode: str | None, codes: str | None) -> tuple[ItemBarcode, ...]:
    """All barcodes out of an item's columns `barcode` and `codes`."""
    if codes is not None:
        return _decoded(codes)
    return () if barcode is None else (ItemBarcode(barcode),)


@lru_cache(maxsize=LISTS_KEPT)
def _decoded(codes: str) -> tuple[ItemBarcode, ...]:
    return tuple(ItemBarcode(one.code, one.factor, one.unit) for one in BARCODES.decode(codes))


def as_columns(barcodes: Sequence[ItemBarcode]) -> dict[str, Any]:
    """The columns `barcode` and `codes`; codes: None where `barcode` says all."""
    first = barcodes[0] if barcodes else None
    is_plain = not barcodes or tuple(barcodes) == (ItemBarcode(barcodes[0].code),)
    states = [BarcodeState(one.code, one.factor, one.unit) for one in barcodes]
    return {
        "barcode": None if first is None else first.code,
        "codes": None if is_plain else BARCODES.encode(states),
    }


def refuse_contradiction(
    first: str | None, barcodes: Sequence[ItemBarcode], field: FieldPath
) -> None:
    """`barcode` is the first of `barcodes`, where both are given. Raises InvalidInput."""
    given = None if first is None else compare_key(first)
    if given != (compare_key(barcodes[0].code) if barcodes else None):
        raise InvalidInput(
            said(
                "barcode is the first of barcodes, and {value} is not. Give one of the "
                "two, or let them agree.",
                value=values.excerpt(first or "null"),
            ),
            field,
        )


def warning(code: str) -> str | None:
    """What is odd about a code, in a sentence; None: nothing. It is a code all the same: shops
    have printed such, and what stands on the goods must be found. In groups it is one of one's
    own then, and no scan of its digits finds it."""
    digits = code if is_gtin(code) else _as_printed(code)
    if digits is None or _is_sound(digits):
        return None
    return said(
        "The check digit of barcode {code} is wrong: it would be {right}. Look whether a digit "
        "was mistyped.",
        code=repr(code),
        right=gs1_standard_check_digit(digits[:-1]),
    )


def warnings(barcodes: Sequence[ItemBarcode]) -> list[str]:
    """What is odd about them, a sentence each."""
    return [odd for one in barcodes if (odd := warning(one.code)) is not None]


def upc_a(code: str) -> str | None:
    """The 12 digits that a UPC-E of 8 stands for; None when it is none."""
    if len(code) != 8 or code[0] not in "01" or not code.isascii() or not code.isdigit():
        return None
    try:
        upc = Upc.parse(code)
    except ParseError:
        return None
    return upc.as_upc_a() if upc.format is UpcFormat.UPC_E else None
