"""What a workbook's reader leaves out of its cells: errors, formulas whose result was not kept, and
the zeros in front that a number format shows. Called by workbooks.py.

Few workbooks have such. `has_odd` tells by their parts while these are looked at anyway; only then
is the sheet read once more.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK_BYTES = 1_048_576
CELL_BYTES_MAX = 4 * BLOCK_BYTES  # a longer cell is none: the rest of the sheet is taken as it is
UNCOMPUTED = "#FORMULA"  # stands for a formula's result that is not in the file

_STYLES = "xl/styles.xml"
_ODD = re.compile(rb"""\st=["']e["']|</(?:\w+:)?f>(?:<(?:\w+:)?v\s*/>|</|<(?:\w+:)?v></)""")
_ZEROS = re.compile(rb"""formatCode=["']0{2,30}["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*[^<>/])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_ATTRIBUTE = re.compile(rb"""\b(\w+)=["']([^"']*)["']""")
_PLACE = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]+)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_FORMAT = re.compile(r"""<(?:\w+:)?numFmt\s([^<>]*)""")
_CELL_FORMATS = re.compile(r"<(?:\w+:)?cellXfs[\s>].*?</(?:\w+:)?cellXfs>", re.DOTALL)
_USED = re.compile(r"<(?:\w+:)?xf\s([^<>]*)")
_TEXT_ATTRIBUTE = re.compile(r"""([\w:]+)=["']([^"']*)["']""")


@dataclass(frozen=True, slots=True)
class OddCell:
    """row, column: from 0. text: what it says; digits: of a number, as many at least."""

    row: int
    column: int
    text: str = ""
    digits: int = 0


class OddCells:
    """The odd cells of a sheet, put into its rows as these come."""

    def __init__(self, cells: Iterator[OddCell], first_column: int) -> None:
        """first_column: of the rows, from 0."""
        self._cells = cells
        self._first_column = first_column
        self._next = next(cells, None)

    def mend(self, row: int, cells: list[str]) -> None:
        """cells: of the row, from 0; changed."""
        while (odd := self._next) is not None and odd.row <= row:
            place = odd.column - self._first_column
            if odd.row == row and 0 <= place < len(cells):
                cells[place] = odd.text or _with_zeros(cells[place], odd.digits)
            self._next = next(self._cells, None)


def _with_zeros(cell: str, digits: int) -> str:
    """A whole number as its format shows it: a text, since it is a code."""
    number = cell[1:]
    return number.zfill(digits) if number.isdigit() else cell


def has_odd(part: bytes) -> bool:
    """Whether a piece of a part holds anything that a reader leaves out."""
    return _ODD.search(part) is not None or _ZEROS.search(part) is not None


def odd_cells(archive: zipfile.ZipFile, sheet: int) -> Iterator[OddCell]:
    """The odd cells of the sheet at `sheet` (from 0, in the workbook's order), row by row."""
    path = _path_of(archive, sheet)
    if path is None:
        return
    padded = _padded(archive)
    with archive.open(path) as opened:
        rest = b""
        while (block := opened.read(BLOCK_BYTES)) and len(rest) < CELL_BYTES_MAX:
            text, end = rest + block, 0
            for found in _CELL.finditer(text):
                end = found.end()
                if (odd := _odd(found[1], found[2], padded)) is not None:
                    yield odd
            rest = text[end:]


def _odd(head: bytes, body: bytes, padded: dict[bytes, int]) -> OddCell | None:
    told = dict(_ATTRIBUTE.findall(head))
    place = _PLACE.fullmatch(told.get(b"r", b""))
    if place is None:
        return None
    value = _VALUE.search(body)
    row, column = int(place[2]) - 1, _number(place[1]) - 1
    if told.get(b"t") == b"e":
        return OddCell(
            row, column, "#N/A" if value is None else value[1].decode("utf-8", "replace")
        )
    if value is None:
        is_lost = _FORMULA.search(body) is not None and told.get(b"t") != b"str"
        return OddCell(row, column, UNCOMPUTED) if is_lost else None
    digits = padded.get(told.get(b"s", b""), 0)
    is_number = told.get(b"t", b"n") == b"n"
    return OddCell(row, column, digits=digits) if digits and is_number else None


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _padded(archive: zipfile.ZipFile) -> dict[bytes, int]:
    """Number of a cell's format → how many digits it shows, of those that are zeros alone."""
    if _STYLES not in archive.namelist():
        return {}
    text = archive.read(_STYLES).decode("utf-8", "replace")
    codes = {}
    for found in _FORMAT.finditer(text):
        told = dict(_TEXT_ATTRIBUTE.findall(found[1]))
        code = html.unescape(told.get("formatCode", ""))
        if len(code) > 1 and not code.strip("0"):
            codes[told.get("numFmtId", "")] = len(code)
    used = _CELL_FORMATS.search(text)
    if used is None or not codes:
        return {}
    formats = [dict(_TEXT_ATTRIBUTE.findall(one[1])) for one in _USED.finditer(used[0])]
    shown = (
        (number, codes.get(told.get("numFmtId", ""), 0)) for number, told in enumerate(formats)
    )
    return {b"%d" % number: digits for number, digits in shown if digits}


def _path_of(archive: zipfile.ZipFile, sheet: int) -> str | None:
    """The part that holds a sheet."""
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    sheets = [
        dict(_TEXT_ATTRIBUTE.findall(found))
        for found in re.findall(r"<(?:\w+:)?sheet\s([^<>]*)", book)
    ]
    if sheet >= len(sheets):
        return None
    wanted = next((text for name, text in sheets[sheet].items() if name.endswith(":id")), "")
    for found in re.findall(r"<(?:\w+:)?Relationship\s([^<>]*)", links):
        told = dict(_TEXT_ATTRIBUTE.findall(found))
        if told.get("Id") == wanted:
            target = told.get("Target", "")
            path = target[1:] if target.startswith("/") else f"xl/{target}"
            return path if path in archive.namelist() else None
    return None
