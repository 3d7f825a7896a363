"""Sessions: signing in, refreshing, signing out, and changes that act at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from graphql_api import values
from graphql_api.accounts import attempts as attempts_module
from graphql_api.accounts import standings as standings_module
from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.door import WAITING_PER_ADDRESS_MAX
from graphql_api.accounts.failures import Failures
from graphql_api.accounts.passwords import Passwords
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.rotation import GRACE_S, SUCCESSORS_MAX
from graphql_api.accounts.sessions import Sessions, SignedIn
from graphql_api.accounts.users import EMAIL_MAX, User, UserChange, Users
from graphql_api.clock import DAY_US, MINUTE_US, HeldClock
from graphql_api.delivery import audience
from graphql_api.errors import InvalidCredentials, InvalidInput, RateLimited, Unauthenticated
from graphql_api.operations.metrics import exposition
from graphql_api.services import Services
from graphql_api.web.health import figures_of_process
from tests.accounts.conftest import PASSWORD, make_user
from tests.conftest import OpenServices
from tests.invariants import events_of
from tests.patience import PATIENCE_S
from tests.servers import CHEAP
from tests.statements import counted
from tests.streams import eventually

DAY_S = 86_400
WRONG = "wrong password"


async def signed_in(services: Services, user: User) -> SignedIn:
    return await services.of(Sessions).log_in(user.email, PASSWORD)


async def is_refused(services: Services, token: str) -> bool:
    try:
        await services.of(Sessions).viewer_of(token)
    except Unauthenticated:
        return True
    return False


async def can_refresh(services: Services, token: str) -> bool:
    try:
        await services.of(Sessions).refresh(token)
    except InvalidCredentials:
        return False
    return True


# ---- signing in ------------------------------------------------------------------------------


async def test_who_signs_in_is_known_by_the_token(
    services: Services, admin: User, clock: HeldClock
) -> None:
    for email in ("Ada@Example.com", "ada@example.com", "  ADA@EXAMPLE.COM "):
        session = await services.of(Sessions).log_in(email, PASSWORD)
        assert session.user == admin
        viewer = await services.of(Sessions).viewer_of(session.access_token)
        assert (viewer.user_id, viewer.session_id) == (admin.id, session.session_id)
        assert (viewer.role, viewer.sees_admins) == (Role.ADMIN, True)
        assert viewer.expires_at_us == session.expires_at_us == clock.now_us() + 10 * MINUTE_US
    assert await services.of(Sessions).role_now(session.session_id) is Role.ADMIN


async def test_a_wrong_password_and_an_unknown_account_look_the_same(
    services: Services, admin: User
) -> None:
    user = await make_user(services, "bob")
    await services.of(Users).change(UserChange(user.id, active=False))
    messages = set()
    for email, password in (
        (admin.email, "wrong password"),
        (admin.email, PASSWORD + " "),
        (admin.email, ""),
        (admin.email, "x" * 100_000),
        ("nobody@example.com", PASSWORD),
        ("", PASSWORD),
        (user.email, PASSWORD),  # deactivated
        ("ada@example.com\x00", PASSWORD),
    ):
        with pytest.raises(InvalidCredentials) as refused:
            await services.of(Sessions).log_in(email, password)
        messages.add(refused.value.message)
    assert len(messages) == 1


async def test_every_sign_in_is_a_session_of_its_own(services: Services, admin: User) -> None:
    one, other = await asyncio.gather(signed_in(services, admin), signed_in(services, admin))
    assert one.session_id != other.session_id
    await services.of(Sessions).log_out(one.session_id)
    assert await is_refused(services, one.access_token)
    assert not await is_refused(services, other.access_token)


# ---- the delay -------------------------------------------------------------------------------


async def fail(services: Services, email: str, password: str = WRONG, address: str = "") -> str:
    """Try to sign in; what the refusal says."""
    with pytest.raises(InvalidCredentials) as refused:
        await services.of(Sessions).log_in(email, password, Caller(address))
    return refused.value.message


async def test_the_delay_of_an_account_grows_with_each_wrong_password(
    services: Services, admin: User, clock: HeldClock
) -> None:
    for _ in range(attempts_module.FREE_ATTEMPTS):
        assert "Too many" not in await fail(services, admin.email)
    for delay_s in (2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        assert "Too many" not in await fail(services, admin.email)
        assert f"again in {delay_s} s" in await fail(services, admin.email, PASSWORD)
        clock.advance(delay_s - 0.5)
        assert "again in 1 s" in await fail(services, admin.email.upper(), PASSWORD)
        clock.advance(0.5)


async def test_the_right_password_after_the_delay_opens_a_session_and_forgets_the_wrong_ones(
    services: Services, admin: User, clock: HeldClock
) -> None:
    for _ in range(attempts_module.FREE_ATTEMPTS + 1):
        await fail(services, admin.email)
    clock.advance(2)
    await signed_in(services, admin)
    for _ in range(attempts_module.FREE_ATTEMPTS):
        assert "Too many" not in await fail(services, admin.email)


async def test_one_accounts_delay_holds_up_no_other(services: Services, admin: User) -> None:
    user = await make_user(services, "bob")
    for _ in range(attempts_module.FREE_ATTEMPTS + 1):
        await fail(services, user.email)
    assert "Too many" in await fail(services, user.email)
    await signed_in(services, admin)


async def test_an_unknown_account_is_delayed_like_a_known_one(services: Services) -> None:
    for _ in range(attempts_module.FREE_ATTEMPTS + 1):
        await fail(services, "nobody@example.com")
    assert "Too many" in await fail(services, "nobody@example.com")


async def test_guesses_at_the_same_time_are_counted_like_guesses_one_by_one(
    services: Services, admin: User
) -> None:
    # How the bug came about: the delay was looked at before the password was verified and set
    # only afterwards, so that any number of guesses passed in between.
    guesses = (
        services.of(Sessions).log_in(admin.email, WRONG, Caller("192.0.2.1")) for _ in range(30)
    )
    refusals = await asyncio.gather(*guesses, return_exceptions=True)
    judged = [one for one in refusals if isinstance(one, InvalidCredentials)]
    crowded = [one for one in refusals if isinstance(one, RateLimited)]
    assert len(judged) == 1 + WAITING_PER_ADDRESS_MAX, "they take turns"
    assert len(crowded) == 30 - len(judged)


async def test_nobody_locks_an_account_out_from_another_address(
    services: Services, admin: User
) -> None:
    for _ in range(attempts_module.FREE_ATTEMPTS + 1):
        await fail(services, admin.email, WRONG, "192.0.2.1")
    assert "Too many" in await fail(services, admin.email, PASSWORD, "192.0.2.1")
    await services.of(Sessions).log_in(admin.email, PASSWORD, Caller("192.0.2.2"))
    assert "Too many" in await fail(services, admin.email, PASSWORD, "192.0.2.1")


async def test_the_addresses_of_one_ipv6_network_count_as_one(
    services: Services, admin: User
) -> None:
    for number in range(attempts_module.FREE_ATTEMPTS + 1):
        await fail(services, admin.email, WRONG, f"2001:db8::{number}")
    assert "Too many" in await fail(services, admin.email, PASSWORD, "2001:db8::ffff")
    await services.of(Sessions).log_in(admin.email, PASSWORD, Caller("2001:db8:0:1::1"))


async def guessed_from_everywhere(services: Services, email: str) -> None:
    for number in range(attempts_module.FREE_ATTEMPTS_ANYWHERE + 1):
        await fail(services, email, WRONG, f"10.0.{number // 250}.{number % 250}")


async def test_guesses_from_everywhere_are_counted_by_account_too(
    services: Services, admin: User, clock: HeldClock
) -> None:
    await guessed_from_everywhere(services, admin.email)
    assert "again in 2 s" in await fail(services, admin.email, PASSWORD, "192.0.2.9")
    clock.advance(2)
    await services.of(Sessions).log_in(admin.email, PASSWORD, Caller("192.0.2.9"))


async def test_what_signed_in_before_is_not_locked_out_by_others(
    open_again: OpenServices,
) -> None:
    async with open_again() as services:
        admin = await make_user(services, "ada", Role.ADMIN)
        session = await services.of(Sessions).log_in(admin.email, PASSWORD, Caller("192.0.2.5"))
    async with open_again() as services:  # the database remembers where
        await guessed_from_everywhere(services, admin.email)
        assert "Too many" in await fail(services, admin.email, PASSWORD, "192.0.2.9")
        await services.of(Sessions).log_in(admin.email, PASSWORD, Caller("192.0.2.5"))
        await services.of(Sessions).log_in(admin.email, PASSWORD, Caller("192.0.2.9", admin.id))
        await services.of(Sessions).refresh(session.refresh_token)


async def test_the_memory_for_wrong_passwords_is_bounded() -> None:
    attempts = attempts_module.Attempts(HeldClock())
    for number in range(attempts_module.REMEMBERED_MAX + 6):
        attempts.failed(f"user{number}@example.com", "192.0.2.1")
    for kept in (attempts._here, attempts._anywhere):
        assert len(kept) == attempts_module.REMEMBERED_MAX


async def test_a_text_that_is_too_long_for_an_email_is_not_folded(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: 31,000 combining marks took seconds of the loop to normalise."""
    longest = 0
    folded = values.folded

    def watched(text: str) -> str:
        nonlocal longest
        longest = max(longest, len(text))
        return folded(text)

    monkeypatch.setattr(values, "folded", watched)
    assert "wrong" in await fail(services, "a" + "\u0301\u0316" * 15_500)
    assert longest <= EMAIL_MAX


