"""Access tokens: which are honoured, and for how long."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from graphql_api.accounts.tokens import (
    CLOCK_SKEW_S,
    TOKEN_CHARACTERS_MAX,
    AccessToken,
    Tokens,
    hash_refresh_token,
    new_refresh_token,
)
from graphql_api.clock import MINUTE_US, HeldClock
from graphql_api.errors import Unauthenticated

SECRET = "a secret of tests, of 32 bytes and more"
ISSUER = "graphql-api"


@pytest.fixture
def tokens(clock: HeldClock) -> Tokens:
    return Tokens(SECRET, ISSUER, 10, clock)


def forged(clock: HeldClock, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token that is right but for `claims` (None: left out) and `headers`."""
    now_s = clock.now_us() // 1_000_000
    right = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": "7",
        "sid": "8",
        "jti": "x",
        "iat": now_s,
        "nbf": now_s,
        "exp": now_s + 600,
    }
    given = {name: value for name, value in (right | claims).items() if value is not None}
    return jwt.encode(given, SECRET, "HS256", headers=headers or {"typ": "access"})


def test_a_token_says_who_and_which_session_and_until_when(
    tokens: Tokens, clock: HeldClock
) -> None:
    token, expires_at_us = tokens.issue(7, 8)
    assert tokens.read(token) == AccessToken(7, 8, expires_at_us)
    assert expires_at_us == clock.now_us() + 10 * MINUTE_US


def test_a_token_does_not_say_the_role(tokens: Tokens) -> None:
    claims = jwt.decode(tokens.issue(7, 8)[0], options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"}


def test_no_two_tokens_are_alike(tokens: Tokens) -> None:
    assert tokens.issue(7, 8)[0] != tokens.issue(7, 8)[0]


def test_a_token_is_good_until_the_second_it_expires(tokens: Tokens, clock: HeldClock) -> None:
    token, _ = tokens.issue(7, 8)
    clock.advance(599)
    tokens.read(token)
    clock.advance(1)
    with pytest.raises(Unauthenticated, match="expired; refresh"):
        tokens.read(token)


def test_the_forgery_of_these_tests_is_honoured_when_nothing_is_wrong_with_it(
    tokens: Tokens, clock: HeldClock
) -> None:
    assert tokens.read(forged(clock)).user_id == 7


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"])
def test_every_claim_is_required(tokens: Tokens, clock: HeldClock, claim: str) -> None:
    with pytest.raises(Unauthenticated, match="not valid"):
        tokens.read(forged(clock, **{claim: None}))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "another"},
        {"aud": "another"},
        {"sub": "x"},
        {"sub": 7},
        {"sid": "x"},
        {"sid": str(2**63)},
        {"sid": "9" * 1_000},
        {"sid": "-1"},
        {"sub": str(2**63)},
        {"sid": []},
        {"exp": "soon"},
        {"nbf": {}},
    ],
    ids=str,
)
def test_a_claim_of_another_issuer_or_form_is_refused(
    tokens: Tokens, clock: HeldClock, claims: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(forged(clock, **claims))


@pytest.mark.parametrize("typ", ["JWT", "refresh", None])
def test_a_token_of_another_type_is_refused(
    tokens: Tokens, clock: HeldClock, typ: str | None
) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(forged(clock, headers={"typ": typ}))


def test_a_token_signed_by_somebody_else_is_refused(tokens: Tokens, clock: HeldClock) -> None:
    other = Tokens("another secret, of 32 bytes and more", ISSUER, 10, clock)
    with pytest.raises(Unauthenticated):
        tokens.read(other.issue(7, 8)[0])


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_a_token_of_another_algorithm_is_refused(
    tokens: Tokens, clock: HeldClock, algorithm: str
) -> None:
    claims = jwt.decode(forged(clock), options={"verify_signature": False})
    key = "" if algorithm == "none" else SECRET + SECRET
    token = jwt.encode(claims, key, algorithm, headers={"typ": "access"})
    with pytest.raises(Unauthenticated):
        tokens.read(token)


def test_a_token_with_another_ending_is_refused(tokens: Tokens) -> None:
    token, _ = tokens.issue(7, 8)
    head, body, signature = token.split(".")
    changed = ("B" if signature[0] == "A" else "A") + signature[1:]
    for forgery in (f"{head}.{body}.{changed}", f"{head}.{body}.", f"{head}.{body}"):
        with pytest.raises(Unauthenticated):
            tokens.read(forgery)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "ü.ü.ü", "\ud800", "." * 50, "a" * 3_000])
def test_what_is_no_token_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(text)


def test_a_token_of_endless_length_is_not_even_looked_at(tokens: Tokens, clock: HeldClock) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(forged(clock, extra="x" * TOKEN_CHARACTERS_MAX))


def test_a_token_from_a_process_whose_clock_is_a_little_ahead_is_good(
    tokens: Tokens, clock: HeldClock
) -> None:
    now_s = clock.now_us() // 1_000_000
    tokens.read(forged(clock, nbf=now_s + CLOCK_SKEW_S))
    with pytest.raises(Unauthenticated, match="not valid yet"):
        tokens.read(forged(clock, nbf=now_s + CLOCK_SKEW_S + 1))


def test_refresh_tokens_are_random_and_kept_as_hashes() -> None:
    token, kept = new_refresh_token()
    assert kept == hash_refresh_token(token)
    assert len(kept) == 64
    assert token not in kept
    assert new_refresh_token()[0] != token
    assert hash_refresh_token("\ud800ü\x00") != kept
