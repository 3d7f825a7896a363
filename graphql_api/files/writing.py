"""Tables as files: CSV, CSV that a spreadsheet opens without spoiling it, and XLSX. Called by
exports.

A spreadsheet that opens a CSV takes `=1+1` for a formula, 007 for 7 and a long barcode for a
rounded number. `ExcelCsv` guards against that, and tables.py takes the guards off again: it tells
by the mark at the beginning that a file has them.
"""

from __future__ import annotations

import csv
import importlib
import io
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, BinaryIO, Protocol, TextIO

from graphql_api.files.shapes import CODES, GUARDED

_NUMBER_DIGITS_MAX = 15  # that a workbook keeps
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_UNTOLD = re.compile(r"[\x00-\x08\x0b-\x1f]|_x[0-9A-Fa-f]{4}_")


class TableWriter(Protocol):
    """Where rows go."""

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Rows, in order; the first of all is the header."""

    def close(self) -> None:
        """There are no more."""


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """The rows as lines of CSV."""
    text = io.StringIO()
    plain = csv.writer(text, lineterminator="\n")
    # The writer leaves a lone carriage return bare, and readers would take it for a line's end.
    quoting = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        has_return = any("\r" in cell for cell in row)
        (quoting if has_return else plain).writerow(row)
    return text.getvalue()


class CsvFile:
    """Plain CSV in UTF-8."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        self._stream.write(csv_lines(rows))

    def close(self) -> None:
        """Nothing is left to write."""


class ExcelCsv:
    """CSV with a mark that tells its encoding, in which no cell is a formula and codes are text."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._codes: Collection[int] | None = None

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        told = []
        for row in rows:
            if self._codes is None:
                self._stream.write("\ufeff")
                self._codes = [index for index, name in enumerate(row) if name in CODES]
                told.append(list(row))
                continue
            safe = [f"'{cell}" if GUARDED.match(cell) else cell for cell in row]
            for index in self._codes:
                if row[index] and safe[index] == row[index]:
                    safe[index] = '="{}"'.format(row[index].replace('"', '""'))
            told.append(safe)
        self._stream.write(csv_lines(told))

    def close(self) -> None:
        """Nothing is left to write."""


class Xlsx:
    """An XLSX workbook of one sheet. Rows wait in a temporary file until it is closed."""

    def __init__(self, stream: BinaryIO, title: str, numbers: Collection[str]) -> None:
        """numbers: the columns whose cells are numbers; all others are text."""
        self._stream = stream
        self._numbers = numbers
        # 16 MB, 40 with numpy beside it: for who writes a workbook, not for every program of ours.
        self._of_text = importlib.import_module("openpyxl.cell").WriteOnlyCell
        self._book = importlib.import_module("openpyxl").Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        self._columns: Collection[int] | None = None

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        for row in rows:
            if self._columns is None:
                self._columns = {i for i, name in enumerate(row) if name in self._numbers}
                self._sheet.append([self._text(name) for name in row])
                continue
            numbers = self._columns
            self._sheet.append(
                [
                    _as_number(cell) if index in numbers and _is_number(cell) else self._text(cell)
                    for index, cell in enumerate(row)
                ]
            )

    def close(self) -> None:
        self._book.save(self._stream)

    def _text(self, text: str) -> object:
        """A cell of text, whatever it looks like."""
        if not text:
            return None
        told = _UNTOLD.sub(_escaped, text)
        if not told.startswith("=") and not told.startswith("#"):
            return told
        cell: Any = self._of_text(self._sheet, told)
        cell.data_type = "s"  # it would be a formula, or an error
        return cell


def _escaped(found: re.Match[str]) -> str:
    """A character that XML does not keep, as workbooks write it; `_x000D_` itself likewise."""
    text = found[0]
    return f"_x005F{text}" if text.startswith("_") else f"_x{ord(text):04X}_"


def _is_number(cell: str) -> bool:
    return (
        len(cell) <= _NUMBER_DIGITS_MAX
        and _PLAIN_NUMBER.fullmatch(cell) is not None
        and len(cell.replace(".", "").strip("-")) <= _NUMBER_DIGITS_MAX
    )


def _as_number(cell: str) -> float | int:
    return float(cell) if "." in cell else int(cell)