# ---- a login under way -----------------------------------------------------------------------


class Meanwhile:
    """Does something between a password's check and what follows from it."""

    def __init__(self, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
        self.act: Callable[[], Awaitable[object]] | None = None
        verify = Passwords.verify

        async def checked(passwords: Passwords, password: str, known: str | None) -> bool:
            fits = await verify(passwords, password, known)
            act, self.act = self.act, None
            if act is not None:
                await act()
            return fits

        monkeypatch.setattr(Passwords, "verify", checked)


CHANGES: dict[str, dict[str, Any]] = {
    "password": {"password": "another good password"},
    "deactivated": {"active": False},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_login_under_way_does_not_outlive_a_reset_or_a_deactivation(
    services: Services, admin: User, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    user = await make_user(services, "bob")
    meanwhile = Meanwhile(services, monkeypatch)
    meanwhile.act = lambda: services.of(Users).change(UserChange(user.id, **change))
    assert "wrong" in await fail(services, user.email, PASSWORD)
    assert await services.of(Sessions).count(user.id) == 0


async def test_a_login_under_way_gets_the_role_that_counts_when_it_is_done(
    services: Services, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await make_user(services, "bob", Role.ADMIN)
    meanwhile = Meanwhile(services, monkeypatch)
    meanwhile.act = lambda: services.of(Users).change(UserChange(user.id, role=Role.VIEWER))
    assert (await signed_in(services, user)).user.role is Role.VIEWER


# ---- changing one's password -----------------------------------------------------------------

NEW = "another good password"


async def viewer_of(services: Services, session: SignedIn) -> Viewer:
    return await services.of(Sessions).viewer_of(session.access_token)


async def test_changing_the_password_keeps_this_session_alone(
    services: Services, admin: User
) -> None:
    other, mine = await signed_in(services, admin), await signed_in(services, admin)
    viewer = await viewer_of(services, mine)
    renewed = await services.of(Sessions).change_password(viewer, PASSWORD, NEW)
    assert renewed.session_id == mine.session_id
    assert not await is_refused(services, renewed.access_token)
    assert await is_refused(services, other.access_token)
    assert not await can_refresh(services, other.refresh_token)
    assert not await can_refresh(services, mine.refresh_token), "it was replaced, without grace"
    assert await can_refresh(services, renewed.refresh_token), "and that ended nothing"
    await fail(services, admin.email, PASSWORD)
    await services.of(Sessions).log_in(admin.email, NEW)


async def test_guesses_at_the_current_password_wait_like_those_at_the_door(
    services: Services, admin: User, clock: HeldClock
) -> None:
    viewer = await viewer_of(services, await signed_in(services, admin))

    async def refused(password: str, address: str) -> InvalidCredentials:
        with pytest.raises(InvalidCredentials) as refusal:
            await services.of(Sessions).change_password(viewer, password, NEW, address)
        return refusal.value

    for number in range(attempts_module.FREE_ATTEMPTS + 1):
        refusal = await refused(WRONG, f"192.0.2.{number}")
        assert (refusal.message, refusal.field) == (
            "The current password is wrong.", ("input", "currentPassword"),
        )  # fmt: skip
    assert "again in 2 s" in (await refused(PASSWORD, "192.0.2.99")).message
    clock.advance(2)
    await services.of(Sessions).change_password(viewer, PASSWORD, NEW, "192.0.2.99")


@pytest.mark.parametrize("new", ["short", "password1234", "ada@example.com1", PASSWORD])
async def test_a_new_password_obeys_the_rule_and_is_new(
    services: Services, admin: User, new: str
) -> None:
    viewer = await viewer_of(services, await signed_in(services, admin))
    with pytest.raises(InvalidInput) as refused:
        await services.of(Sessions).change_password(viewer, PASSWORD, new)
    assert refused.value.field == ("input", "newPassword")
    await signed_in(services, admin)


@pytest.mark.parametrize("change", [*CHANGES.values(), None], ids=[*CHANGES, "signed out"])
async def test_a_change_of_password_under_way_does_not_outlive_what_was_done_meanwhile(
    services: Services,
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any] | None,
) -> None:
    user = await make_user(services, "bob")
    viewer = await viewer_of(services, await signed_in(services, user))
    meanwhile = Meanwhile(services, monkeypatch)
    meanwhile.act = lambda: (
        services.of(Sessions).log_out(viewer.session_id)
        if change is None
        else services.of(Users).change(UserChange(user.id, **change))
    )
    with pytest.raises(InvalidCredentials, match="meanwhile"):
        await services.of(Sessions).change_password(viewer, PASSWORD, "yet another password")
    assert await services.of(Sessions).count(user.id) == 0
    await fail(services, user.email, "yet another password")


async def test_an_account_with_a_shorter_password_of_old_still_signs_in(
    services: Services, admin: User
) -> None:
    await services.database.writing.change(
        "UPDATE user_account SET password_hash = ? WHERE id = ?", CHEAP.hash("short"), admin.id
    )
    session = await services.of(Sessions).log_in(admin.email, "short")
    viewer = await viewer_of(services, session)
    await services.of(Sessions).change_password(viewer, "short", PASSWORD)


# ---- what the log and the counters tell ------------------------------------------------------


async def test_every_refusal_is_a_line_with_address_and_user_and_is_counted(
    services: Services, admin: User, clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    session = await signed_in(services, admin)
    await services.of(Sessions).refresh(session.refresh_token)
    clock.advance(GRACE_S)
    caplog.clear()
    await fail(services, "no\nbody@example.com" + "x" * 1_000, address="192.0.2.7")
    for token in (session.refresh_token, session.refresh_token, "unknown"):
        with pytest.raises(InvalidCredentials):
            await services.of(Sessions).refresh(token, "192.0.2.8")
    for _ in range(attempts_module.FREE_ATTEMPTS + 2):
        await fail(services, admin.email, address="192.0.2.9")
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith(
        "access refused: wrong_password, address 192.0.2.7, user 'no\\nbody@example.com"
    )
    assert len(lines[0]) < 200
    assert lines[1] == f"access refused: refresh_reused, address 192.0.2.8, user {admin.id}"
    assert lines[2] == f"access refused: refresh_refused, address 192.0.2.8, user {admin.id}"
    assert lines[3] == "access refused: refresh_refused, address 192.0.2.8, user 'unknown'"
    assert "too_many_attempts, address 192.0.2.9, user 'Ada@Example.com'" in lines[-1]
    counted = {
        "wrong_password": 2 + attempts_module.FREE_ATTEMPTS, "too_many_attempts": 1,
        "refresh_reused": 1, "refresh_refused": 2,
    }  # fmt: skip
    assert services.of(Failures).counts == counted
    told = exposition(figures_of_process(services))
    for kind, count in counted.items():
        assert f'inventory_access_failures_total{{kind="{kind}"}} {count}.0' in told


# ---- refreshing ------------------------------------------------------------------------------


async def test_refreshing_gives_new_tokens_of_the_same_session(
    services: Services, admin: User, clock: HeldClock
) -> None:
    first = await signed_in(services, admin)
    clock.advance(660)
    assert await is_refused(services, first.access_token), "it has expired"
    second = await services.of(Sessions).refresh(first.refresh_token)
    assert second.session_id == first.session_id
    assert second.refresh_token != first.refresh_token
    assert second.user == admin
    assert not await is_refused(services, second.access_token)
    third = await services.of(Sessions).refresh(second.refresh_token)
    assert third.session_id == first.session_id


async def test_a_refresh_token_used_again_later_ends_its_whole_family(
    services: Services, admin: User, clock: HeldClock
) -> None:
    first = await signed_in(services, admin)
    another = await signed_in(services, admin)
    second = await services.of(Sessions).refresh(first.refresh_token)
    clock.advance(GRACE_S)
    assert not await can_refresh(services, first.refresh_token)
    assert not await can_refresh(services, second.refresh_token)
    assert await is_refused(services, first.access_token)
    assert await is_refused(services, second.access_token)
    assert await services.of(Sessions).role_now(first.session_id) is None
    assert not await is_refused(services, another.access_token), "another session goes on"


async def test_two_tabs_that_refresh_at_once_both_go_on_for_good(
    services: Services, admin: User, clock: HeldClock
) -> None:
    session = await signed_in(services, admin)
    tabs = await asyncio.gather(
        *(services.of(Sessions).refresh(session.refresh_token) for _ in range(2))
    )
    assert len({tab.refresh_token for tab in tabs}) == 2
    for _ in range(3):
        clock.advance(600)
        tabs = [await services.of(Sessions).refresh(tab.refresh_token) for tab in tabs]
        for tab in tabs:
            assert tab.session_id == session.session_id
            assert not await is_refused(services, tab.access_token)


async def test_a_lost_answer_is_asked_for_again_within_the_grace(
    services: Services, admin: User, clock: HeldClock
) -> None:
    session = await signed_in(services, admin)
    await services.of(Sessions).refresh(session.refresh_token)  # lost on the way
    clock.advance(GRACE_S - 1)
    again = await services.of(Sessions).refresh(session.refresh_token)
    clock.advance(600)
    assert await can_refresh(services, again.refresh_token)


async def test_the_grace_does_not_begin_anew_with_each_use(
    services: Services, admin: User, clock: HeldClock
) -> None:
    session = await signed_in(services, admin)
    for _ in range(3):
        await services.of(Sessions).refresh(session.refresh_token)
        clock.advance(GRACE_S / 3)
    assert not await can_refresh(services, session.refresh_token)
    assert await services.of(Sessions).role_now(session.session_id) is None


async def test_only_the_immediate_predecessor_has_grace(services: Services, admin: User) -> None:
    first = await signed_in(services, admin)
    second = await services.of(Sessions).refresh(first.refresh_token)
    third = await services.of(Sessions).refresh(second.refresh_token)
    assert not await can_refresh(services, first.refresh_token)
    assert not await can_refresh(services, third.refresh_token), "the family has ended"


async def test_the_grace_has_an_end_in_number_too(services: Services, admin: User) -> None:
    session = await signed_in(services, admin)
    for _ in range(SUCCESSORS_MAX):
        assert await can_refresh(services, session.refresh_token)
    assert not await can_refresh(services, session.refresh_token)


async def test_the_grace_holds_across_processes(open_again: OpenServices) -> None:
    async with open_again() as one, open_again() as other:
        session = await signed_in(one, await make_user(one, "bob"))
        first = await one.of(Sessions).refresh(session.refresh_token)
        second = await other.of(Sessions).refresh(session.refresh_token)
        assert await can_refresh(one, second.refresh_token)
        assert await can_refresh(other, first.refresh_token)


async def test_an_unknown_refresh_token_is_refused(services: Services) -> None:
    for token in ("", "x", "ü\x00\ud800", "x" * 100_000):
        assert not await can_refresh(services, token)


async def test_refreshing_keeps_a_session_alive_and_not_refreshing_ends_it(
    services: Services, admin: User, clock: HeldClock
) -> None:
    session = await signed_in(services, admin)
    for _ in range(3):
        clock.advance(29 * DAY_S)
        session = await services.of(Sessions).refresh(session.refresh_token)
    clock.advance(30 * DAY_S)
    assert not await can_refresh(services, session.refresh_token)


async def test_neither_refresh_tokens_nor_access_tokens_are_kept(
    services: Services, admin: User
) -> None:
    session = await signed_in(services, admin)
    rows = await services.database.reading.rows("SELECT * FROM refresh_token")
    rows = [*rows, *await services.database.reading.rows("SELECT * FROM session")]
    text = str([tuple(row) for row in rows])
    assert session.refresh_token not in text
    assert session.access_token not in text


# ---- signing out, and changes that act at once -----------------------------------------------


async def test_signing_out_ends_the_session_at_once_and_twice_is_harmless(
    services: Services, admin: User
) -> None:
    session = await signed_in(services, admin)
    await services.of(Sessions).viewer_of(session.access_token)  # so that it is remembered
    for _ in range(2):
        await services.of(Sessions).log_out(session.session_id)
        assert await is_refused(services, session.access_token)
    assert not await can_refresh(services, session.refresh_token)
    (event,) = await events_of(services)
    assert (event["kind"], event["roles"]) == ("SESSION_ENDED", audience.NOBODY)
    assert event["payload"] == {"sessionId": session.session_id}


@pytest.mark.parametrize("role", [Role.USER, Role.VIEWER])
async def test_a_changed_role_acts_at_once_on_tokens_given_before(
    services: Services, admin: User, role: Role
) -> None:
    user = await make_user(services, "bob", Role.ADMIN)
    session = await signed_in(services, user)
    assert (await services.of(Sessions).viewer_of(session.access_token)).role is Role.ADMIN
    await services.of(Users).change(UserChange(user.id, role=role))
    viewer = await services.of(Sessions).viewer_of(session.access_token)
    assert (viewer.role, viewer.sees_admins) == (role, False)
    assert await services.of(Sessions).role_now(session.session_id) is role


async def test_a_deactivated_user_is_out_at_once_and_back_only_by_signing_in(
    services: Services, admin: User
) -> None:
    user = await make_user(services, "bob")
    session = await signed_in(services, user)
    await services.of(Sessions).viewer_of(session.access_token)
    await services.of(Users).change(UserChange(user.id, active=False))
    assert await is_refused(services, session.access_token)
    assert not await can_refresh(services, session.refresh_token)
    assert await services.of(Sessions).role_now(session.session_id) is None
    await services.of(Users).change(UserChange(user.id, active=True))
    assert await is_refused(services, session.access_token), "its sessions have ended"
    assert not await is_refused(services, (await signed_in(services, user)).access_token)


async def test_a_new_password_ends_all_sessions_and_the_old_password(
    services: Services, admin: User
) -> None:
    session = await signed_in(services, admin)
    await services.of(Sessions).viewer_of(session.access_token)
    await services.of(Users).change(UserChange(admin.id, password="another password"))
    assert await is_refused(services, session.access_token)
    await fail(services, admin.email, PASSWORD)
    await services.of(Sessions).log_in(admin.email, "another password")


async def test_another_name_ends_no_session(services: Services, admin: User) -> None:
    session = await signed_in(services, admin)
    await services.of(Users).change(UserChange(admin.id, name="Ada L."))
    assert not await is_refused(services, session.access_token)


async def test_a_change_in_one_process_reaches_the_sessions_of_another(
    open_again: OpenServices,
) -> None:
    async with open_again() as one, open_again() as other:
        user = await make_user(one, "bob", Role.ADMIN)
        await make_user(one, "ada", Role.ADMIN)
        first, second = await signed_in(one, user), await signed_in(one, user)
        for session in (first, second):
            await other.of(Sessions).viewer_of(session.access_token)  # remembered there
        await one.of(Users).change(UserChange(user.id, role=Role.VIEWER))
        await one.of(Sessions).log_out(second.session_id)
        other.hub.hint()
        await eventually(lambda: other.hub.head.position == one.hub.head.position)
        assert (await other.of(Sessions).viewer_of(first.access_token)).role is Role.VIEWER
        assert await is_refused(other, second.access_token)


async def test_a_known_session_costs_no_question_to_the_database(
    services: Services, admin: User
) -> None:
    session = await signed_in(services, admin)
    await services.of(Sessions).viewer_of(session.access_token)
    with counted() as sent:
        for _ in range(10):
            await services.of(Sessions).viewer_of(session.access_token)
    assert len(sent) == 0


async def test_the_memory_for_sessions_is_bounded(
    services: Services, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standings_module, "REMEMBERED_MAX", 2)
    sessions = [await signed_in(services, admin) for _ in range(4)]
    for session in sessions:
        await services.of(Sessions).viewer_of(session.access_token)
    assert len(services.of(Sessions).standings) == 2
    for session in sessions:
        assert not await is_refused(services, session.access_token)


async def test_an_answer_read_before_a_change_is_not_remembered_after_it(
    services: Services, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await make_user(services, "bob")
    session = await signed_in(services, user)
    read, heard = asyncio.Event(), asyncio.Event()
    row = services.database.reading.row

    async def read_early(sql: str, *parameters: Any) -> Any:
        found = await row(sql, *parameters)
        read.set()
        await heard.wait()  # the change is committed and heard of while the answer is on its way
        return found

    with monkeypatch.context() as patched:
        reading = SimpleNamespace(row=read_early)
        patched.setattr(services.of(Sessions).standings, "_reading", reading)
        looking = asyncio.create_task(services.of(Sessions).viewer_of(session.access_token))
        await asyncio.wait_for(read.wait(), PATIENCE_S)
    await services.of(Users).change(UserChange(user.id, role=Role.VIEWER))
    heard.set()
    assert (await looking).role is Role.USER
    assert (await services.of(Sessions).viewer_of(session.access_token)).role is Role.VIEWER


async def test_a_session_that_never_was_has_no_role(services: Services) -> None:
    for session_id in (0, -1, 4711):
        assert await services.of(Sessions).role_now(session_id) is None


async def test_a_token_outlives_a_restart(open_again: OpenServices) -> None:
    async with open_again() as services:
        session = await signed_in(services, await make_user(services, "bob"))
    async with open_again() as services:
        assert not await is_refused(services, session.access_token)
        assert await can_refresh(services, session.refresh_token)


async def test_a_development_server_keeps_the_secret_that_it_made(
    open_again: OpenServices,
) -> None:
    async with open_again(jwt_secret="") as services:
        session = await signed_in(services, await make_user(services, "bob"))
    async with open_again(jwt_secret="") as services:
        assert not await is_refused(services, session.access_token)
    async with open_again() as services:  # another secret
        assert await is_refused(services, session.access_token)


async def test_sessions_expire_by_the_log_s_time(
    services: Services, admin: User, clock: HeldClock
) -> None:
    session = await signed_in(services, admin)
    row = await services.database.reading.row("SELECT * FROM session")
    assert row is not None
    assert row["id"] == session.session_id
    assert row["expires_at"] == clock.now_us() + 30 * DAY_US
