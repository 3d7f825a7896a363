"""Days of a time zone, as figures count by them. Pure.

A day is as long as it is there: 23 or 25 hours when the clocks change. In a window of some weeks
a zone's distance from UTC changes at a few moments at most; between them it is one number, so a
database can add it and divide, without knowing of time zones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from graphql_api.clock import MINUTE_US, SECOND_US, from_datetime, to_datetime

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """Days in a row. first: the first one, in days since 1970-01-01; starts_us: when each of them
    begins; end_us: when the last one ends. offset_us: what local time is ahead of UTC at the
    first one's beginning; changes: at which instants, in their order, it becomes what."""

    first: int
    starts_us: tuple[int, ...]
    end_us: int
    offset_us: int
    changes: tuple[tuple[int, int], ...]


def offset_us(zone: ZoneInfo, instant_us: int) -> int:
    """What local time is ahead of UTC then, in microseconds; negative: behind."""
    offset = to_datetime(instant_us).astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds()) * SECOND_US


def last_days(zone: ZoneInfo, now_us: int, count: int) -> Days:
    """The last `count` days there, the one that it is now the last. count: at least 1."""
    today = to_datetime(now_us).astimezone(zone).date()
    first = today - timedelta(days=count - 1)
    starts = [_start_us(zone, first + timedelta(days=n)) for n in range(count + 1)]
    changes = []
    for begin, end in pairwise(starts):
        changes += _changes(zone, begin, end)
    return Days(
        first=(first - _EPOCH).days,
        starts_us=tuple(starts[:-1]),
        end_us=starts[-1],
        offset_us=offset_us(zone, starts[0]),
        changes=tuple(changes),
    )


def days_ago_us(zone: ZoneInfo, now_us: int, count: int) -> int:
    """The instant `count` days ago at the same time of the clock there."""
    local = to_datetime(now_us).astimezone(zone).replace(tzinfo=None) - timedelta(days=count)
    return from_datetime(local.replace(tzinfo=zone).astimezone(UTC))


def _start_us(zone: ZoneInfo, day: date) -> int:
    """The day's first instant there. That is not always 0 o'clock: where clocks go forward at
    midnight there is none, and what Python makes of it is the moment of the change."""
    return from_datetime(datetime.combine(day, time(), zone).astimezone(UTC))


def _changes(zone: ZoneInfo, begin_us: int, end_us: int) -> list[tuple[int, int]]:
    """The instants after `begin_us`, to `end_us` included, at which the offset becomes another.

    Looked for by halves: no zone goes there and back within a day."""
    before, after = offset_us(zone, begin_us), offset_us(zone, end_us)
    if before == after:
        return []
    low, high = begin_us // MINUTE_US, -(-end_us // MINUTE_US)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_us(zone, middle * MINUTE_US) == before:
            low = middle
        else:
            high = middle
    return [(high * MINUTE_US, after)]
