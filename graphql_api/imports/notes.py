"""What is odd in rows that are taken all the same: by kinds, since a file may have as many as rows.
Called by running.py, file_imports.py and by commands. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from graphql_api.imports.facts import ROW_NOTES, ToldNote
from graphql_api.imports.problems import said_again, told_of
from graphql_api.imports.rows import Fault
from graphql_api.said import template_of

LINES_TOLD = 5  # of a kind: enough to look some up


@dataclass(slots=True)
class RowNote:
    """Notes of one kind. fault: the first of them; are_equal: the others say the very same; count:
    rows that have one; lines: the first few of them."""

    fault: Fault
    are_equal: bool = True
    count: int = 0
    lines: list[int] = field(default_factory=list)

    @property
    def message(self) -> str:
        return self.fault.message


class RowNotes:
    """The notes of an import: one of each kind, that is of each field and sentence."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str | None, str], RowNote] = {}

    @property
    def kinds(self) -> Sequence[RowNote]:
        """The first first."""
        return list(self._kinds.values())

    def add(self, line: int, faults: Iterable[Fault]) -> None:
        """What is odd in a row."""
        for fault in faults:
            kind = self._kinds.setdefault((fault.field, template_of(fault.message)), RowNote(fault))
            kind.are_equal &= fault.message == kind.message
            kind.count += 1
            if len(kind.lines) < LINES_TOLD:
                kind.lines.append(line)

    def clear(self) -> None:
        self._kinds.clear()


def text_of_notes(notes: Iterable[RowNote]) -> str | None:
    """As a column keeps them."""
    told = [
        ToldNote(note.fault.field, told_of([note.message])[0], note.count, note.lines)
        for note in notes
    ]
    return ROW_NOTES.encode(told) if told else None


def notes_in(text: str | None) -> list[RowNote]:
    """What `text_of_notes` kept."""
    told = [] if text is None else ROW_NOTES.decode(text)
    return [
        RowNote(Fault(one.field, said_again([one.note])[0]), count=one.count, lines=one.lines)
        for one in told
    ]
