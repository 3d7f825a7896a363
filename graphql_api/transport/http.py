"""GraphQL over HTTP, with our limits, tokens and errors. Sockets go on to handshake.py."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.failures import Failure, quoted
from graphql_api.engine.execution import NotAnswered, OperationRefused
from graphql_api.errors import RequestFault, Unavailable
from graphql_api.transport.answers import JsonAnswer
from graphql_api.transport.entry import Backend, address_of, device_of, identify
from graphql_api.transport.handshake import serve_socket
from graphql_api.transport.headers import SECURE_HEADERS, values_of
from graphql_api.transport.media import GRAPHQL, JSON, answer_type, content_fault, is_page_wanted

logger = logging.getLogger(__name__)

# A GET is answered anew each time: the same address gives a page, either media type, and what the
# caller may see.
UNKEPT = {"cache-control": "no-store", "vary": "accept, authorization"}
ANSWERED = {
    "GET": frozenset({"query"}),  # a link or an image can send one
    "POST": frozenset({"query", "mutation"}),
}
PLURALS = {"query": "queries", "mutation": "mutations", "subscription": "subscriptions"}
METHODS = "GET, HEAD, POST, OPTIONS"
STATUS_BY_CODE = {"RATE_LIMITED": 429, "UNAVAILABLE": 503, "INTERNAL_SERVER_ERROR": 500}

Page = Callable[[Request], Awaitable[Response]]


class GraphQLEndpoint:
    """`/graphql`: POST, GET for queries, WebSocket, and GraphiQL for a browser's GET."""

    def __init__(self, backend: Callable[[], Backend], ide: Page | None) -> None:
        """backend: gives the running parts; it is called for each request, never before start.
        ide: answers a browser with GraphiQL; None: there is none."""
        self.backend = backend
        self._ide = ide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await serve_socket(self.backend(), scope, receive, send, self.origin_refused)
            return
        assert scope["type"] == "http", f"neither HTTP nor a WebSocket: {scope['type']!r}"
        try:
            response = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        if scope["method"] == "HEAD":
            response.body = b""  # its length stays told (RFC 9110 9.3.2)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        backend = self.backend()
        kind = answer_type(",".join(values_of(request.scope, b"accept")))
        told = kind or JSON
        try:
            body = await _bounded_body(request, backend.settings.body_bytes_max)
            async with asyncio.timeout(backend.settings.operation_timeout_seconds):
                response = await self._by_method(request, body, kind)
        except HTTPException as refusal:
            response = _error(refusal.status_code, refusal.detail, "BAD_REQUEST", kind=told)
        except NotByGet as refusal:
            response = _error(405, refusal.message, "BAD_REQUEST", kind=told, allow="POST")
        except TimeoutError:
            words = "The operation took too long and was given up."
            response = _error(503, words, "UNAVAILABLE", kind=told)
        except RequestFault as fault:
            status = STATUS_BY_CODE.get(fault.code, 400)
            response = _error(status, fault.message, fault.code, fault.extensions, told)
        except ClientDisconnect:
            raise
        except Exception:
            logger.exception("the HTTP endpoint failed")
            words = "Something went wrong on the server."
            response = _error(500, words, "INTERNAL_SERVER_ERROR", kind=told)
        if request.method in ("GET", "HEAD"):
            for name, value in UNKEPT.items():
                response.headers.setdefault(name, value)
        return response

    async def _by_method(self, request: Request, body: bytes, kind: str | None) -> Response:
        """kind: the answer's media type; None: the caller takes none that there is."""
        if request.method == "POST":
            if kind is None:
                raise _nothing_acceptable()
            return await self._operate(request, lambda: _posted(request, body), kind)
        if request.method in ("GET", "HEAD"):
            parameters = _in_address(request, self.backend().settings.body_bytes_max)
            if self._is_for_a_person(request, is_operation=not parameters.keys().isdisjoint(ASKS)):
                return await self._page(request)
            if kind is None:
                raise _nothing_acceptable()
            return await self._operate(request, lambda: _asked(parameters), kind)
        if request.method == "OPTIONS":
            return Response(None, 204, {"allow": METHODS, **SECURE_HEADERS})
        return _error(405, "Operations are sent by POST, queries by GET too.", "BAD_REQUEST")

    def _is_for_a_person(self, request: Request, is_operation: bool) -> bool:
        """Whether a browser asks for a page. is_operation: the address has one; it is answered
        where there is no GraphiQL."""
        accepted = ",".join(values_of(request.scope, b"accept"))
        return is_page_wanted(accepted, is_operation) and not (is_operation and self._ide is None)

    async def _page(self, request: Request) -> Response:
        return (
            _error(404, "Not Found", "BAD_REQUEST")
            if self._ide is None
            else (await self._ide(request))
        )

    async def _operate(
        self, request: Request, read: Callable[[], dict[str, Any]], kind: str
    ) -> Response:
        """One operation, as the GraphQL-over-HTTP specification has it.

        read: gives the request's members, or raises HTTPException.
        kind: the answer's media type.

        Subscriptions need a socket, which alone obeys the rules for sessions, slow readers and
        the drain.
        """
        context, caller = await self._context(request)
        backend, told = self.backend(), read()
        if _is_hash_alone(told):
            answer: dict[str, Any] = {"errors": [PERSISTED_QUERY_NOT_SUPPORTED]}
            return JsonAnswer(answer, 200, kind)  # as Apollo has it
        if caller.user_id is not None:  # else its turn was that of its address (app.py)
            await backend.requests.take(caller.key)
        if caller.user_id is None or backend.execution.is_new(told.get("query") or ""):
            await backend.documents.take(caller.key)
        method = "POST" if request.method == "POST" else "GET"
        answer = await self._execute(told, context, caller, method)
        refused = _rate_refusal(answer, kind)
        if refused is not None:
            return refused
        return JsonAnswer(answer, _status(answer, kind), kind)

    async def _execute(
        self, told: dict[str, Any], context: Any, caller: Caller, method: str
    ) -> dict[str, Any]:
        """The answer's members; without `data` when the operation did not run."""
        backend = self.backend()
        if not told.get("query"):
            raise HTTPException(400, "The request must have a `query`.")
        try:
            plan = backend.execution.plan(
                told["query"],
                told.get("operationName"),
                told.get("variables"),
                lambda work: backend.charge(caller, work),
                ANSWERED[method],
            )
            async with backend.slot(caller, plan):
                return await backend.execution.answer(plan, context, told.get("extensions"))
        except NotAnswered as refusal:
            raise _not_answered(refusal, method) from None
        except OperationRefused as refused:
            return refused.members
        except Unavailable as fault:
            return {"errors": [_member(fault.message, fault.code)]}

    async def _context(self, request: Request) -> tuple[Any, Caller]:
        """The operation's context, and whom its work is charged to."""
        backend = self.backend()
        client = address_of(request.scope)
        given = values_of(request.scope, b"authorization")
        viewer, fault = await identify(backend, given[0] if given else None, client)
        caller = Caller(client, viewer.user_id if viewer else None)
        backend.take(caller)
        device = device_of(values_of(request.scope, b"user-agent"))
        return backend.new_context(viewer, fault, None, client=client, device=device), caller

    def origin_refused(self, address: str, origin: str) -> None:
        """A page may not ask, or not open a socket."""
        what = f"FRONTEND_URL does not name {quoted(origin)}"
        self.backend().refused(Caller(address, None), Failure.ORIGIN, what)


