"""The file of rows that an import left out, as they stand and why. Called by imports.py."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from graphql_api.cli.outcome import STREAM, WRONG_USAGE, CommandFailed
from graphql_api.cli.targets import check_target
from graphql_api.settings import Settings

REASON = "reason"


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
