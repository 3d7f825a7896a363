"""Access tokens (JWT, minutes) and refresh tokens (random, days)."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass

import jwt

from graphql_api.clock import MINUTE_US, SECOND_US, Clock
from graphql_api.errors import Unauthenticated

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


class TokenRefused(Unauthenticated):
    """An access token that is not taken. user_id: whose it is; None: nobody gave it out."""

    def __init__(self, message: str, user_id: int | None = None) -> None:
        super().__init__(message)
        self.user_id = user_id


class Tokens:
    """Makes and reads tokens."""

    def __init__(self, secret: str, issuer: str, access_minutes: float, clock: Clock) -> None:
        self._secret = secret
        self._issuer = issuer
        self._access_us = round(access_minutes * MINUTE_US)
        self._clock = clock
        # Tokens whose signature was found good: it stays so, and checking it is the dear part.
        self._verified: OrderedDict[str, tuple[AccessToken, int]] = OrderedDict()

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
        """What `token` says. Raises TokenRefused; the message tells an expired one apart."""
        known = self._verified.get(token)
        if known is None:
            known = self._verify(token)
            self._verified[token] = known
            if len(self._verified) > VERIFIED_MAX:
                self._verified.popitem(last=False)
        access, not_before_us = known
        now_us = self._clock.now_us()
        if not_before_us - CLOCK_SKEW_S * SECOND_US > now_us:
            raise TokenRefused("The access token is not valid yet.", access.user_id)
        if access.expires_at_us <= now_us:
            words = "The access token has expired; refresh the session."
            raise TokenRefused(words, access.user_id)
        return access

    def _verify(self, token: str) -> tuple[AccessToken, int]:
        """What a well-signed token says, and from when; its times are judged by `read`."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise TokenRefused("The access token is not valid.")
        try:
            if jwt.get_unverified_header(token).get("typ") != TYPE:
                raise TokenRefused("The access token is not valid.")
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=self._issuer,
                issuer=self._issuer,
                options={
                    "require": REQUIRED,
                    # Judged by our clock, which tests can hold.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "enforce_minimum_key_length": True,
                },
            )
            user_id, session_id = _id(claims["sub"]), _id(claims["sid"])
            expires_us = int(claims["exp"]) * SECOND_US
            not_before_us = int(claims["nbf"]) * SECOND_US
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
            raise TokenRefused("The access token is not valid.") from None
        return AccessToken(user_id, session_id, expires_us), not_before_us


def _id(claim: str) -> int:
    """An id as a claim has it. Raises ValueError for one beyond 64 bits: no database can even
    look for that, and whoever has the secret of an earlier server could sign it."""
    number = int(claim)
    if not 0 <= number < 2**63:
        raise ValueError("no id of ours")
    return number


VERIFIED_MAX = 10_000  # tokens remembered: about 8 MB
CLOCK_SKEW_S = 30  # between the processes that share a secret


def new_refresh_token() -> tuple[str, str]:
    """A refresh token for the client, and the hash of it to keep."""
    token = secrets.token_urlsafe(32)
    return token, hash_refresh_token(token)


def hash_refresh_token(token: str) -> str:
    """What is kept of a refresh token. It is random, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
