"""A push message before it is sealed, and what a push service made of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PAYLOAD_BYTES_MAX = 3_800  # RFC 8291 4: 3,993 in one record; some room is left
TTL_S = 4 * 3_600  # how long a push service keeps it for a browser that is off


class Fate(Enum):
    """What a push service did with a message."""

    SENT = "SENT"
    GONE = "GONE"  # the subscription is dead: remove it
    LATER = "LATER"  # try again
    REFUSED = "REFUSED"  # this message will never be taken


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message. after_s: when the service wants it again; None: it did not say.
    detail: for the log."""

    fate: Fate
    after_s: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PushMessage:
    """A payload for one subscription, before it is encrypted.

    payload: at most PAYLOAD_BYTES_MAX bytes. topic: one that is still waiting at the push
    service is replaced by a newer one of its topic (RFC 8030 5.4: at most 32 characters).
    """

    endpoint: str
    p256dh: str
    auth: str
    payload: bytes
    topic: str
    urgent: bool
