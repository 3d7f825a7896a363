"""One push message on its way: encrypted (RFC 8291), signed (RFC 8292), posted (RFC 8030).

Needs the extra `push`; loaded by web_push.py when the first message or key is wanted.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException
from pywebpush import WebPusher
from yarl import URL

from graphql_api.clock import SECOND_US, Clock
from graphql_api.notifications.push_endpoints import endpoint_fault, is_public, origin_of
from graphql_api.notifications.push_messages import TTL_S, Fate, Outcome, PushMessage

SEND_TIMEOUT_S = 10.0
CONNECTIONS_MAX = 16  # messages under way at once
TOKEN_HOURS = 12  # RFC 8292 2: at most 24
AFTER_MAX_S = 3_600  # a service that wants us later than that has the message dropped soon
_KEY_BYTES = 65  # an uncompressed point of P-256


class PrivateAddress(OSError):
    """A push endpoint's name stands for an address that is not public."""


class WebPush:
    """Sends. private_key: 32 bytes, base64url; subject: whom the push service may write to;
    public_only: whether private addresses are refused. `close` it."""

    def __init__(self, private_key: str, subject: str, public_only: bool, clock: Clock) -> None:
        self._vapid = Vapid02.from_raw(private_key.encode())
        self._subject = subject
        self._public_only = public_only
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: PushMessage) -> Outcome:
        """Encrypt, sign and post it; never raises but for cancellation."""
        fault = endpoint_fault(message.endpoint, self._public_only)
        if fault is not None:
            return Outcome(Fate.GONE, detail=fault)
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                headers, body = await asyncio.to_thread(self._sealed, message)
                async with self._opened().post(
                    URL(message.endpoint, encoded=True),
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                ) as response:
                    return _outcome(response.status, response.headers, self._clock)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, PrivateAddress):
                return Outcome(Fate.GONE, detail=str(error.os_error))
            return Outcome(Fate.LATER, detail=str(error))
        except (TimeoutError, aiohttp.ClientError, OSError, VapidException) as error:
            return Outcome(Fate.LATER, detail=f"{type(error).__name__} {error}")
        except ValueError as error:  # a key that no library takes
            return Outcome(Fate.GONE, detail=str(error))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = PublicResolver() if self._public_only else ThreadedResolver()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, resolver=resolver),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    def _sealed(self, message: PushMessage) -> tuple[dict[str, str], bytes]:
        """Headers and body; a few hundred microseconds of arithmetic, so not on the event loop."""
        pusher = WebPusher(
            {
                "endpoint": message.endpoint,
                "keys": {"p256dh": message.p256dh, "auth": message.auth},
            }
        )
        body: bytes = pusher.encode(message.payload, "aes128gcm")["body"]
        expires_s = self._clock.now_us() // SECOND_US + TOKEN_HOURS * 3_600
        token: dict[str, str] = self._vapid.sign(
            {"sub": self._subject, "aud": origin_of(message.endpoint), "exp": expires_s}
        )
        return {
            **token,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TTL_S),
            "Urgency": "high" if message.urgent else "normal",
            "Topic": message.topic,
        }, body

    @staticmethod
    def new_private_key() -> str:
        """A key for a server that was given none."""
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return _base64url(number.to_bytes(32, "big"))

    @staticmethod
    def public_key_of(private_key: str) -> str:
        """What browsers subscribe with: 65 bytes, base64url. Raises ValueError."""
        public = Vapid02.from_raw(private_key.encode()).public_key
        return _base64url(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @staticmethod
    def is_public_key(raw: bytes) -> bool:
        """Whether `raw` is a point of the curve, as browsers give it."""
        if len(raw) != _KEY_BYTES:
            return False
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
        except ValueError:
            return False
        return True


class PublicResolver(AbstractResolver):
    """Resolves names by the system, and refuses one that stands for any address within."""

    def __init__(self) -> None:
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises PrivateAddress; OSError when there is no such name."""
        found = await self._system.resolve(host, port, family)
        if not all(is_public(result["host"]) for result in found):
            raise PrivateAddress(f"{host} stands for an address that is not public")
        return found

    async def close(self) -> None:
        await self._system.close()


def _outcome(status: int, headers: Mapping[str, Any], clock: Clock) -> Outcome:
    detail = f"HTTP {status}"
    if 200 <= status < 300:
        return Outcome(Fate.SENT, detail=detail)
    if status in (404, 410):  # RFC 8030 7.3
        return Outcome(Fate.GONE, detail=detail)
    if status == 429 or status >= 500:
        return Outcome(Fate.LATER, _after_s(headers.get("Retry-After"), clock), detail)
    return Outcome(Fate.REFUSED, detail=detail)


def _after_s(text: str | None, clock: Clock) -> int | None:
    """Retry-After: seconds, or a date (RFC 9110 10.2.3); None for what is neither."""
    if text is None:
        return None
    if text.strip().isdecimal():
        seconds = int(text.strip()[:9])
    else:
        try:
            then = parsedate_to_datetime(text)
        except ValueError:
            return None
        if then.tzinfo is None:
            then = then.replace(tzinfo=UTC)
        now = datetime.fromtimestamp(clock.now_us() / SECOND_US, UTC)
        seconds = int((then - now).total_seconds())
    return max(0, min(seconds, AFTER_MAX_S))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
