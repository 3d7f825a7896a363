"""A row's cells by field, out of its record: what a preset says of rows is done here. Called by
tables.py. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from html.parser import HTMLParser

from graphql_api.files.columns import first_of
from graphql_api.files.lists import joined
from graphql_api.files.presets import PRESETS, Preset

CODES = ("sku", "barcode", "barcodes")
# What a spreadsheet would take for a formula, and the apostrophe that keeps it from that.
GUARDED = re.compile(r"'*[=+\-@\t\r]")
_QUOTED_CODE = re.compile(r'="((?:[^"]|"")*)"')
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAKS = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table"})


class Shape:
    """How records of one file become cells. It remembers the row before: see `cells`."""

    def __init__(
        self,
        names: Sequence[str],
        positions: Mapping[str, int],
        preset: str | None,
        is_guarded: bool,
        rest: Collection[int],
    ) -> None:
        """is_guarded: apostrophes stand before what a spreadsheet would take for a formula.
        rest: columns that become `attributes`."""
        self._names = names
        self._positions = tuple(positions.items())
        self._codes = tuple(name for name in CODES if name in positions)
        self._is_guarded = is_guarded
        self._rest = tuple(rest)
        self._preset = None if preset is None else _Bound(PRESETS[preset], names)

    def begin(self) -> None:
        """The next record is the file's first."""
        if self._preset is not None:
            self._preset.begin()

    def cells(self, record: Sequence[str]) -> dict[str, str] | None:
        """The text of each field; None: the record is no item. record: as wide as the header."""
        cells = {name: record[index] for name, index in self._positions}
        for name in self._codes:
            if cells[name].startswith('="') and (code := _QUOTED_CODE.fullmatch(cells[name])):
                cells[name] = code[1].replace('""', '"')
        if self._is_guarded:
            for name, text in cells.items():
                if text.startswith("'") and GUARDED.match(text):
                    cells[name] = text[1:]
        if self._rest:
            pairs = [(self._names[i], record[i].strip()) for i in self._rest if record[i].strip()]
            cells["attributes"] = joined(pairs)
        return cells if self._preset is None else self._preset.shaped(cells, record)


class _Bound:
    """A preset, with its columns where this file has them."""

    def __init__(self, preset: Preset, names: Sequence[str]) -> None:
        self._preset = preset
        self._group = None if preset.group is None else first_of(names, preset.group)
        self._parts = _indices(names, preset.name_parts)
        self._needs = _indices(names, preset.needs)
        self._skipped = _rules(names, preset.skipped)
        self._kept = _rules(names, preset.kept)
        self._codes_when = _rules(names, preset.codes_when)
        self._fallbacks = {
            name: index
            for name, column in preset.fallbacks.items()
            if (index := first_of(names, column)) is not None
        }
        self.begin()

    def begin(self) -> None:
        self._last_group = ""
        self._last: dict[str, str] = {}

    def shaped(self, cells: dict[str, str], record: Sequence[str]) -> dict[str, str] | None:
        preset = self._preset
        self._carry(cells, record)
        if self._is_no_item(record):
            return None
        for name, index in self._fallbacks.items():
            if not cells.get(name, "").strip():
                cells[name] = record[index]
        parts = [text for i in self._parts if (text := record[i].strip())]
        parts = [text for text in parts if text not in preset.plain_parts]
        name, further = cells.get("name", "").strip(), " / ".join(parts)
        if parts and name and not name.endswith(f" / {further}"):  # some have them in it already
            cells["name"] = f"{name} / {further}"
        for name, separator in preset.firsts.items():
            if name in cells:
                cells[name] = cells[name].partition(separator)[0]
        if preset.apostrophes:
            for name in CODES:
                if name in cells:
                    cells[name] = cells[name].strip().lstrip("'")
        if any(record[index].strip() not in values for index, values in self._codes_when):
            cells.pop("barcode", None)
        if "description" in cells and _TAG.search(cells["description"]):
            cells["description"] = _without_tags(cells["description"])
        return {**preset.constants, **cells} if preset.constants else cells

    def _carry(self, cells: dict[str, str], record: Sequence[str]) -> None:
        """Rows of one group leave out what the first of them says."""
        if self._group is None:
            return
        group = record[self._group].strip()
        if not group or group != self._last_group:
            self._last_group, self._last = group, dict(cells)
            return
        for name in self._preset.carried:
            if name in cells and not cells[name].strip():
                cells[name] = self._last[name]

    def _is_no_item(self, record: Sequence[str]) -> bool:
        if self._needs and not any(record[index].strip() for index in self._needs):
            return True
        if any(record[index].strip() in values for index, values in self._skipped):
            return True
        return any(record[index].strip() not in values for index, values in self._kept)


def _indices(names: Sequence[str], columns: Sequence[str]) -> tuple[int, ...]:
    found = (first_of(names, column) for column in columns)
    return tuple(dict.fromkeys(index for index in found if index is not None))


def _rules(
    names: Sequence[str], rules: Mapping[str, frozenset[str]]
) -> tuple[tuple[int, frozenset[str]], ...]:
    found = ((first_of(names, column), values) for column, values in rules.items())
    return tuple((index, values) for index, values in found if index is not None)


class _Text(HTMLParser):
    """The text of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def _without_tags(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = ("".join(parser.pieces)).replace("\u00a0", " ").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())
