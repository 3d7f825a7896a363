"""The records of a sheet of an XLSX workbook. Called by tables.py.

What a workbook comes to is bounded before it is parsed: its parts are unpacked once without being
kept, and the place of every cell of the sheet is looked at, because a reader makes room for the
whole rectangle around them. Then its rows are kept as text in a temporary file, so that reading
them again and again costs little.
"""

from __future__ import annotations

import csv
import datetime
import re
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, SheetTypeEnum, load_workbook

from graphql_api.files.faults import UnreadableFile
from graphql_api.files.records import Broken
from graphql_api.files.sheet_cells import OddCells, has_odd, odd_cells
from graphql_api.said import Said, otherwise_in_shell, said

BYTES_MAX = 300_000_000  # unpacked: about a million rows of a dozen cells
CELLS_MAX = 6_000_000  # of the rectangle around a sheet's cells, 24 bytes each and more
PARTS_MAX = 5_000
BLOCK_BYTES = 1_048_576
SHEETS_SHOWN_MAX = 20
# Stands before the cells that are numbers, and before those that are days, in the temporary file.
NUMBER, DAY = "\x01", "\x02"
MARKS = frozenset({NUMBER, DAY})

# A cell that gives its place; one that does not, and follows the one before; a row likewise.
_PLACES = re.compile(
    rb'<(?:\w+:)?(?:(row)|(c))(?=[\s/>])(?:[^<>]*?\sr=["\']([A-Z]{0,3})([0-9]{0,7})["\'])?'
)
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError,
    RuntimeError,
)  # fmt: skip


class NumberCell(str):
    """A cell that a workbook keeps as a number: written as programs do, and never doubtful."""

    __slots__ = ()


class DayCell(str):
    """A cell that a workbook keeps as a day or an instant, whatever somebody typed."""

    __slots__ = ()


class SheetRecords:
    """One sheet of a workbook. The file must be seekable; it belongs to the caller."""

    encoding = "XLSX"
    delimiters = "\t"
    has_mark = False
    first_line = 1

    def __init__(self, source: BinaryIO, sheet: str | None) -> None:
        """sheet: its name, or its number from 1; None: the first that has cells.

        Raises UnreadableFile.
        """
        self.notes: list[Said] = []
        self._source, self._has_odd = source, _check_size(source)
        source.seek(0)
        kept = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115  # see below
        weakref.finalize(self, kept.close)
        self._kept = kept
        try:
            # From a buffer of its own, not by a path: the file may have none.
            self._workbook = load_workbook(source)
            self.sheets = [
                one.name
                for one in self._workbook.sheets_metadata
                if one.typ is SheetTypeEnum.WorkSheet
            ]
            self.size = self._fill(sheet)
        except CalamineError as error:
            raise _unread(error) from None
        self.done = 0

    def turn_to(self, sheet: str) -> None:
        """Read another sheet from here on. Raises UnreadableFile."""
        self._kept.seek(0)
        self._kept.truncate()
        self.notes.clear()
        try:
            self.size = self._fill(sheet)
        except CalamineError as error:
            raise _unread(error) from None
        self._tell_others(sheet)

    def read(self, delimiter: str) -> Iterator[tuple[int, list[str] | Broken]]:
        """The row in which each record stands, with its cells. Blank ones are left out."""
        self._kept.seek(0)
        for number, record in enumerate(csv.reader(self._kept)):
            self.done = number + 1
            if any(record) and any(cell.strip() for cell in record):
                yield number + 1, [_kept(c) if c[:1] in MARKS else c for c in record]

    def _fill(self, wanted: str | None) -> int:
        """Keep the sheet's rows, from its first one on; how many there are."""
        for name in _chosen(self.sheets, wanted):
            sheet = self._workbook.get_sheet_by_name(name)
            if sheet.start is None and wanted is None:
                continue
            writer = csv.writer(self._kept, lineterminator="\n", quoting=csv.QUOTE_ALL)
            rows = 0
            with self._odd_cells(name, sheet) as odd:
                for row in sheet.iter_rows():
                    cells = [_text(cell) for cell in row]
                    odd.mend(rows, cells)
                    writer.writerow(cells)
                    rows += 1
            self.sheet = name
            if wanted is None:
                self._tell_others(name)
            return rows
        raise UnreadableFile(said("The workbook is empty: no sheet of it has a cell."))

    @contextmanager
    def _odd_cells(self, name: str, sheet: CalamineSheet) -> Iterator[OddCells]:
        """What is to be mended in a sheet, which has cells."""
        column = 0 if sheet.start is None else sheet.start[1]
        if not self._has_odd:
            yield OddCells(iter(()), column)
            return
        names = [one.name for one in self._workbook.sheets_metadata]
        with zipfile.ZipFile(self._source) as archive:
            yield OddCells(odd_cells(archive, names.index(name)), column)

    def _tell_others(self, name: str) -> None:
        others = [other for other in self.sheets if other != name]
        if others:
            told = said(
                "the sheet {sheet} is read; there are others: {others}",
                sheet=repr(name),
                others=_listed(others),
            )
            shell = f"the sheet {name!r} is read; --sheet names another: {_listed(others)}"
            self.notes.append(otherwise_in_shell(told, shell))


