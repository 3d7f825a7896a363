"""Answers in JSON, with headers that are encoded once for all of them. Called by the endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graphql_api.transport.headers import SECURE_HEADERS
from graphql_api.transport.media import KINDS
from graphql_api.transport.seam import answered_whole

_HEADERS = {
    kind: [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in {"content-type": f"{kind}; charset=utf-8", **SECURE_HEADERS}.items()
    ]
    for kind in KINDS
}


class JsonAnswer(Response):
    """kind: its media type; headers: those that this answer alone has, in lower case."""

    def __init__(
        self, answer: Any, status: int, kind: str, headers: Mapping[str, str] | None = None
    ) -> None:
        # Not by Starlette's own, which encodes and looks through all headers each time.
        self.status_code = status
        self.background = None
        self.body = orjson.dumps(answer)
        told = {"content-length": str(len(self.body)), **(headers or {})}
        own = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        self.raw_headers = [*_HEADERS[kind], *own]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD" or not answered_whole(
            send, self.status_code, self.raw_headers, bytes(self.body)
        ):
            await super().__call__(scope, receive, send)
