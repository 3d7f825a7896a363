"""CSV files of items: their columns, how a header is matched to them, and reading the rows.

Called by imports/; exports/ writes the same columns. Nothing here knows the database.

A file is read twice: once through, to find out that every byte of it is text, so that a wrong
encoding is told before anything of the file was taken over; then row by row, so that a file
of any length needs little memory.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from graphql_api.errors import InvalidInput
from graphql_api.files.encodings import SAMPLE_BYTES, kind_of, unicode_form

FIELDS = (
    "sku",
    "name",
    "description",
    "category",
    "barcode",
    "unit",
    "price",
    "cost",
    "minStock",
    "initialStock",
    "location",
    "visibility",
)
DELETED_AT = "deletedAt"  # a further column, of an export with deleted items
ARCHIVED_AT = "archivedAt"  # and of one with archived items
READ_FIELDS = (*FIELDS, DELETED_AT, ARCHIVED_AT)
REQUIRED = ("sku",)  # and name, in the row of a new item

DELIMITERS = ",;\t|"  # in this order: the first with which the wanted columns are all there
LINE_CHARACTERS_MAX = 1_048_576  # a longer line is no line of a table, and would fill the memory
BLOCK_BYTES = 1_048_576
COLUMNS_SHOWN_MAX = 20
COLUMN_CHARACTERS_SHOWN_MAX = 40


class UnreadableFile(InvalidInput):
    """The file as a whole cannot be read as a table of items; nothing of it was taken over."""


class MissingColumns(UnreadableFile):
    """The header lacks columns that are needed, or that a mapping names."""


class WrongEncoding(UnreadableFile):
    """The bytes are not text in the encoding that was given."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A second file, beside the first, in which a cell's value is the key of what is meant."""

    file: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A known kind of file: field → its column, and the fields that are looked up elsewhere."""

    columns: Mapping[str, str]
    lookups: Mapping[str, Lookup]


PRESETS: Mapping[str, Preset] = {
    "northwind": Preset(
        {
            "sku": "productID",
            "name": "productName",
            "category": "categoryID",
            "unit": "quantityPerUnit",
            "price": "unitPrice",
            "minStock": "reorderLevel",
            "initialStock": "unitsInStock",
        },
        {"category": Lookup("categories.csv", "categoryID", "categoryName")},
    ),
    "adventureworks": Preset(
        {
            "sku": "ProductNumber",
            "name": "Name",
            "category": "ProductSubcategoryID",
            "price": "ListPrice",
            "cost": "StandardCost",
            "minStock": "ReorderPoint",
        },
        {"category": Lookup("ProductSubcategory.csv", "ProductSubcategoryID", "Name")},
    ),
}


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says. positions: field → index of its column; unused: columns that
    stand for no field."""

    delimiter: str
    columns: tuple[str, ...]
    positions: Mapping[str, int]

    @property
    def unused(self) -> list[str]:
        taken = set(self.positions.values())
        return [name for index, name in enumerate(self.columns) if index not in taken]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: the text of each field that has a column; or its fault, and then no cells.

    line: the physical line on which it begins, 1 for the file's first.
    """

    line: int
    cells: Mapping[str, str]
    fault: str | None = None


class Table:
    """A file of items. `rows` can be read again and again. The file must be seekable."""

    def __init__(
        self,
        source: BinaryIO,
        encoding: str,
        columns: Mapping[str, str],
        fields: Sequence[str] = READ_FIELDS,
        required: Sequence[str] = REQUIRED,
    ) -> None:
        """columns: field → the column's name; "" for a field to be left out. A field that is
        not there has a column of its own name, if any: `min_stock` is as good as `minStock`.

        Raises UnreadableFile.
        """
        self._source = source
        self._fields = fields
        self._required = required
        kind = kind_of(source)
        if kind is not None:
            raise UnreadableFile(kind)
        self._encoding = _exact(_text_encoding(encoding), source)
        self.size = _survey(source, self._encoding)
        self.header = self._read_header(columns)

    @property
    def bytes_read(self) -> int:
        """How far into the file reading is, about."""
        return self._source.tell()

    def rows(self) -> Iterator[TableRow]:
        """Every row below the header but blank ones, in order.

        Spreadsheets leave out the blank cells at a row's end, or add some: neither is a fault.
        """
        header = self.header
        width = len(header.columns)
        for line, record in self._records(header.delimiter, skip=1):
            if isinstance(record, str):
                yield TableRow(line, {}, record)
            elif any(cell.strip() for cell in record[width:]):
                yield TableRow(
                    line, {}, f"The row has {len(record)} cells, the header {width} columns."
                )
            else:
                whole = [*record, *[""] * (width - len(record))]
                cells = {field: whole[index] for field, index in header.positions.items()}
                yield TableRow(line, cells)

    def _read_header(self, wanted: Mapping[str, str]) -> Header:
        """The header, by the first delimiter with which every column is there."""
        most: list[str] = []  # columns, by the delimiter that is the best guess so far
        faults: list[str] = []
        for delimiter in DELIMITERS:
            names = self._first_record(delimiter)
            if isinstance(names, str):
                faults.append(names)
                continue
            positions, missing = _positions(names, wanted, self._fields, self._required)
            if not missing:
                return Header(delimiter, tuple(names), positions)
            if len(names) > len(most):
                most, lacking = names, missing
        if faults and len(most) < 2:
            raise UnreadableFile(faults[0])
        raise MissingColumns(
            f"The file has no column for {', '.join(lacking)}. Its columns are: {_listed(most)}."
        )

    def _first_record(self, delimiter: str) -> list[str] | str:
        """The names of the columns, or what is wrong with the header by this delimiter."""
        for line, record in self._records(delimiter):
            if isinstance(record, str):
                return f"Line {line}, the header: {record}"
            _check_header(record)
            return [name.strip() for name in record]
        raise UnreadableFile("The file is empty: its first line must name the columns.")

    def _records(self, delimiter: str, skip: int = 0) -> Iterator[tuple[int, list[str] | str]]:
        """The line on which each record begins, with its cells, or with what is wrong with it."""
        self._source.seek(0)
        text = io.TextIOWrapper(self._source, self._encoding, newline="")
        try:
            # Strict, so that a broken quotation is told instead of swallowing rows in silence.
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            while True:
                line = reader.line_num + 1
                try:
                    record = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield line, _explained(error, line, reader.line_num)
                    continue
                if not any(record) or not any(cell.strip() for cell in record):
                    continue
                if skip:
                    skip -= 1
                    continue
                yield line, record
        finally:
            text.detach()  # the file belongs to the caller: it stays open


def read_lookup(lookup: Lookup, folder: Path) -> dict[str, str] | None:
    """Key → value of a lookup's file in `folder`; None when it is not there.

    Raises UnreadableFile.
    """
    path = folder / lookup.file
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return None
    with source:
        try:
            columns = {"key": lookup.key, "value": lookup.value}
            table = Table(source, "utf-8", columns, tuple(columns), tuple(columns))
        except UnreadableFile as error:
            raise UnreadableFile(f"{path}: {error.message}") from None
        return {row.cells["key"]: row.cells["value"] for row in table.rows() if not row.fault}


def _text_encoding(name: str) -> str:
    try:
        info = codecs.lookup(name)
        "".encode(info.name)  # refuses codecs that do not make text
    except LookupError:
        raise UnreadableFile(f"There is no encoding {name!r}.") from None
    return "utf-8-sig" if info.name == "utf-8" else info.name


def _exact(encoding: str, source: BinaryIO) -> str:
    """`encoding`; of UTF-16 and UTF-32, in the byte order that the file has: Python takes no
    such text without a mark, and a mark for text if the order is given."""
    family = encoding[:6]
    if family not in ("utf-16", "utf-32"):
        return encoding
    source.seek(0)
    form = unicode_form(source.read(SAMPLE_BYTES))
    return form if form is not None and form.startswith(family) else encoding


def _survey(source: BinaryIO, encoding: str) -> int:
    """Read the file through; its size in bytes. Raises UnreadableFile."""
    source.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    lines = 0  # that ended so far
    carried = 0  # characters so far of the line that goes on
    while True:
        block = source.read(BLOCK_BYTES)
        try:
            text = newlines.decode(decoder.decode(block, final=not block), final=not block)
        except UnicodeDecodeError as error:
            raise _wrong_encoding(error, lines) from None
        except UnicodeError:  # UTF-16 or UTF-32 in no byte order
            raise WrongEncoding(f"The file is not {encoding.upper()} text.") from None
        ended = text.count("\n")
        first = text.find("\n") if ended else len(text)
        if carried + first > LINE_CHARACTERS_MAX:
            raise UnreadableFile(
                f"Line {lines + 1} has more than {LINE_CHARACTERS_MAX} characters: "
                "this is no CSV file."
            )
        carried = len(text) - text.rfind("\n") - 1 if ended else carried + len(text)
        lines += ended
        if not block:
            return source.tell()


def _wrong_encoding(error: UnicodeDecodeError, lines_before: int) -> WrongEncoding:
    good = bytes(error.object[: error.start]).decode(error.encoding, "replace")
    line = lines_before + good.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    byte = error.object[error.start]
    return WrongEncoding(
        f"Line {line} is not {error.encoding.upper()} text: byte 0x{byte:02X} in it."
    )


def _check_header(record: Sequence[str]) -> None:
    if any("\0" in name for name in record):
        raise WrongEncoding("The header holds NUL characters: this is no text, or UTF-16.")


def _positions(
    names: Sequence[str],
    wanted: Mapping[str, str],
    fields: Sequence[str],
    required: Sequence[str],
) -> tuple[dict[str, int], list[str]]:
    """Field → index of its column; and the fields that ought to have one and have none.

    Raises UnreadableFile when a column would stand for two fields, or two for one.
    """
    positions: dict[str, int] = {}
    missing: list[str] = []
    for field in fields:
        column = wanted.get(field, field)
        index = _place(names, column, field in wanted) if column else None
        if index is not None:
            other = next((name for name, taken in positions.items() if taken == index), None)
            if other is not None:
                raise UnreadableFile(
                    f"The column {names[index]!r} stands for two fields, {other} and {field}: "
                    "a column stands for one."
                )
            positions[field] = index
        elif field in required or wanted.get(field):
            missing.append(field if column in ("", field) else f"{field} ({column!r})")
    return positions, missing


def _place(names: Sequence[str], column: str, is_named: bool) -> int | None:
    """The index of `column`. is_named: its name was given, so one that is exactly it is meant."""
    for form in (str, _plain) if is_named else (_plain,):
        found = [index for index, name in enumerate(names) if form(name) == form(column)]
        if len(found) > 1:
            raise UnreadableFile(f"The column {column!r} stands twice in the header.")
        if found:
            return found[0]
    return None


def _plain(name: str) -> str:
    """`name` as headers compare: "Min Stock", "min_stock" and "minStock" are one."""
    return "".join(character for character in name.casefold() if character.isalnum())


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name[:COLUMN_CHARACTERS_SHOWN_MAX])[1:-1] for name in names[:COLUMNS_SHOWN_MAX]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _explained(error: csv.Error, first: int, last: int) -> str:
    where = "" if last <= first else f" (lines {first} to {last})"
    match str(error):
        case "unexpected end of data":
            what = "A quotation begins and never ends"
        case text if text.endswith("expected after '\"'"):
            what = "Text after a closing quote; a quote inside quotes is doubled"
        case text if text.startswith("field larger than field limit"):
            what = "A cell is too long; a closing quote may be missing"
        case text:
            what = text.capitalize()
    return f"{what}{where}."
