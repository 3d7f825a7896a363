"""Days of time zones: as long as they are there."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from graphql_api.business import zone_of
from graphql_api.clock import DAY_US, HOUR_US, from_datetime, to_datetime, to_rfc3339
from graphql_api.inventory.days import Days, days_ago_us, last_days
from tests import campaigns


def at(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text))


def number_of(days: Days, instant_us: int) -> int:
    """As the database counts it: adds what local time is ahead, and divides."""
    ahead_us = days.offset_us
    for change_us, becomes_us in days.changes:
        if instant_us >= change_us:
            ahead_us = becomes_us
    return (instant_us + ahead_us) // DAY_US - days.first


def test_a_los_angeles_evening_is_of_its_own_day_and_not_of_tomorrow() -> None:
    evening_us = at("2026-03-04T04:30:00Z")  # half past eight in the evening of the third
    days = last_days(zone_of("America/Los_Angeles"), evening_us, 2)
    assert [to_rfc3339(start) for start in days.starts_us] == [
        "2026-03-02T08:00:00Z",
        "2026-03-03T08:00:00Z",
    ]
    assert number_of(days, evening_us) == 1
    in_utc = last_days(zone_of("UTC"), evening_us, 2)
    assert to_rfc3339(in_utc.starts_us[-1]) == "2026-03-04T00:00:00Z"


@pytest.mark.parametrize(
    ("zone", "now", "hours"),
    [
        ("Europe/Berlin", "2026-03-30T12:00:00Z", [24, 23, 24]),
        ("Europe/Berlin", "2026-10-26T12:00:00Z", [24, 25, 24]),
        ("America/Los_Angeles", "2026-11-02T20:00:00Z", [24, 25, 24]),
        ("Australia/Lord_Howe", "2026-10-05T00:00:00Z", [24, 23.5, 24]),
        ("Africa/Cairo", "2026-04-25T12:00:00Z", [24, 23, 24]),  # no midnight on the 24th
        ("America/Havana", "2026-11-02T12:00:00Z", [24, 25, 24]),  # midnight comes twice
        ("Asia/Kathmandu", "2026-10-26T12:00:00Z", [24, 24, 24]),
        ("UTC", "2026-03-30T12:00:00Z", [24, 24, 24]),
    ],
)
def test_a_day_is_as_long_as_it_is_there(zone: str, now: str, hours: list[float]) -> None:
    days = last_days(zone_of(zone), at(now), 3)
    ends = [*days.starts_us[1:], days.end_us]
    lengths = [(end - start) / HOUR_US for start, end in zip(days.starts_us, ends, strict=True)]
    assert lengths == hours
    for number, (start, end) in enumerate(zip(days.starts_us, ends, strict=True)):
        assert [number_of(days, moment) for moment in (start, end - 1)] == [number, number]


@pytest.mark.parametrize(
    "zone",
    ["America/Santiago", "Asia/Beirut", "Pacific/Chatham", "Africa/Casablanca", "Asia/Kolkata"],
)
def test_what_the_database_counts_is_the_date_on_the_wall(zone: str) -> None:
    """Ninety days before each moment of two years, which have every change of the clocks."""
    dice = campaigns.chance(len(zone))
    there = zone_of(zone)
    seen: Counter[int] = Counter()
    for week in range(104):
        now_us = at("2025-01-01T11:00:00Z") + week * 7 * DAY_US
        days = last_days(there, now_us, 90)
        seen[len(days.changes)] += 1
        today = to_datetime(now_us).astimezone(there).date()
        for _ in range(20):
            moment_us = dice.randrange(days.starts_us[0], days.end_us)
            on_the_wall = to_datetime(moment_us).astimezone(there).date()
            assert number_of(days, moment_us) == 89 - (today - on_the_wall).days
    assert len(seen) > 1 or zone == "Asia/Kolkata"


def test_so_many_days_ago_is_the_same_time_of_the_clock() -> None:
    now_us = at("2026-03-30T10:00:00Z")
    for name, moment in (
        ("Europe/Berlin", "2026-03-28T11:00:00Z"),
        ("UTC", "2026-03-28T10:00:00Z"),
    ):
        assert to_rfc3339(days_ago_us(zone_of(name), now_us, 2)) == moment


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "Mars/Base", "europe/berlin", "../../etc/passwd", "/etc/localtime", "localtime",
     "posix/UTC", "zone.tab", "UTC\0", "Ü" * 10, "A" * 1_000, "a/" * 500],
)  # fmt: skip
def test_what_is_no_time_zone_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(
        ValueError, match="is no time zone: give a name of the IANA database"
    ) as told:
        zone_of(name)
    assert len(str(told.value)) < 250
