"""Access tokens (JWT, minutes) and refresh tokens (random, days)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import jwt

from graphql_api.clock import MINUTE_US, SECOND_US, Clock
from graphql_api.errors import Unauthenticated
from graphql_api.values import INT32_MAX

ALGORITHM = "HS256"
TYPE = "access"
REQUIRED = ["exp", "iat", "nbf", "sub", "jti", "iss", "aud"]
TOKEN_CHARACTERS_MAX = 2_048  # ours have about 400


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a valid token says. The role is not in it: it is looked up as it is now."""

    user_id: int
    session_id: int
    expires_at_us: int


class Tokens:
    """Makes and reads tokens."""

    def __init__(self, secret: str, issuer: str, access_minutes: int, clock: Clock) -> None:
        self._secret = secret
        self._issuer = issuer
        self._access_us = access_minutes * MINUTE_US
        self._clock = clock

    def issue(self, user_id: int, session_id: int) -> tuple[str, int]:
        """An access token and the instant at which it expires."""
        now_s = self._clock.now_us() // SECOND_US
        expires_s = now_s + self._access_us // SECOND_US
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": secrets.token_hex(8),
            "iat": now_s,
            "nbf": now_s,
            "exp": expires_s,
        }
        token = jwt.encode(claims, self._secret, ALGORITHM, headers={"typ": TYPE})
        return token, expires_s * SECOND_US

    def read(self, token: str) -> AccessToken:
        """What `token` says. Raises Unauthenticated; the message tells an expired one apart."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise Unauthenticated("The access token is not valid.")
        try:
            if jwt.get_unverified_header(token).get("typ") != TYPE:
                raise Unauthenticated("The access token is not valid.")
            # The times are judged below, by our clock, which tests can hold.
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=self._issuer,
                issuer=self._issuer,
                options={
                    "require": REQUIRED,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "enforce_minimum_key_length": True,
                },
            )
            user_id, session_id = int(claims["sub"]), int(claims["sid"])
            expires_s, not_before_s = int(claims["exp"]), int(claims["nbf"])
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, UnicodeError):
            raise Unauthenticated("The access token is not valid.") from None
        now_s = self._clock.now_us() / SECOND_US
        if not_before_s - CLOCK_SKEW_S > now_s or expires_s > INT32_MAX * 4:
            raise Unauthenticated("The access token is not valid yet.")
        if expires_s <= now_s:
            raise Unauthenticated("The access token has expired; refresh the session.")
        return AccessToken(user_id, session_id, expires_s * SECOND_US)


CLOCK_SKEW_S = 30  # between the processes that share a secret


def new_refresh_token() -> tuple[str, str]:
    """A refresh token for the client, and the hash of it to keep."""
    token = secrets.token_urlsafe(32)
    return token, hash_refresh_token(token)


def hash_refresh_token(token: str) -> str:
    """What is kept of a refresh token. It is random, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
