"""GraphQL over HTTP, by Strawberry's view, with our limits, tokens and errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.graphql import OperationType

from graphql_api.errors import RequestFault, Unavailable
from graphql_api.transport.entry import Entry, identify
from graphql_api.transport.headers import SECURE_HEADERS
from graphql_api.transport.socket import GraphQLSocket

logger = logging.getLogger(__name__)

JSON_HEADERS = {"content-type": "application/json; charset=utf-8", **SECURE_HEADERS}
ANSWERED = frozenset({OperationType.QUERY, OperationType.MUTATION})
STATUS_BY_CODE = {"RATE_LIMITED": 429, "UNAVAILABLE": 503}

Page = Callable[[Request], Awaitable[Response]]


class GraphQLEndpoint(GraphQL[Any, None]):
    """`/graphql`: POST, WebSocket, and a page with GraphiQL for a browser's GET."""

    graphql_transport_ws_handler_class = GraphQLSocket

    def __init__(self, entry: Callable[[], Entry], schema: Any, ide: Page | None) -> None:
        """entry: gives the running parts; it is called for each request, never before start.
        ide: answers a browser with GraphiQL; None: there is none."""
        super().__init__(
            schema,
            graphql_ide=None,  # ours is a page of our own
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
        )
        self.entry = entry
        self._ide = ide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            response = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        entry = self.entry()
        try:
            body = await _bounded_body(request, entry.settings.body_bytes_max)
            async with asyncio.timeout(entry.settings.operation_timeout_seconds):
                if request.method == "POST":
                    return await self._operate(request, body)
                if _is_for_a_person(request):
                    return await self._page(request)
                return _error(405, "Operations are sent by POST.", "BAD_REQUEST")
        except HTTPException as refusal:
            return _error(refusal.status_code, refusal.reason, "BAD_REQUEST")
        except TimeoutError:
            return _error(503, "The operation took too long and was given up.", "UNAVAILABLE")
        except RequestFault as fault:
            status = STATUS_BY_CODE.get(fault.code, 400)
            return _error(status, fault.message, fault.code, fault.extensions)
        except ClientDisconnect:
            raise
        except Exception:
            logger.exception("the HTTP endpoint failed")
            return _error(500, "Something went wrong on the server.", "INTERNAL_SERVER_ERROR")

    async def _page(self, request: Request) -> Response:
        return (
            _error(404, "Not Found", "BAD_REQUEST")
            if self._ide is None
            else (await self._ide(request))
        )

    async def _operate(self, request: Request, body: bytes) -> Response:
        """One operation, as the GraphQL-over-HTTP specification has it for JSON bodies.

        Not by Strawberry's view: what that does for uploads, batches and streams, which we do not
        take, costs a seventh of a small query. Subscriptions need a socket, which alone obeys the
        rules for sessions, slow readers and the drain.
        """
        context, caller = await self._context(request)
        rates = self.entry().rates
        if "application/json" not in request.headers.get("content-type", ""):
            raise HTTPException(400, "Unsupported content type")
        try:
            told = _told(orjson.loads(body))
        except orjson.JSONDecodeError:
            raise HTTPException(400, "Unable to parse request body as JSON") from None
        answer = await self._execute(told, context, lambda work: rates.charge(caller, work))
        refused = _rate_refusal(answer)
        if refused is not None:
            return refused
        return Response(orjson.dumps(answer), headers=JSON_HEADERS)

    async def _execute(
        self, told: dict[str, Any], context: Any, charge: Callable[[int], None]
    ) -> dict[str, Any]:
        """The answer's members. charge: told the operation's work, see operations/rate.py."""
        execute: Any = self.schema.execute  # Strawberry's own has no `charge`
        try:
            result = await execute(
                told.get("query"),
                variable_values=told.get("variables"),
                context_value=context,
                operation_name=told.get("operationName"),
                allowed_operation_types=ANSWERED,
                operation_extensions=told.get("extensions"),
                charge=charge,
            )
        except MissingQueryError:
            raise HTTPException(400, "The body must have a `query`.") from None
        except CannotGetOperationTypeError as refusal:
            raise HTTPException(400, refusal.as_http_error_reason()) from None
        except InvalidOperationTypeError as refusal:
            raise HTTPException(400, refusal.as_http_error_reason("POST")) from None
        except Unavailable as fault:
            return {"data": None, "errors": [_member(fault.message, fault.code)]}
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        if result.extensions:
            answer["extensions"] = result.extensions
        return answer

    async def get_context(self, request: Any, response: Any) -> Any:
        """Strawberry asks for one: a socket makes its own for each operation, a page needs none."""

    async def _context(self, request: Request) -> tuple[Any, str]:
        """The operation's context, and whom its work is charged to."""
        entry = self.entry()
        viewer, fault = await identify(entry.sessions, request.headers.get("authorization"))
        client = request.client.host if request.client else ""
        caller = f"user {viewer.user_id}" if viewer else f"address {client}"
        entry.rates.take(caller)
        return entry.new_context(viewer, fault, None, client=client), caller

    def _check_websocket_origin(self, request: Any) -> bool:
        """Whether the page that opens a socket may: none (no browser), one of ours, or one of
        FRONTEND_URL, as for CORS. Scheme and port count."""
        headers = request.headers
        origin = headers.get("origin")
        allowed = self.entry().settings.frontend_url
        if origin is None or "*" in allowed or origin.lower() in allowed:
            return True
        if headers.get("sec-fetch-site") == "same-origin":  # the browser's word, not the page's
            return True
        scheme = {"ws": "http", "wss": "https"}.get(request.url.scheme, request.url.scheme)
        if is_same_origin(origin, scheme, headers.get("host", "")):
            return True
        logger.warning("a socket from %.200s was refused: FRONTEND_URL does not name it", origin)
        return False


