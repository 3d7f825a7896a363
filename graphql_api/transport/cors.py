"""What a browser's pages of other origins may ask: FRONTEND_URL names them. Called by app.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from graphql_api.origins import is_named
from graphql_api.transport.entry import address_of

METHODS = ("GET", "HEAD", "POST")
ASKED = (
    "accept", "accept-language", "authorization", "cache-control", "content-language",
    "content-type", "pragma", "at-least", "if-none-match",
    # Apollo: who asks, what for, and that a preflight was asked for
    "apollographql-client-name", "apollographql-client-version", "x-apollo-operation-name",
    "x-apollo-operation-id", "apollo-require-preflight", "x-graphql-client-name",
    "x-graphql-client-version", "graphql-require-preflight", "x-requested-with",
    # traces: W3C, Sentry, B3, Datadog
    "traceparent", "tracestate", "baggage", "sentry-trace", "b3", "x-b3-traceid", "x-b3-spanid",
    "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "x-datadog-trace-id",
    "x-datadog-parent-id", "x-datadog-origin", "x-datadog-sampling-priority",
    "x-request-id", "x-correlation-id",
)  # fmt: skip
TOLD = (
    "retry-after",
    "allow",
    "x-request-id",
    "etag",
)  # what a page may read of an answer's headers
PREFLIGHT_SECONDS = 7_200  # the longest that Chromium keeps an answer to a preflight


class Cors(CORSMiddleware):
    """Starlette's, whose refusals name the setting that decides.

    refused: hears of each preflight of an origin that may not ask, with the peer's address.
    """

    def __init__(
        self, app: ASGIApp, origins: Sequence[str], refused: Callable[[str, str], None]
    ) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=ASKED,
            expose_headers=TOLD,
            max_age=PREFLIGHT_SECONDS,
        )
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette's, and a word to whoever runs the server."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            is_preflight = origin is not None and "access-control-request-method" in headers
            if origin is not None and is_preflight and not self.is_allowed_origin(origin):
                self._refused(address_of(scope), origin)
        await super().__call__(scope, receive, send)

    def is_allowed_origin(self, origin: str) -> bool:
        """As for sockets: however FRONTEND_URL and the header are spelt."""
        return is_named(origin, self.allow_origins)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Starlette's answer; to an origin that may not ask, in words that help."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400 or self.is_allowed_origin(request_headers["origin"]):
            return response
        headers = {name: value for name, value in response.headers.items() if name == "vary"}
        words = "Pages of this origin may not ask: FRONTEND_URL does not name it."
        return PlainTextResponse(words, response.status_code, headers)
