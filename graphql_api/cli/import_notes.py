"""What commands that take files over say of rows that are taken with something odd in them: each
kind once, with how many rows it has; all of them go into a file. Called by imports.py and
stock.py."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TextIO

import typer

from graphql_api.cli.import_words import fault_words
from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed, note
from graphql_api.cli.rejects import written_meanwhile
from graphql_api.files.tables import Header
from graphql_api.imports.items import BadRow, Phase
from graphql_api.imports.notes import RowNote, RowNotes
from graphql_api.settings import Settings

COLUMNS = ("line", "field", "note")

NotesFile = Annotated[
    str | None,
    typer.Option(
        "--notes",
        metavar="CSV",
        help="Write every note on a row that is taken into this file: line, field, note.",
    ),
]


class Notes:
    """The notes of an import. It holds a line for each kind, however many rows there are."""

    def __init__(self, file: str, header: Header, kept: TextIO | None) -> None:
        """file: as it is called; header: of its columns; kept: where all notes go."""
        self._file = file
        self._header = header
        self._kept = kept
        self._phase: Phase | None = None
        self._kinds = RowNotes()
        self._begin_file()

    def add(self, phase: Phase, row: BadRow) -> None:
        """What is odd in a row. What was found in an earlier phase is found again."""
        if phase is not self._phase:
            self._begin(phase)
        self._kinds.add(row.line, row.faults)
        if self._kept is not None:
            csv.writer(self._kept, lineterminator="\n").writerows(
                (row.line, fault.field or "", fault_words(fault, self._header))
                for fault in row.faults
            )

    def _begin(self, phase: Phase) -> None:
        self._phase = phase
        self._kinds.clear()
        self._begin_file()

    def _begin_file(self) -> None:
        if self._kept is not None:
            self._kept.seek(0)
            self._kept.truncate()
            csv.writer(self._kept, lineterminator="\n").writerow(COLUMNS)

    def tell(self) -> None:
        """Say each kind, the first first."""
        for kind in self._kinds.kinds:
            words = fault_words(kind.fault, self._header)
            note(f"{self._file}:{kind.lines[0]}: note: {words}{_counted(kind)}")


def _counted(kind: RowNote) -> str:
    """How many rows have it, and which."""
    if kind.count == 1:
        return ""
    lines = ", ".join(map(str, kind.lines)) + (" …" if kind.count > len(kind.lines) else "")
    return f" ({kind.count:,} {'rows' if kind.are_equal else 'rows like it'}: {lines})"


@contextmanager
def notes_on(
    settings: Settings, file: str, header: Header, path: str | None, rejects: str | None = None
) -> Iterator[Notes]:
    """The notes on `file`, told at the end, also of what is given up. path: of the file that keeps
    all of them, open from the beginning; None: nobody wants it. rejects: another one."""
    with written_meanwhile(settings, path, file, rejects) as kept:
        if kept is not None and not kept.seekable():  # what the check found is found again
            raise CommandFailed(f"cannot write {path}: it must be a plain file", WRONG_USAGE)
        notes = Notes(file, header, kept)
        try:
            yield notes
        finally:
            notes.tell()
