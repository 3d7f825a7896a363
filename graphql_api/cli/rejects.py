"""The file of rows that an import left out, as they stand and why. Called by imports.py."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed

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
    path: str | None, columns: Sequence[str], delimiter: str
) -> Iterator[Rejects | None]:
    """A file of rejects, if one is wanted: open from the beginning, so that what is told is kept
    whatever happens later."""
    if path is None:
        yield None
        return
    try:
        file = Path(path).open("w", encoding="utf-8", newline="")  # noqa: SIM115  # closed below
    except OSError as error:
        raise CommandFailed(f"cannot write {path}: {error.strerror}", WRONG_USAGE) from None
    with file:
        yield Rejects(file, columns, delimiter)
