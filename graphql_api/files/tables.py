"""Files of goods, read as tables: rows of cells by field. Nothing here knows the database.

Called by imports/; exports/ writes the same columns. A caller says which fields it wants; all else
is found: the encoding, the delimiter, the header within the first lines, which column stands for
which field, and how numbers are written. What was found is told in `Table.notes`, for people.

A table of other fields: `Table(source, encoding, columns, fields, required)`. Fields that words.py
knows are found in twelve languages. The cells of `numbers` (field → whether it is a whole number;
NUMBERS if it is not given, `quantity` among them) come as programs write them, `1234.5`; what is no
number stays as it is, and a row with a doubtful one says so in `unread`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from graphql_api.files.cells import NumberCells
from graphql_api.files.codes import CodeCells
from graphql_api.files.columns import Match, doubts_of, first_of, lacking, match, notes_of
from graphql_api.files.faults import MissingColumns as MissingColumns
from graphql_api.files.faults import UnreadableFile as UnreadableFile
from graphql_api.files.faults import WrongEncoding as WrongEncoding
from graphql_api.files.presets import PRESETS, Lookup
from graphql_api.files.records import DELIMITERS, Broken, CsvRecords
from graphql_api.files.shapes import Shape
from graphql_api.files.sources import records_of
from graphql_api.files.totals import is_header_again, is_total, left_out
from graphql_api.said import Said, otherwise_in_shell, said

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
# Further columns, of an export whose items have such.
PACKAGING = ("barcodes", "units", "displayUnit", "attributes", "leadTimeDays")
DELETED_AT = "deletedAt"
ARCHIVED_AT = "archivedAt"
READ_FIELDS = (*FIELDS, *PACKAGING, DELETED_AT, ARCHIVED_AT)
REQUIRED = ("sku",)  # and name, in the row of a new item
_WHOLE = ("minStock", "leadTimeDays", "initialStock", "quantity")
NUMBERS: Mapping[str, bool] = {"price": False, "cost": False, **dict.fromkeys(_WHOLE, True)}

HEADER_WITHIN = 20  # lines
COLUMNS_MAX = 1_000
NO_GOODS_TOLD_MAX = 5
SHEETS_TRIED_MAX = 10


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says. positions: field → index of its column; unused: columns that
    stand for no field; spares: further columns of barcodes."""

    delimiter: str
    columns: tuple[str, ...]
    positions: Mapping[str, int]
    line: int = 1
    spares: tuple[int, ...] = ()

    @property
    def unused(self) -> list[str]:
        taken = {*self.positions.values(), *self.spares}
        return [name for index, name in enumerate(self.columns) if index not in taken and name]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: the text of each field that has a column; or its fault, and then no cells.

    line: the physical line on which it begins, 1 for the file's first. record: its cells as they
    stand; of a broken row, its lines. unread: field → why its number is doubtful; left: field →
    why its cell is taken for blank.
    """

    line: int
    cells: Mapping[str, str]
    fault: str | None = None
    record: Sequence[str] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)


class Table:
    """A file of items. `rows` can be read again and again. The file must be seekable."""

    def __init__(
        self,
        source: BinaryIO,
        encoding: str | None,
        columns: Mapping[str, str],
        fields: Sequence[str] = READ_FIELDS,
        required: Sequence[str] = REQUIRED,
        *,
        numbers: Mapping[str, bool] = NUMBERS,
        preset: str | None = None,
        decimal: str | None = None,
        sheet: str | None = None,
        has_header: bool = True,
        by_words: bool = True,
        keeps_rest: bool = False,
        folder: Path | None = None,
        codes: Collection[str] = (),
        unit: str | None = None,
    ) -> None:
        """encoding: None: find it. columns: field → the column's name; "" for a field to be left
        out. preset: of PRESETS; decimal: `,` or `.`; each None: find it. sheet: of a workbook.
        has_header: False: columns are named by their numbers from 1. by_words: False: a field has
        a column of its own name or none. keeps_rest: columns that stand for no field become
        `attributes`. folder: where the lookups of a preset are; None: nowhere. codes: those of
        `fields` that are codes of places. unit: the field with the unit of a row's `numbers`.

        Raises UnreadableFile.
        """
        self._fields, self._required, self._wanted, self._places = fields, required, columns, codes
        self._records = records_of(source, encoding, sheet)
        self._by_words, self._has_header, self._named_preset = by_words, has_header, preset
        self.size, self.keeps_rest = self._records.size, keeps_rest
        self._match, self.header, self._skipped = self._read_sheets(sheet is None)
        self.lookups = self._read_lookups(folder)
        self._shape = self._shape_of_rows()
        self._numbers = self._number_cells(numbers, unit)
        self._codes = CodeCells(self.header.spares, "barcodes" in fields, self._is_own)
        self._no_goods: list[tuple[int, bool]] = []  # line, and whether it is the header again
        # Whoever wants no numbers wants a few rows, or the header: the file is not read for them.
        self._samples = self._find_forms(decimal) if numbers else []

    def _shape_of_rows(self) -> Shape:
        names, positions = self.header.columns, self.header.positions
        rest = self._rest() if self.keeps_rest and "attributes" not in positions else ()
        return Shape(names, positions, self.preset, self._records.has_mark, rest)

    def _number_cells(self, numbers: Mapping[str, bool], unit: str | None) -> NumberCells:
        positions = self.header.positions
        return NumberCells(
            {name: is_whole for name, is_whole in numbers.items() if name in positions},
            {name: self.header.columns[index] for name, index in positions.items()},
            ("initialStock",) if "initialStock" in self._match.guessed else (),
            unit if unit in positions else None,
        )

    @property
    def _is_own(self) -> bool:
        """Whether it is an export of this program: these have all columns of items."""
        return set(FIELDS) <= set(self.header.columns)

    @property
    def preset(self) -> str | None:
        """The name of the preset by which it is read."""
        return self._match.preset

    @property
    def place(self) -> str | None:
        """The place that the stock's column is named after."""
        return self._match.place

    @property
    def has_foreign_places(self) -> bool:
        """Whether its places are those of another program, and unknown here by nature."""
        return self.place is not None or "location" in self._match.guessed

    @property
    def bytes_read(self) -> int:
        """How far into the file reading is, about; as far as `size`, which may count rows."""
        return self._records.done

    @property
    def sheets(self) -> list[str]:
        """The names of a workbook's sheets; [] of another file."""
        return self._records.sheets

    @property
    def sheet(self) -> str | None:  # the one that is read
        return self._records.sheet

    @property
    def encoding(self) -> str:
        """In which it was read; XLSX of a workbook."""
        return self._records.encoding

    @property
    def notes(self) -> list[Said]:
        """What was found that people may want to know, a sentence each."""
        told = list(self._records.notes)
        if self.header.line > self._records.first_line and self._has_header:
            told.append(said("the header is line {line}", line=self.header.line))
        if self._named_preset is None:
            told += notes_of(self._match, self.header.positions)
        told += doubts_of(self._match)
        told += [left_out(line, is_again) for line, is_again in self._no_goods]
        return told + self._samples

    def rows(self) -> Iterator[TableRow]:
        """Every row below the header but blank ones, in order.

        Spreadsheets leave out the blank cells at a row's end, or add some: neither is a fault.
        """
        for line, record, cells in self._shaped():
            if isinstance(record, Broken):
                yield TableRow(line, {}, record.fault, (record.text,))
            elif cells is None:
                yield TableRow(line, {}, self._too_wide(record), record)
            else:
                doubts = self._numbers.settle(cells)
                self._codes.settle(cells, record, doubts)
                yield TableRow(line, cells, None, record, doubts.unread, doubts.left)

    def _shaped(self) -> Iterator[tuple[int, list[str] | Broken, dict[str, str] | None]]:
        """Records below the header, with the cells of those that are rows."""
        width, left = len(self.header.columns), self._skipped
        self._shape.begin()
        for line, record in self._records.read(self.header.delimiter):
            if left:
                left -= 1
            elif isinstance(record, Broken):
                yield line, record, None
            elif self._is_no_goods(line, record):
                continue
            elif len(record) > width and any(cell.strip() for cell in record[width:]):
                yield line, record, None
            else:
                whole = record if len(record) >= width else record + [""] * (width - len(record))
                cells = self._shape.cells(whole)
                if cells is not None:
                    yield line, record, cells

    def _too_wide(self, record: Sequence[str]) -> Said:
        template = "The row has {cells} cells, the header {columns} columns."
        return said(template, cells=len(record), columns=len(self.header.columns))

    def _read_sheets(self, may_turn: bool) -> tuple[Match, Header, int]:
        """The header; of a workbook's first sheet that has one. Often the first is a cover."""
        try:
            return self._read_header()
        except MissingColumns:
            records = self._records
            if not may_turn or isinstance(records, CsvRecords):
                raise
            first = records.sheet
            for name in records.sheets[:SHEETS_TRIED_MAX]:
                if name == first:
                    continue
                records.turn_to(name)
                try:
                    return self._read_header()
                except UnreadableFile:
                    continue
            records.turn_to(first)
            raise

    def _read_header(self) -> tuple[Match, Header, int]:
        """The header with the most known columns, and how many records there are down to it."""
        best: tuple[tuple[bool, bool, int, int], Match, Header, int] | None = None
        refused: list[UnreadableFile] = []  # headers that are known and cannot be
        broken: list[UnreadableFile] = []
        for delimiter in self._records.delimiters:
            for number, (line, record) in enumerate(self._records.read(delimiter)):
                if line > HEADER_WITHIN or (number and not self._has_header):
                    break
                try:
                    found = self._matched(line, record, number == 0)
                except WrongEncoding:
                    raise
                except UnreadableFile as error:
                    (broken if isinstance(record, Broken) else refused).append(error)
                    continue
                is_known = found.preset is not None
                score = (not found.missing, is_known, len(found.positions), len(found.names))
                if best is None or score > best[0]:
                    spares = tuple(found.spares)
                    header = Header(delimiter, found.names, found.positions, line, spares)
                    best = (score, found, header, number + 1 if self._has_header else 0)
        if refused and (best is None or best[1].missing):
            raise refused[0]
        if broken and (best is None or _says_nothing(best[1])):
            raise broken[0]
        if best is None or not any(name.strip(DELIMITERS) for name in best[1].names):
            raise UnreadableFile(said("The file is empty: its first line must name the columns."))
        _, found, header, skipped = best
        if found.missing:
            guess = records.guess if isinstance(records := self._records, CsvRecords) else None
            raise lacking(found, guess)
        return found, header, skipped

    def _matched(self, line: int, record: list[str] | Broken, is_first: bool) -> Match:
        """What a record says as a header. Raises UnreadableFile."""
        if isinstance(record, Broken):
            told = said("Line {line}, the header, is no row of a CSV file.", line=line)
            raise UnreadableFile(
                otherwise_in_shell(told, f"Line {line}, the header: {record.fault}")
            )
        if is_first and any("\0" in name for name in record):
            raise WrongEncoding(
                said("The header holds NUL characters: this is no text, or UTF-16.")
            )
        if len(record) > COLUMNS_MAX:
            raise UnreadableFile(
                said(
                    "The header has {count} columns; at most {most} are read.",
                    count=len(record),
                    most=COLUMNS_MAX,
                )
            )
        if not self._has_header:
            names = [str(index + 1) for index in range(len(record))]
            return match(names, self._wanted, self._fields, self._required, None, False)
        names = [name.strip() for name in record]
        wanted, preset = self._wanted, self._named_preset
        return match(
            names, wanted, self._fields, self._required, preset, self._by_words, self._places
        )

    def _read_lookups(self, folder: Path | None) -> dict[str, Mapping[str, str]]:
        """Field → what each text of its column stands for. A field whose file is not there is left
        out: its bare keys would mean nothing."""
        found: dict[str, Mapping[str, str]] = {}
        lookups = {} if self.preset is None else PRESETS[self.preset].lookups
        for name, lookup in lookups.items():
            if name in self._wanted or name not in self.header.positions:
                continue  # mapped to another column by hand
            meanings = None if folder is None else read_lookup(lookup, folder)
            if meanings is not None:
                found[name] = meanings
                continue
            positions = {one: at for one, at in self.header.positions.items() if one != name}
            self.header = replace(self.header, positions=positions)
            self._records.notes.append(
                said(
                    "{file} is not beside the file: items get no {field} from it",
                    file=lookup.file,
                    field=name,
                )
            )
        return found

    def _rest(self) -> list[int]:
        used = set(self.header.positions.values())
        if self.preset is not None:
            preset = PRESETS[self.preset]
            own = [*preset.name_parts, *preset.skipped, *preset.kept, *preset.codes_when]
            used |= {i for name in own if (i := first_of(self.header.columns, name)) is not None}
        return [
            index for index, name in enumerate(self.header.columns) if name and index not in used
        ]

    def _find_forms(self, decimal: str | None) -> list[Said]:
        """How the numbers of each column are written, by all of its cells; samples, in words."""
        for _, _, cells in self._shaped():
            if cells is not None:
                self._numbers.look_at(cells)
        return self._numbers.decide(decimal)

    def _is_no_goods(self, line: int, record: Sequence[str]) -> bool:
        """Whether a row is a sum, or the header once more; the first few are told in the notes."""
        again = self._has_header and is_header_again(record, self.header.columns)
        if not again and not is_total(record):
            return False
        told = self._no_goods
        if len(told) < NO_GOODS_TOLD_MAX and (not told or line > told[-1][0]):
            told.append((line, again))
        return True


def _says_nothing(found: Match) -> bool:
    return bool(found.missing) and not found.positions and len(found.names) < 2


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
            fields = tuple(columns)
            table = Table(source, None, columns, fields, fields, numbers={}, by_words=False)
        except UnreadableFile as error:
            raise UnreadableFile(said("{path}: {why}", path=path, why=error.in_shell)) from None
        return {row.cells["key"]: row.cells["value"] for row in table.rows() if not row.fault}
