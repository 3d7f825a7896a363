"""The cells of a table that hold numbers, read by how all of them are written. Called by tables.py.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from graphql_api.files.faults import AmbiguousNumbers
from graphql_api.files.numbers import (
    AmbiguousNumber,
    NumberColumn,
    NumberForm,
    Point,
    forms_of,
    is_of_pieces,
    readings,
)
from graphql_api.files.workbooks import NumberCell
from graphql_api.said import Said, otherwise_in_shell, said

# What people and programs write into a column of numbers where there is none.
_BLANKS = (
    "n/a|na|n.a.|n.a|-|--|---|–|—|none|null|nil|?|not stocked|variable|unlimited|∞|k.a.|n.v.t.|nvt"
    "|s/d|n/d|nd|n.d.|brak|нет|なし|无|없음"
)
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
NOT_STOCKED = said("It is not stocked there: the cell is left out.")
NO_NUMBER = frozenset(_BLANKS.split("|"))


@dataclass(slots=True)
class Doubts:
    """What became of a row's cells that are no plain numbers. unread: field → why its number is
    doubtful; left: field → why its cell is left out."""

    unread: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


class NumberCells:
    """How the numbers of a table are written: look at all rows, decide, then read each."""

    def __init__(
        self,
        columns: Mapping[str, bool],
        names: Mapping[str, str],
        counts: Collection[str],
        unit: str | None = None,
    ) -> None:
        """columns: field → whether it is a whole number. names: field → its column's name.
        counts: fields of stocks as other programs have them, which may have sold more than there
        is. unit: the field that says of what unit a row's numbers are."""
        self._columns = {
            name: NumberColumn(is_whole, unit is not None, likely=_told_by(names[name]))
            for name, is_whole in columns.items()
        }
        self._pairs = tuple(self._columns.items())
        self._counts, self._unit = counts, unit
        self._forms: Mapping[str, NumberForm] = {}

    def look_at(self, cells: Mapping[str, str]) -> None:
        """Take a row into account."""
        unit = "" if self._unit is None else cells[self._unit]
        is_amount = unit.strip() != "" and not is_of_pieces(unit)
        for name, column in self._pairs:
            text = cells[name]
            if text and not isinstance(text, NumberCell):
                column.look_at(text, is_amount)

    def decide(self, decimal: str | None) -> list[Said]:
        """All rows were looked at: how a number of each column is read, in words, where programs
        write it otherwise. decimal: `,` or `.`, None: find it. Raises AmbiguousNumbers."""
        self._forms = forms_of(self._columns, decimal)
        samples: list[Said] = []
        for name, column in self._pairs:
            form = self._forms[name]
            if column.open_cell and form.point is None and not column.points:
                raise AmbiguousNumbers(_ambiguous(name, column.open_cell))
            for text in filter(None, (column.open_sample, column.sample)):
                if (plain := _number(name, text, form, {})) != text:
                    samples.append(_read_as(name, text, plain))
                    break
        return samples

    def settle(self, cells: dict[str, str]) -> Doubts:
        """Make a row's numbers such as programs write."""
        doubts = Doubts()
        for name, form in self._forms.items():
            text = cells[name]
            if not text:
                continue
            if not isinstance(text, NumberCell):
                word = text.strip().casefold()
                if word in NO_NUMBER:
                    cells[name] = ""
                    doubts.left[name] = (
                        NOT_STOCKED
                        if word == "not stocked"
                        else said(
                            "{name} {text} is no number, and is left out.",
                            name=name,
                            text=_quoted(text),
                        )
                    )
                    continue
                cells[name] = _number(name, text, form, doubts.unread)
            if (
                name in self._counts
                and cells[name].lstrip().startswith("-")
                and _is_some(cells[name])
            ):
                doubts.left[name] = said(
                    "{name} {text} is below 0, which no stock is here: it is left out.",
                    name=name,
                    text=cells[name].strip(),
                )
                cells[name] = ""
        return doubts


def _read_as(name: str, text: str, plain: str) -> Said:
    return said("{name} {text} is read as {plain}", name=name, text=_quoted(text), plain=plain)


def _told_by(name: str) -> set[Point]:
    """Who writes a column's name in Chinese, Japanese or Korean groups digits with a comma."""
    return {Point.POINT} if _EAST_ASIAN.search(name) else set()


def _is_some(plain: str) -> bool:
    """Whether it is a number other than 0."""
    digits = plain.strip().lstrip("-").replace(".", "", 1)
    return digits.isdecimal() and digits.strip("0") != ""


def _number(name: str, text: str, form: NumberForm, unread: dict[str, str]) -> str:
    """A cell as programs write numbers; as it is when it is none, or doubtful."""
    try:
        plain = form.read(text)
    except AmbiguousNumber:
        unread[name] = _ambiguous(name, text.strip())
        return text
    return text if plain is None else plain


def _quoted(text: str) -> str:
    """`text` quoted; blanks of all kinds are blanks."""
    return repr(" ".join(text.split()))


def _ambiguous(name: str, text: str) -> Said:
    one, other = readings(text)
    told = said(
        "{name} {text} may be {one} or {other}: choose the sign that the decimals follow.",
        name=name,
        text=repr(text),
        one=one,
        other=other,
    )
    shell = f"{name} {text!r} may be {one} or {other}: --decimal=, or --decimal=. says which sign "
    return otherwise_in_shell(told, shell + "the decimals follow.")