# What a request's members are, beside null.
MEMBERS: tuple[tuple[str, type, str], ...] = (
    ("query", str, "a string"),
    ("variables", dict, "an object"),
    ("operationName", str, "a string"),
    ("extensions", dict, "an object"),
)
ASKS = frozenset({"query", "extensions"})  # an address with one of them has an operation
PARAMETERS_MAX = 32  # in an address: the four, and what caches and trackers add

# Apollo's words: clients that sent a hash send the document after them.
PERSISTED_QUERY_NOT_SUPPORTED = {
    "message": "PersistedQueryNotSupported",
    "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
}


class NotByGet(Exception):
    """An operation that is posted only."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def _not_answered(refusal: NotAnswered, method: str) -> HTTPException | NotByGet:
    """Why a request gets no answer: the document has no such operation, or of another kind."""
    if refusal.kind is None:
        name = refusal.operation_name
        words = f'Unknown operation named "{name}".' if name else "Can't get GraphQL operation type"
        return HTTPException(400, words)
    words = f"{PLURALS[refusal.kind]} are not allowed when using {method}"
    return NotByGet(words) if refusal.kind == "mutation" else HTTPException(400, words)


def _status(answer: dict[str, Any], kind: str) -> int:
    """200 for everything told as JSON, since proxies answer in it too; else 4xx or 5xx for an
    operation that did not run. Source: GraphQL over HTTP 6.4."""
    if kind == JSON or "data" in answer:
        return 200
    codes = [error.get("extensions", {}).get("code") for error in answer["errors"]]
    return max((STATUS_BY_CODE.get(code, 400) for code in codes), default=400)


def _is_hash_alone(told: dict[str, Any]) -> bool:
    """Whether a client sent a persisted query's hash instead of a document."""
    return not told.get("query") and isinstance(
        (told.get("extensions") or {}).get("persistedQuery"), dict
    )


