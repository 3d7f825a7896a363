"""What was refused at the gates, for who runs the server: a line in the log, and a count.

A wrong password, a refresh token used again, a token that nobody gave out, a role that does not
reach, an origin, a limit: each line says who and from where. Texts of clients are cut and quoted,
so a line stays one line. All are counted; of a flood only the first are lines, so that it does not
fill the disk and hide what else there is.
"""

from __future__ import annotations

import logging
from collections import Counter
from enum import Enum

from graphql_api.accounts.attempts import network_of
from graphql_api.clock import Clock, SystemClock

logger = logging.getLogger(__name__)

WHO_MAX = 100  # characters of a client's text in a line
NOBODY = "nobody"  # who it was, when no session or email tells

WINDOW_S = 60
LINES_PER_ADDRESS_MAX = 10  # of a kind from an address in a window: enough to see what goes on
LINES_MAX = 300  # in a window, of all: about 40 KB


class Failure(Enum):
    """Kinds, by the name that /metrics gives them."""

    WRONG_PASSWORD = "wrong_password"  # noqa: S105  # a kind
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    SESSION_REFUSED = "session_refused"  # right at first, but the account changed meanwhile
    REFRESH_REFUSED = "refresh_refused"
    REFRESH_REUSED = "refresh_reused"
    FORBIDDEN = "forbidden"
    LIMIT = "limit"
    TOKEN_REFUSED = "token_refused"  # noqa: S105  # a kind: an access token that is forged or over
    ORIGIN = "origin"


class Failures:
    """Tells and counts. counts: by a kind's name; /metrics reads it."""

    def __init__(self, counts: Counter[str] | None = None, clock: Clock | None = None) -> None:
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._lines = _Lines(clock or SystemClock())

    def note(self, kind: Failure, address: str, who: object, what: str = "") -> None:
        """who: a user's id, the email that was given, or NOBODY; what: in a few words."""
        self.counts[kind.value] += 1
        left_out = self._lines.take(kind, network_of(address))
        if left_out is None:
            return
        logger.warning(
            "access refused: %s%s, address %s, user %s%s",
            kind.value,
            f" ({what})" if what else "",
            address or "unknown",
            quoted(who) if isinstance(who, str) else who,
            f"; {left_out} more before were only counted" if left_out else "",
        )


def quoted(text: str) -> str:
    """A client's text for a line."""
    return repr(text[:WHO_MAX])


class _Lines:
    """How many lines there were in this window, by kind and address, and in all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._window = -1
        self._told: Counter[tuple[Failure, str]] = Counter()  # never more than LINES_MAX
        self._told_in_all = 0
        self._left_out = 0

    def take(self, kind: Failure, network: str) -> int | None:
        """How many were left out since the last line, for one more line; None: not this one."""
        window = int(self._clock.monotonic_s() // WINDOW_S)
        if window != self._window:
            self._window = window
            self._told.clear()
            self._told_in_all = 0
        key = (kind, network)
        if self._told_in_all >= LINES_MAX or self._told[key] >= LINES_PER_ADDRESS_MAX:
            self._left_out += 1
            return None
        self._told[key] += 1
        self._told_in_all += 1
        left_out, self._left_out = self._left_out, 0
        return left_out
