"""Codes as the cells of other programs' files hold them: with what stands there for none, with what
a spreadsheet has added, and several in one. Called by tables.py. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphql_api.files.cells import NO_NUMBER, Doubts
from graphql_api.files.lists import joined
from graphql_api.files.workbooks import DayCell
from graphql_api.said import said
from graphql_api.texts.gtins import GTIN_DIGITS, is_right_gtin

CODES = ("sku", "barcode")
FURTHER = "furtherBarcodes"  # the cell of those that a row has beside its barcode
CHARACTERS_MAX = 500  # of a cell; a longer one is taken as it is

# What marketplaces and people write where goods have no barcode: eBay's word in its languages.
_NONE = NO_NUMBER | {
    "does not apply", "doesn't apply", "not applicable", "nicht zutreffend", "ne s'applique pas",
    "non applicable", "non applicabile", "no aplica", "no aplicable", "não aplicável",
    "não se aplica", "niet van toepassing", "nie dotyczy", "не применимо", "не применяется",
    "適用外", "該当なし", "不适用", "해당 없음", "해당없음", "no barcode", "gtin exempt", "exempt",
    "unknown",
}  # fmt: skip
_ZEROS = re.compile(r"0+(?:\.0+)?")
_FLOAT = re.compile(r"([0-9]{7,14})\.0+")  # a program took the digits for a number
_GUARDED = re.compile(r"^'+(?=[0-9])")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_BETWEEN = re.compile(r"\s*[,;|/\n]\s*")


class CodeCells:
    """How the codes of a table are read, row by row."""

    def __init__(self, spares: Sequence[int], may_be_several: bool, is_own: bool) -> None:
        """spares: further columns of barcodes. may_be_several: what a row has beside its barcode is
        told as FURTHER. is_own: it is an export of this program, whose codes are what they are."""
        self._spares = tuple(spares)
        self._may_be_several = may_be_several
        self._is_own = is_own

    def settle(self, cells: dict[str, str], record: Sequence[str], doubts: Doubts) -> None:
        """Make a row's codes such as goods have them."""
        for name in CODES:
            if isinstance(day := cells.get(name), DayCell):
                doubts.unread[name] = said(
                    "{name} {text} is a date that a spreadsheet has made of a code: give the "
                    "column the format Text, and type it anew.",
                    name=name,
                    text=repr(str(day)),
                )
        if self._is_own or doubts.unread:
            return
        if "sku" in cells:
            cells["sku"] = bare(cells["sku"])
        if "barcode" not in cells:
            return
        text = cells["barcode"].strip()
        others = [record[index] for index in self._spares if index < len(record)]
        if not text.isdigit() or not text.strip("0") or any(others):  # most say their digits alone
            self._settle_barcode(cells, (text, *others), doubts)

    def _settle_barcode(self, cells: dict[str, str], texts: Sequence[str], doubts: Doubts) -> None:
        found: dict[str, str] = {}  # by what compares: an EAN and a UPC may be one
        none = ""
        for text in map(str.strip, texts):
            if _says_none(text):
                none = none or text
                continue
            for code in _codes(text) if text else ():
                found.setdefault(code.zfill(GTIN_DIGITS), code)
        first, *further = found.values() or ("",)
        cells["barcode"] = first
        beside = [(code, None) for code in further if is_right_gtin(code)]
        if beside and self._may_be_several and is_right_gtin(first):
            cells[FURTHER] = joined(beside)
        if none and not first:
            doubts.left["barcode"] = said(
                "{name} {text} is no barcode, and is left out.", name="barcode", text=repr(none)
            )


def bare(code: str) -> str:
    """A code without the apostrophe by which a spreadsheet takes digits for text."""
    return _GUARDED.sub("", code.strip(), count=1) if "'" in code else code


def _says_none(text: str) -> bool:
    return len(text) <= CHARACTERS_MAX and (
        text.casefold() in _NONE or _ZEROS.fullmatch(text) is not None
    )


def _codes(text: str) -> list[str]:
    """The codes in one cell: several where each is a GTIN whose check digit is right."""
    text = bare(text)
    if len(text) > CHARACTERS_MAX or text.isdigit():
        return [text]
    if (number := _FLOAT.fullmatch(text)) is not None:
        return [number[1]]
    if _THOUSANDS.fullmatch(text) and is_right_gtin(digits := text.replace(",", "")):
        return [digits]
    pieces = [piece for piece in _BETWEEN.split(text) if piece]
    return pieces if len(pieces) > 1 and all(map(is_right_gtin, pieces)) else [text]
