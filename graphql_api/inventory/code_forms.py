"""The barcodes that a text may stand for beside itself. Pure; for scanning and searches.

In groups, as it is printed; a UPC-E and an ISBN of ten, and the long codes that stand for these; a
number whose zeros in front a spreadsheet has lost; a shop's own label with a weight or a price in
it; one with an add-on beside it. What is guessed must have the right check digit. Sources: ISO 2108
(ISBN); GS1 General Specifications, 2.1.12 (variable measure: 2, six digits of the thing, five of
its weight or price, kept in stock with zeros for these) and 5.2.2 (add-ons).
"""

from __future__ import annotations

import re

from biip import EncodeError, ParseError
from biip.checksums import gs1_standard_check_digit
from biip.upc import Upc

from graphql_api.inventory.barcodes import unparted, upc_a
from graphql_api.texts.gtins import GTIN_DIGITS, is_right_gtin

_ISBN = re.compile(r"(?:ISBN(?:1[03])?:?)?([0-9]{9}[0-9X]|97[89][0-9]{10})")
_LOST_ZEROS = re.compile(r"[0-9]{9,11}|[0-9]{7}")
_MEASURED = re.compile(r"0?(2[0-9]{6})([0-9]{5})[0-9]")
# An EAN or a UPC, and beside it the issue of a magazine or the price of a book.
_WITH_ADD_ON = re.compile(
    r"([0-9]{13})[ -]?[0-9]{2}(?:[0-9]{3})?|([0-9]{12})(?:[ -][0-9]{2}|[ -]?[0-9]{5})"
)
_LONGEST = 32  # characters of any of these
UPC_DIGITS, UPC_E_DIGITS = 12, 8


def other_forms(text: str) -> list[str]:
    """Each once, the likelier first; [] for most texts."""
    if not any("0" <= character <= "9" for character in text) or len(text) > _LONGEST:
        return []
    joined = unparted(text) or text
    found: list[str | None] = [
        joined, upc_a(joined), _isbn(text), _with_zeros(joined), without_measure(joined),
        _without_add_on(text),
    ]  # fmt: skip
    codes = [code for code in found if code is not None]
    codes += [short for code in codes for short in short_forms(code)]
    return [code for code in dict.fromkeys(codes) if code != text]


def short_forms(code: str) -> list[str]:
    """The UPC-E or the ISBN of ten, without hyphens, that a GTIN with the right check digit stands
    for: an item may have that as its barcode, while scanners send the long one."""
    if len(code) < UPC_DIGITS or not is_right_gtin(code):
        return []
    digits = code.zfill(GTIN_DIGITS)
    if digits.startswith("0978"):
        return [_isbn_10(digits[4:13])]
    short = _upc_e(digits[2:]) if digits.startswith("00") else None
    return [] if short is None else [short]


def _isbn_10(digits: str) -> str:
    """With its check digit, behind its nine others."""
    check = -_isbn_sum(digits) % 11
    return f"{digits}{'X' if check == 10 else check}"


def _isbn_sum(digits: str) -> int:
    """With a weight for each place, 10 for the first; X counts 10."""
    return sum((10 - place) * (10 if d == "X" else int(d)) for place, d in enumerate(digits))


def _upc_e(code: str) -> str | None:
    try:
        short = Upc.parse(code).as_upc_e()
    except (ParseError, EncodeError):
        return None
    return short if upc_a(short) == code else None  # biip shortens those of any number system


def without_measure(code: str) -> str | None:
    """The code of the thing whose weight or price a shop's own label has in it."""
    parts = _MEASURED.fullmatch(code)
    if parts is None or parts.group(2) == "00000" or not is_right_gtin(code):
        return None
    thing = f"{parts.group(1)}00000"
    return f"{thing}{gs1_standard_check_digit(thing)}"


def measure_of(code: str) -> str:
    """The five digits of it, of a code that has some."""
    return code[-6:-1]


def _isbn(text: str) -> str | None:
    parts = _ISBN.fullmatch(text.upper().replace(" ", "").replace("-", ""))
    if parts is None:
        return None
    digits = parts.group(1)
    if len(digits) > 10:
        return digits
    body = f"978{digits[:9]}"
    return f"{body}{gs1_standard_check_digit(body)}" if _isbn_sum(digits) % 11 == 0 else None


def _with_zeros(code: str) -> str | None:
    if not _LOST_ZEROS.fullmatch(code):
        return None
    whole = code.zfill(UPC_E_DIGITS if len(code) < UPC_E_DIGITS else UPC_DIGITS)
    return whole if is_right_gtin(whole) else upc_a(whole)


def _without_add_on(text: str) -> str | None:
    """The code of the thing beside whose bars stand two or five digits more."""
    parts = _WITH_ADD_ON.fullmatch(text)
    code = None if parts is None else parts[1] or parts[2]
    return code if code is not None and is_right_gtin(code) else None
