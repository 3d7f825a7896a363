"""Values that come from outside, and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api import values
from graphql_api.clock import (
    HeldClock,
    SystemClock,
    from_datetime,
    to_datetime,
    to_rfc3339,
)
from graphql_api.errors import InvalidInput

AT = ("input", "price")


def test_text_is_trimmed() -> None:
    assert values.required_text("  a hammer \n", AT, 8) == "a hammer"
    assert values.optional_text("  a hammer ", AT, 8) == "a hammer"


@pytest.mark.parametrize("blank", ["", "   ", "\t\n"])
def test_blank_text_is_refused_where_one_is_required_and_absent_where_not(blank: str) -> None:
    with pytest.raises(InvalidInput, match="price must not be empty") as refused:
        values.required_text(blank, AT, 8)
    assert refused.value.field == AT
    assert values.optional_text(blank, AT, 8) is None
    assert values.prose(blank, AT, 8) == ""


def test_absent_optional_text_stays_absent() -> None:
    assert values.optional_text(None, AT, 8) is None


def test_text_beyond_its_length_is_refused_with_both_numbers() -> None:
    with pytest.raises(InvalidInput, match="price has 9 characters; at most 8 are allowed"):
        values.required_text("x" * 9, AT, 8)
    assert values.required_text(" " + "x" * 8 + " ", AT, 8) == "x" * 8


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\x7f", "\x85x", "\ud800"])
def test_control_characters_and_lone_surrogates_are_refused(control: str) -> None:
    with pytest.raises(InvalidInput, match="control characters"):
        values.required_text(f"a{control}b", AT, 9)
    with pytest.raises(InvalidInput, match="control characters"):
        values.prose(f"a{control}b", AT, 9)


def test_only_prose_may_have_line_breaks() -> None:
    assert values.prose("one\r\n\ttwo", AT, 99) == "one\r\n\ttwo"
    with pytest.raises(InvalidInput):
        values.required_text("one\ntwo", AT, 99)


def test_letters_of_any_script_and_emoji_are_text() -> None:
    for text in ("Schraube Größe M8", "ねじ", "برغي", "🔩 bolt", "a\u200db"):
        assert values.required_text(text, AT, 99) == text


def test_folding_compares_without_case_and_width() -> None:
    assert values.folded("Straße") == values.folded("STRASSE")
    assert values.folded("\uff33\uff2b\uff35") == values.folded("sku")
    assert values.folded("SKU-1") != values.folded("SKU-2")


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert values.folded(values.folded(text)) == values.folded(text)


@pytest.mark.parametrize("value", [0, 1, values.INT32_MAX])
def test_quantities_within_32_bits_pass(value: int) -> None:
    assert values.quantity(value, AT) == value


@pytest.mark.parametrize(
    ("value", "least"), [(-1, 0), (0, 1), (values.INT32_MAX + 1, 0), (-(2**40), 0)]
)
def test_quantities_outside_their_range_are_refused(value: int, least: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        values.quantity(value, AT, least)
    assert refused.value.field == AT


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0", 0),
        ("-0", 0),
        ("18", 180_000),
        ("0.0001", 1),
        ("18.5000000", 185_000),
        ("1e3", 10_000_000),
        ("999999999999.9999", values.MONEY_MAX - 1),
    ],
)
def test_money_becomes_whole_ten_thousandths(text: str, units: int) -> None:
    assert values.money(Decimal(text), AT) == units


@pytest.mark.parametrize(
    "text",
    ["-0.0001", "0.00001", "1000000000000", "1e999999", "1e-999999", "NaN", "Infinity", "sNaN"],
)
def test_money_that_cannot_be_kept_exactly_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        values.money(Decimal(text), AT)
    assert refused.value.field == AT


@given(
    st.decimals(allow_nan=False, allow_infinity=False)
    | st.decimals(min_value=0, max_value=2 * 10**12, places=4)
    | st.builds(
        lambda whole, zeros, digit: Decimal(f"{whole}.{'0' * zeros}{digit}"),
        st.integers(0, 10**12),
        st.integers(0, 40),
        st.integers(0, 9),
    )
)
def test_money_is_exact_or_refused(value: Decimal) -> None:
    # How the bug came about: scaling rounds to the decimal context's 28 digits, so that a
    # 29th digit was lost silently where it should have been refused.
    exact = Fraction(value) * values.MONEY_SCALE
    may_be_kept = exact.denominator == 1 and 0 <= exact < values.MONEY_MAX
    try:
        kept = values.money(value, AT)
    except InvalidInput:
        assert not may_be_kept
    else:
        assert may_be_kept
        assert kept == exact


@given(st.integers(0, values.MONEY_MAX - 1))
def test_money_as_text_reads_back_as_the_same_money(units: int) -> None:
    text = values.money_text(units)
    assert len(text.partition(".")[2]) >= 2
    assert values.money(Decimal(text), AT) == units


def test_money_as_text_has_at_least_two_decimals() -> None:
    assert [values.money_text(units) for units in (0, 1, 180_000, 185_000, 185_050)] == [
        "0.00",
        "0.0001",
        "18.00",
        "18.50",
        "18.505",
    ]


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_keep_every_microsecond(moment: datetime) -> None:
    assert to_datetime(from_datetime(moment)) == moment


def test_an_instant_is_the_same_in_every_time_zone() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=-5)))
    assert from_datetime(elsewhere) == from_datetime(moment)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        from_datetime(datetime(2026, 1, 31, 12))  # the point of the test


def test_instants_are_written_in_utc_with_a_fraction_only_if_any() -> None:
    moment = datetime(2011, 12, 9, 12, 50, tzinfo=UTC)
    assert to_rfc3339(from_datetime(moment)) == "2011-12-09T12:50:00Z"
    later = moment + timedelta(microseconds=1_500)
    assert to_rfc3339(from_datetime(later)) == "2011-12-09T12:50:00.001500Z"


def test_a_held_clock_stands_still_until_it_is_moved() -> None:
    clock = HeldClock(1_000)
    assert (clock.now_us(), clock.monotonic_s()) == (1_000, 0.0)
    clock.advance(1.5)
    assert (clock.now_us(), clock.monotonic_s()) == (1_501_000, 1.5)


def test_a_held_clock_moved_back_keeps_its_monotonic_time() -> None:
    clock = HeldClock(10_000_000)
    clock.advance(-4)
    assert (clock.now_us(), clock.monotonic_s()) == (6_000_000, 0.0)


def test_the_system_clock_tells_the_machines_time() -> None:
    clock = SystemClock()
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert before <= to_datetime(clock.now_us()) <= before + timedelta(minutes=1)
    assert clock.monotonic_s() <= clock.monotonic_s()
