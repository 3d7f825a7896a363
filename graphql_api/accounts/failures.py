"""What was refused at the gates, for who runs the server: a line in the log, and a count.

A wrong password, a refresh token used again, a role that does not reach, a limit: each line says
who and from where. Texts of clients are cut and quoted, so a line stays one line.
"""

from __future__ import annotations

import logging
from collections import Counter
from enum import Enum

logger = logging.getLogger(__name__)

WHO_MAX = 100  # characters of a client's text in a line


class Failure(Enum):
    """Kinds, by the name that /metrics gives them."""

    WRONG_PASSWORD = "wrong_password"  # noqa: S105  # a kind
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    SESSION_REFUSED = "session_refused"  # right at first, but the account changed meanwhile
    REFRESH_REFUSED = "refresh_refused"
    REFRESH_REUSED = "refresh_reused"
    FORBIDDEN = "forbidden"
    LIMIT = "limit"


class Failures:
    """Tells and counts. counts: by a kind's name; /metrics reads it."""

    def __init__(self, counts: Counter[str] | None = None) -> None:
        self.counts: Counter[str] = Counter() if counts is None else counts

    def note(self, kind: Failure, address: str, who: object, what: str = "") -> None:
        """who: a user's id, or the email that was given; what: in a few words."""
        self.counts[kind.value] += 1
        logger.warning(
            "access refused: %s%s, address %s, user %s",
            kind.value,
            f" ({what})" if what else "",
            address or "unknown",
            repr(who[:WHO_MAX]) if isinstance(who, str) else who,
        )
