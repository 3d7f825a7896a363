"""Why a file is not taken. All but FileTooLarge: why it cannot be read as a table, raised by
everything in this folder."""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.errors import InvalidInput


class FileTooLarge(Exception):
    """More bytes came than may. Raised by whatever takes a file in."""


class UnreadableFile(InvalidInput):
    """The file as a whole cannot be read as a table of items; nothing of it was taken over."""


class MissingColumns(UnreadableFile):
    """The header lacks columns that are needed, or that a mapping names. missing: their fields."""

    def __init__(self, message: str, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


class AmbiguousNumbers(UnreadableFile):
    """Numbers like 1,234 in a file in which nothing tells what the comma stands for."""


class WrongEncoding(UnreadableFile):
    """The bytes are not text in the encoding that was given."""
