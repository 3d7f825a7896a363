"""Why a file is not taken. All but FileTooLarge: why it cannot be read as a table, raised by
everything in this folder."""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.errors import InvalidInput
from graphql_api.said import Said, in_shell


class FileTooLarge(Exception):
    """More bytes came than may. Raised by whatever takes a file in."""


class UnreadableFile(InvalidInput):
    """The file as a whole cannot be read as a table of items; nothing of it was taken over.

    sentences: why, and what to do; in_shell: the same as a command says it.
    """

    def __init__(self, *sentences: Said) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences
        self.in_shell = " ".join(in_shell(one) for one in sentences)


class MissingColumns(UnreadableFile):
    """The header lacks columns that are needed, or that a mapping names. missing: their fields."""

    def __init__(self, *sentences: Said, missing: Sequence[str] = ()) -> None:
        super().__init__(*sentences)
        self.missing = tuple(missing)


class AmbiguousNumbers(UnreadableFile):
    """Numbers like 1,234 in a file in which nothing tells what the comma stands for."""


class WrongEncoding(UnreadableFile):
    """The bytes are not text in the encoding that was given."""
