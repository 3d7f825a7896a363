"""Sessions and refresh tokens do not grow for ever, and those that live are left alone."""

from __future__ import annotations

import pytest

from graphql_api.accounts import retention as module
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import User
from graphql_api.clock import DAY_US, HeldClock
from graphql_api.errors import InvalidCredentials
from graphql_api.process import jobs
from graphql_api.services import Services
from tests.accounts.conftest import PASSWORD
from tests.plans import plan

DAY_S = 86_400


async def counts(services: Services) -> tuple[int, int]:
    """How many sessions and refresh tokens there are."""
    found = []
    for table in ("session", "refresh_token"):
        row = await services.database.reading.row(f"SELECT count(*) FROM {table}")
        assert row is not None
        found.append(row[0])
    return found[0], found[1]


async def monitor(services: Services) -> None:
    """The job that does it on a schedule."""
    [work] = [job.work for job in jobs(services) if job.name == "monitoring"]
    await work()


async def test_ended_and_expired_sessions_go_with_their_tokens_and_live_ones_stay(
    services: Services, clock: HeldClock, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_PER_TRANSACTION", 2)
    for _ in range(3):
        ended = await services.of(Sessions).log_in(admin.email, PASSWORD)
        await services.of(Sessions).log_out(ended.session_id)
    await services.of(Sessions).log_in(admin.email, PASSWORD)  # it expires after 30 days
    clock.advance(29 * DAY_S)
    living = await services.of(Sessions).log_in(admin.email, PASSWORD)
    await monitor(services)
    assert await counts(services) == (2, 2)
    clock.advance(9 * DAY_S)
    await monitor(services)
    assert await counts(services) == (1, 1)
    assert (
        await services.of(Sessions).refresh(living.refresh_token)
    ).session_id == living.session_id


async def test_a_session_that_has_just_ended_is_kept_for_who_asks(
    services: Services, clock: HeldClock, admin: User
) -> None:
    ended = await services.of(Sessions).log_in(admin.email, PASSWORD)
    await services.of(Sessions).log_out(ended.session_id)
    clock.advance((module.DAYS - 1) * DAY_S)
    await monitor(services)
    assert await counts(services) == (1, 1)


async def test_used_tokens_of_a_session_that_lives_on_go_once_they_would_have_expired(
    services: Services, clock: HeldClock, admin: User
) -> None:
    signed_in = await services.of(Sessions).log_in(admin.email, PASSWORD)
    first = signed_in.refresh_token
    for _ in range(3):
        signed_in = await services.of(Sessions).refresh(signed_in.refresh_token)
        clock.advance(20 * DAY_S)
    await monitor(services)
    assert await counts(services) == (1, 2), "the newest, and the one that was used 20 days ago"
    with pytest.raises(InvalidCredentials):
        await services.of(Sessions).refresh(first)
    assert (await services.of(Sessions).refresh(signed_in.refresh_token)).user == admin


async def test_what_is_too_old_is_found_by_its_age_among_a_hundred_times_as_much(
    services: Services, clock: HeldClock, admin: User
) -> None:
    """Each run of the monitoring job read every session and every token, while the writer held."""
    now_us, old_us = clock.now_us(), clock.now_us() - 100 * DAY_US
    live = [(1_000 + n, admin.id, now_us, now_us + DAY_US, None) for n in range(10_000)]
    ended = [(100 + n, admin.id, old_us, old_us + n, old_us + n) for n in range(100)]
    writing = services.database.writing
    await writing.change_many(
        "INSERT INTO session (id, user_id, created_at, expires_at, ended_at) "
        "VALUES (?, ?, ?, ?, ?)",
        [*live, *ended],
    )
    await writing.change_many(
        "INSERT INTO refresh_token (token_hash, session_id, issued_at, used_at) "
        "VALUES (?, ?, ?, ?)",
        [(f"hash {row[0]}", row[0], now_us, row[4]) for row in [*live, *ended]],
    )
    for table in ("session", "refresh_token"):
        await writing.change(f"ANALYZE {table}")
    since_us = now_us - DAY_US
    sessions = await plan(services, module.OLD_SESSIONS, since_us, since_us, 1_000)
    assert "session_by_end" in sessions and "session_by_expiry" in sessions
    assert "refresh_token_by_use" in await plan(services, module.OLD_TOKENS, since_us, 1_000)
