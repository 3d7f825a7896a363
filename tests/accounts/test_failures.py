"""Refusals as whoever runs the server hears of them: lines that are bounded, and counts."""

from __future__ import annotations

import pytest

from graphql_api.accounts import failures as module
from graphql_api.accounts.failures import NOBODY, Failure, Failures
from graphql_api.clock import HeldClock


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_of_a_flood_from_one_address_the_first_are_told_and_all_are_counted(
    clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    failures = Failures(clock=clock)
    for _ in range(1_000):
        failures.note(Failure.LIMIT, "192.0.2.1", NOBODY, "sign-ins waiting")
    assert len(lines(caplog)) == module.LINES_PER_ADDRESS_MAX
    failures.note(Failure.WRONG_PASSWORD, "192.0.2.1", "ada@example.com")
    failures.note(Failure.LIMIT, "192.0.2.2", 12)
    assert [line.partition("; ")[0] for line in lines(caplog)[-2:]] == [
        "access refused: wrong_password, address 192.0.2.1, user 'ada@example.com'",
        "access refused: limit, address 192.0.2.2, user 12",
    ]
    assert failures.counts == {"limit": 1_001, "wrong_password": 1}


def test_one_network_of_ipv6_is_one_address(
    clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    failures = Failures(clock=clock)
    for number in range(100):
        failures.note(Failure.TOKEN_REFUSED, f"2001:db8::{number:x}", NOBODY)
    assert len(lines(caplog)) == module.LINES_PER_ADDRESS_MAX


def test_a_flood_from_many_addresses_has_an_end_too_and_the_next_minute_tells_how_many_came(
    clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    failures = Failures(clock=clock)
    for number in range(2_000):
        failures.note(Failure.TOKEN_REFUSED, f"10.0.{number // 250}.{number % 250}", NOBODY)
    assert len(lines(caplog)) == module.LINES_MAX
    clock.advance(module.WINDOW_S)
    failures.note(Failure.ORIGIN, "10.0.0.1", NOBODY)
    left_out = 2_000 - module.LINES_MAX
    assert lines(caplog)[-1].endswith(f"user 'nobody'; {left_out} more before were only counted")
    failures.note(Failure.ORIGIN, "10.0.0.1", NOBODY)
    assert lines(caplog)[-1].endswith("user 'nobody'")
