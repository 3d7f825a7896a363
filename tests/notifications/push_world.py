"""Both ends of Web Push, for real: a push service on this machine, and browsers with keys.

The service does what RFC 8030 and 8292 ask of one: it verifies the token's signature, audience
and lifetime, and keeps the body as it came. The browser decrypts it with its own private key.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
import jwt
import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from graphql_api.accounts.roles import Viewer
from graphql_api.alerts.rules import Severity
from graphql_api.clock import SECOND_US, Clock
from graphql_api.notifications.push import Registration

TOKEN_SECONDS_MAX = 24 * 3_600  # RFC 8292 2


@dataclass(slots=True)
class Received:
    """A push that was taken. claims: of its token, verified."""

    path: str
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any]


@dataclass(slots=True)
class PushService:
    """Answers by the path's first part: 201, a status (`/410/…`), or never (`/hang/…`).

    `answers` overrules it, once for each entry; `busy_for` goes into Retry-After of a 429.
    """

    clock: Clock
    origin: str = ""
    received: list[Received] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    answers: list[int] = field(default_factory=list)
    busy_for: str | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.tried[request.path] += 1
        claims = self._verified(request.headers.get("Authorization", ""))
        body = await request.read()
        assert len(body) <= 4_096, "RFC 8030 7.2"
        kind = request.path.split("/")[1]
        if kind == "hang":
            await self.released.wait()
        status = self.answers.pop(0) if self.answers else int(kind) if kind.isdigit() else 201
        if status == 201:
            self.received.append(Received(request.path, dict(request.headers), body, claims))
        headers = {"Retry-After": self.busy_for} if status == 429 and self.busy_for else {}
        if status == 307:
            headers["Location"] = f"{self.origin}/elsewhere"
        return web.Response(status=status, headers=headers, text="why not")

    def _verified(self, authorization: str) -> dict[str, Any]:
        """RFC 8292 3 and 4.2: the token's claims. Raises when it is not signed by its key."""
        scheme, _, rest = authorization.partition(" ")
        assert scheme == "vapid"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(parts["k"]))
        claims: dict[str, Any] = jwt.decode(
            parts["t"], key, ["ES256"], audience=self.origin, options={"verify_exp": False}
        )
        left_s = claims["exp"] - self.clock.now_us() // SECOND_US
        assert 0 < left_s <= TOKEN_SECONDS_MAX
        assert claims["sub"].startswith(("mailto:", "https:"))
        return claims | {"key": parts["k"]}


@asynccontextmanager
async def push_service(clock: Clock) -> AsyncIterator[PushService]:
    """A push service on a free port, until the block ends."""
    service = PushService(clock)
    app = web.Application()
    app.router.add_post("/{path:.*}", service.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        service.released.set()
        await runner.cleanup()


class Browser:
    """The end that only it can read."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    @property
    def p256dh(self) -> str:
        return _text(
            self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        )

    @property
    def auth(self) -> str:
        return _text(self._auth)

    def registration(self, viewer: Viewer, severity: Severity = Severity.HIGH) -> Registration:
        return Registration(self.endpoint, self.p256dh, self.auth, severity, viewer)

    def read(self, received: Received) -> dict[str, Any]:
        """What a push says. Raises when it is not for this browser."""
        assert received.headers["Content-Encoding"] == "aes128gcm"
        text = http_ece.decrypt(
            received.body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        payload: dict[str, Any] = orjson.loads(text)
        return payload


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