def _posted(request: Request, body: bytes) -> dict[str, Any]:
    """The members of a request that was posted. Raises HTTPException."""
    given = values_of(request.scope, b"content-type")
    fault = content_fault(given[0] if len(given) == 1 else "")
    if fault is not None:
        raise HTTPException(400, fault)
    return _told(_decoded(body, "request body"))


def _in_address(request: Request, bytes_max: int) -> dict[str, str]:
    """The parameters of the address. Raises HTTPException."""
    query: bytes = request.scope.get("query_string", b"")
    if len(query) > bytes_max:
        raise HTTPException(414, f"The address has more than {bytes_max} bytes.")
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=PARAMETERS_MAX,
        )
    except ValueError:
        raise HTTPException(400, "Unable to parse the address's parameters") from None
    parameters = dict(pairs)
    names = [name for name, _ in pairs if name in {member for member, _, _ in MEMBERS}]
    if len(names) != len(set(names)):
        raise HTTPException(400, "A parameter stands in the address twice.")
    return parameters


def _asked(parameters: dict[str, str]) -> dict[str, Any]:
    """The members of a request in an address; an empty one is none. Raises HTTPException 400."""
    told: dict[str, Any] = {}
    for name, kind, _ in MEMBERS:
        text = parameters.get(name, "")
        if text:
            told[name] = text if kind is str else _decoded(text, f"`{name}`")
    return _told(told)


def _decoded(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise HTTPException(400, f"Unable to parse {what} as JSON") from None


def _nothing_acceptable() -> HTTPException:
    return HTTPException(406, f"Answers are {GRAPHQL} or {JSON}: Accept names neither.")


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
    declared = values_of(request.scope, b"content-length")
    if declared and declared[0].isdigit() and int(declared[0]) > bytes_max:
        raise _too_long(bytes_max)
    chunks: list[bytes] = []
    length, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > bytes_max:
            raise _too_long(bytes_max)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _too_long(bytes_max: int) -> HTTPException:
    return HTTPException(413, f"The body has more than {bytes_max} bytes.")


def _rate_refusal(answer: dict[str, Any], kind: str) -> Response | None:
    """429 for an operation that a field refused for its rate (a sign-in); else None."""
    if answer.get("data") is not None:
        return None
    for error in answer.get("errors", ()):
        told = error.get("extensions", {})
        if told.get("code") == "RATE_LIMITED":
            headers = {"retry-after": str(told.get("retryAfterSeconds", 1))}
            return JsonAnswer(answer, STATUS_BY_CODE["RATE_LIMITED"], kind, headers)
    return None


def _member(message: str, code: str, extensions: dict[str, Any] | None = None) -> dict[str, Any]:
    """One of an answer's `errors`."""
    return {"message": message, "extensions": {"code": code, **(extensions or {})}}


def _error(
    status: int,
    message: str,
    code: str,
    extensions: dict[str, Any] | None = None,
    kind: str = JSON,
    allow: str = METHODS,
) -> Response:
    """kind: the answer's media type. allow: the methods that are told with a 405."""
    error = _member(message, code, extensions)
    headers = {}
    if status == 405:
        headers["allow"] = allow
    if extensions and "retryAfterSeconds" in extensions:
        headers["retry-after"] = str(extensions["retryAfterSeconds"])
    return JsonAnswer({"errors": [error]}, status, kind, headers)