PORTS = {"http": 80, "https": 443}


def is_same_origin(origin: str, scheme: str, host: str) -> bool:
    """Whether an Origin header names scheme, host and port of the server that was asked."""
    try:
        theirs, ours = urlsplit(origin), urlsplit(f"{scheme}://{host}")
        ports = [parts.port or PORTS.get(parts.scheme) for parts in (theirs, ours)]
    except ValueError:
        return False
    return (
        bool(theirs.hostname)
        and (theirs.scheme, theirs.hostname) == (ours.scheme, ours.hostname)
        and ports[0] == ports[1]
    )


def _is_for_a_person(request: Request) -> bool:
    """Whether a browser asks for a page. A query in the address is never run: it would be logged,
    and a link could run it."""
    accepted = request.headers.get("accept", "*/*")
    return request.method == "GET" and ("text/html" in accepted or "*/*" in accepted)


# What a request's members are, beside null.
MEMBERS: tuple[tuple[str, type, str], ...] = (
    ("query", str, "a string"),
    ("variables", dict, "an object"),
    ("operationName", str, "a string"),
    ("extensions", dict, "an object"),
)


def _told(decoded: Any) -> dict[str, Any]:
    """The members of a GraphQL request. Raises HTTPException 400."""
    if not isinstance(decoded, dict):
        raise HTTPException(400, "The body must be a JSON object with a `query`.")
    for name, kind, words in MEMBERS:
        if not isinstance(decoded.get(name), kind | None):
            raise HTTPException(400, f"`{name}` must be {words} or null.")
    return decoded


async def _bounded_body(request: Request, bytes_max: int) -> bytes:
    """The whole body. Raises HTTPException 413 as soon as it is known to be too long."""
    too_long = HTTPException(413, f"The body has more than {bytes_max} bytes.")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > bytes_max:
        raise too_long
    chunks: list[bytes] = []
    length, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > bytes_max:
            raise too_long
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _rate_refusal(answer: dict[str, Any]) -> Response | None:
    """429 for an operation that a field refused for its rate (a sign-in), as for all others; None
    for any other answer."""
    if answer["data"] is not None:
        return None
    for error in answer.get("errors", ()):
        told = error.get("extensions", {})
        if told.get("code") == "RATE_LIMITED":
            headers = {**JSON_HEADERS, "retry-after": str(told.get("retryAfterSeconds", 1))}
            return Response(orjson.dumps(answer), STATUS_BY_CODE["RATE_LIMITED"], headers)
    return None


def _member(message: str, code: str, extensions: dict[str, Any] | None = None) -> dict[str, Any]:
    """One of an answer's `errors`."""
    return {"message": message, "extensions": {"code": code, **(extensions or {})}}


def _error(
    status: int, message: str, code: str, extensions: dict[str, Any] | None = None
) -> Response:
    error = _member(message, code, extensions)
    headers = dict(JSON_HEADERS)
    if status == 405:
        headers["allow"] = "GET, POST"
    if extensions and "retryAfterSeconds" in extensions:
        headers["retry-after"] = str(extensions["retryAfterSeconds"])
    return Response(orjson.dumps({"errors": [error]}), status, headers)
