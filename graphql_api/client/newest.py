"""The newest place in the log that a client was told of, for reads that must lack nothing of it.

A query asks with the header At-Least to be answered from no earlier place. So one that follows a
change of one's own shows it, whichever of the server's processes answers.
"""

from __future__ import annotations

from graphql_api.errors import CursorInvalid
from graphql_api.events.cursor import decode_cursor

HEADER = "At-Least"
REFUSALS = {"EPOCH_CHANGED", "CURSOR_INVALID"}


class NewestCursor:
    """Of answers, events and pings alike. cursor: None: none was told yet."""

    def __init__(self) -> None:
        self.cursor: str | None = None

    def heard(self, cursor: object) -> None:
        """The server told `cursor`; None is none. An earlier one changes nothing."""
        if isinstance(cursor, str) and not (self.cursor and _is_earlier(cursor, self.cursor)):
            self.cursor = cursor

    def refused(self, cursor: str) -> None:
        """The server does not know `cursor`: its log is another one now."""
        if self.cursor == cursor:
            self.cursor = None


def _is_earlier(one: str, other: str) -> bool:
    """Of cursors whose form is not known here, the one that was told last is the newest."""
    try:
        a, b = decode_cursor(one), decode_cursor(other)
    except CursorInvalid:
        return False
    return a.epoch == b.epoch and a.position < b.position
