"""Time, as everything in this project reads it, so that tests can hold it still.

Instants are whole microseconds since 1970-01-01 UTC (`_us`); durations for timers are
seconds of a monotonic clock (`_s`). An integer has one meaning in Python, SQLite and
PostgreSQL alike, sorts and compares exactly, and cannot carry a wrong time zone.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """What the rest asks of time."""

    def now_us(self) -> int:
        """The instant now, in microseconds since 1970 UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never run backwards; only differences mean something."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        return time.time_ns() // 1_000

    def monotonic_s(self) -> float:
        return time.monotonic()


class HeldClock:
    """A clock that stands still until a test moves it with `advance`."""

    def __init__(self, now_us: int = 1_767_225_600 * SECOND_US) -> None:
        self._now_us = now_us
        self._monotonic_s = 0.0

    def now_us(self) -> int:
        return self._now_us

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Move both clocks on by `seconds`; negative moves only the wall clock back."""
        self._now_us += round(seconds * SECOND_US)
        self._monotonic_s += max(seconds, 0.0)


def to_datetime(instant_us: int) -> datetime:
    """The instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=instant_us)


def from_datetime(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime. Raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a date and time needs a time zone, like 2026-01-31T12:00:00Z")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_rfc3339(instant_us: int) -> str:
    """The instant as RFC 3339 in UTC with a Z: `2011-12-09T12:50:00Z`, fraction only if any."""
    return to_datetime(instant_us).isoformat().replace("+00:00", "Z")