def _unread(error: CalamineError) -> UnreadableFile:
    return UnreadableFile(said("This XLSX workbook cannot be read: {error}.", error=error))


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names[:SHEETS_SHOWN_MAX])


def _chosen(names: list[str], wanted: str | None) -> list[str]:
    if wanted is None:
        return names
    if wanted in names:
        return [wanted]
    if wanted.isascii() and wanted.isdigit() and 0 < int(wanted[:6]) <= len(names):
        return [names[int(wanted[:6]) - 1]]
    raise UnreadableFile(
        said(
            "The workbook has no sheet {wanted}; it has {sheets}.",
            wanted=repr(wanted[:40]),
            sheets=_listed(names),
        )
    )


def _text(cell: object) -> str:
    """A cell as people see it, and without what a computer's fractions add to it."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case int():
            return f"{NUMBER}{cell}"
        case float():
            return NUMBER + _number(cell)
        case datetime.datetime() if cell.time() == datetime.time():
            return f"{DAY}{cell.date().isoformat()}"
        case datetime.datetime() | datetime.date() | datetime.time():
            return f"{DAY}{cell.isoformat()}"
        case _:
            return str(cell)


def _kept(cell: str) -> str:
    """A cell that begins with a mark."""
    return NumberCell(cell[1:]) if cell[0] == NUMBER else DayCell(cell[1:])


def _number(value: float) -> str:
    """With the 15 digits that a workbook keeps; a longer whole number has lost its end."""
    text = f"{value:.15g}"
    if "e" not in text:
        return text
    return f"{value:.14E}" if abs(value) >= 1 else f"{value:.20f}".rstrip("0")


def _check_size(source: BinaryIO) -> bool:
    """Whether a part of it holds what its reader leaves out. Raises UnreadableFile for what would
    need too much memory, or is no workbook."""
    source.seek(0)
    is_odd = False
    try:
        with zipfile.ZipFile(source) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > BYTES_MAX:
                raise UnreadableFile(_too_large())
            unpacked = 0
            for part in parts:
                read, part_is_odd = _look_at(archive, part)
                unpacked += read
                is_odd |= part_is_odd
                if unpacked > BYTES_MAX:
                    raise UnreadableFile(_too_large())
    except _DAMAGES:
        raise UnreadableFile(
            said(
                "This is a damaged or encrypted XLSX workbook: open it in its program and save it "
                "anew."
            )
        ) from None
    return is_odd


def _too_large() -> Said:
    return said(
        "The workbook is too large: unpacked it may have {megabytes} MB, and a sheet {cells} cells "
        "in its rectangle. Save the sheet as CSV.",
        megabytes=BYTES_MAX // 1_000_000,
        cells=CELLS_MAX,
    )


def _look_at(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, bool]:
    """How many bytes a part really has, and whether any of it is odd; and that the rectangle of
    its cells has room. Any part may be a sheet, whatever its name is."""
    rectangle = _Rectangle()
    read, is_odd = 0, False
    tail = b""
    with archive.open(part) as opened:  # its checksum is looked at: a false size is found out
        while block := opened.read(BLOCK_BYTES):
            read += len(block)
            text = tail + block
            is_odd = is_odd or has_odd(text)
            cut = max(text.rfind(b"<"), 0)  # a mark may go on in the next block
            rectangle.add(text[:cut])
            tail = text[cut:][:BLOCK_BYTES]
            if rectangle.cells > CELLS_MAX:
                raise UnreadableFile(_too_large())
    rectangle.add(tail)
    if rectangle.cells > CELLS_MAX:
        raise UnreadableFile(_too_large())
    return read, is_odd


class _Rectangle:
    """How far a sheet's cells reach, by the XML of it."""

    def __init__(self) -> None:
        self._rows = [0, 0]  # the first and last
        self._columns = [0, 0]
        self._row = self._column = 0

    @property
    def cells(self) -> int:
        return (self._rows[1] - self._rows[0] + 1) * (self._columns[1] - self._columns[0] + 1)

    def add(self, xml: bytes) -> None:
        for is_row, _, letters, digits in _PLACES.findall(xml):
            if is_row:
                self._row = int(digits) if digits else self._row + 1
                self._column = 0
                continue
            if letters or digits:
                self._row = int(digits) if digits else self._row
                self._column = 0
                for letter in letters:
                    self._column = 26 * self._column + letter - 64
            else:
                self._column += 1
            for reach, at in ((self._rows, self._row), (self._columns, self._column)):
                reach[0] = min(reach[0], at) if reach[0] else at
                reach[1] = max(reach[1], at)


def is_workbook(source: BinaryIO) -> bool:
    """Whether the file is an XLSX workbook."""
    source.seek(0)
    if source.read(4) != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(source) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
