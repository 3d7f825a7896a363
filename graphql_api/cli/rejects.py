"""The rows that an import left out: what is told of them, and the file that keeps them as they
stand and why. Called by imports.py and stock.py."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from graphql_api.cli.import_words import faults
from graphql_api.cli.outcome import STREAM, WRONG_USAGE, CommandFailed, note
from graphql_api.cli.targets import check_target
from graphql_api.files.tables import Header
from graphql_api.imports.items import BadRow
from graphql_api.said import template_of
from graphql_api.settings import Settings

REASON = "reason"
TOLD_OF_A_KIND = 5  # bad rows: enough to see what is wrong with all of them


class Rejects:
    """Rows with a last column that says why. It can be corrected and imported again."""

    def __init__(self, file: TextIO, columns: Sequence[str], delimiter: str) -> None:
        self._width = len(columns)
        self._writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        self._writer.writerow([*columns, REASON])

    def add(self, record: Sequence[str], reason: str) -> None:
        """A row as it stands. The reason stands in its own column where the row is not too long."""
        blanks = [""] * (self._width - len(record))
        self._writer.writerow([*record, *blanks, reason])


class BadRows:
    """Tells bad rows line by line, the first few of each kind; of the others how many there are.

    It holds a line for each kind, however many rows there are."""

    def __init__(self, file: str, header: Header, rejects: Rejects | None) -> None:
        """file: as it is called; rejects: where all of them go, None: nobody wants it."""
        self._file = file
        self._header = header
        self._rejects = rejects
        self._kinds: dict[tuple[tuple[str | None, str], ...], _Kind] = {}

    def add(self, row: BadRow, tell: Callable[[str], None]) -> None:
        """A row that was left out. tell: where its line goes."""
        if self._rejects is not None:
            self._rejects.add(row.record, str(row))
        name = tuple((fault.field, template_of(fault.message)) for fault in row.faults)
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = _Kind(row)
        kind.count += 1
        if kind.count <= TOLD_OF_A_KIND:
            tell(self._line(row))

    def tell_rest(self) -> None:
        """Say how many there are of each kind beside those that were told."""
        many = [kind for kind in self._kinds.values() if kind.count > TOLD_OF_A_KIND]
        for kind in many:
            count = kind.count - TOLD_OF_A_KIND
            more = f"{count:,} more rows like it" if count > 1 else "1 more row like it"
            note(f"{self._line(kind.first)} ({more})")
        if many and self._rejects is None:
            note("note: --rejects FILE keeps all bad rows, with what is wrong with each")

    def _line(self, row: BadRow) -> str:
        return f"{self._file}:{row.line}: {faults(row, self._header)}"


@dataclass(slots=True)
class _Kind:
    """Bad rows with the same faults, but for the values in them."""

    first: BadRow
    count: int = 0


@contextmanager
def rejects_to(
    settings: Settings, path: str | None, columns: Sequence[str], delimiter: str, source: str
) -> Iterator[Rejects | None]:
    """A file of rejects of `source`, if one is wanted."""
    with written_meanwhile(settings, path, source) as file:
        yield None if file is None else Rejects(file, columns, delimiter)


@contextmanager
def written_meanwhile(
    settings: Settings, path: str | None, *others: str | None
) -> Iterator[TextIO | None]:
    """A file beside an import, if one is wanted: open from the beginning, so that what is told is
    kept whatever happens later. others: files that it must not be, which it would destroy, as it
    would the database."""
    if path is None:
        yield None
        return
    check_target(settings, path)
    for other in others:
        if other not in (None, STREAM) and Path(other).resolve() == Path(path).resolve():
            words = f"cannot write {path}: it is the import's own file, or is written already"
            raise CommandFailed(words, WRONG_USAGE)
    try:
        file = Path(path).open("w", encoding="utf-8", newline="")  # noqa: SIM115  # closed below
    except OSError as error:
        raise CommandFailed(f"cannot write {path}: {error.strerror}", WRONG_USAGE) from None
    with file:
        yield file
