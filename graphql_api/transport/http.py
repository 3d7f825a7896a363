"""GraphQL over HTTP, with our limits, tokens and errors. Sockets go on to handshake.py."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from orjson import Fragment
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.failures import Failure, quoted
from graphql_api.delivery.kept_answers import Kept
from graphql_api.engine.execution import NotAnswered, OperationRefused
from graphql_api.errors import RequestFault, Unavailable
from graphql_api.transport.answers import JsonAnswer
from graphql_api.transport.deadlines import Deadlines
from graphql_api.transport.entry import Backend, address_of, device_of, identify
from graphql_api.transport.handshake import serve_socket
from graphql_api.transport.headers import SECURE_HEADERS
from graphql_api.transport.kept_reads import AT_LEAST as AT_LEAST_EXTENSION
from graphql_api.transport.media import GRAPHQL, JSON, answer_type, is_page_wanted
from graphql_api.transport.requests import (
    ASKS,
    Incoming,
    asked,
    bounded_body,
    in_address,
    posted,
)
from graphql_api.transport.short_way import AT_LEAST, known_answer
from graphql_api.transport.validators import NOT_STORED, caching, entity_tag, is_known

logger = logging.getLogger(__name__)

# Of a GET: the same address gives a page, either media type, and what the caller may see.
VARY = "accept, authorization"
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
        self._deadlines = Deadlines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await serve_socket(self.backend(), scope, receive, send, self.origin_refused)
            return
        assert scope["type"] == "http", f"neither HTTP nor a WebSocket: {scope['type']!r}"
        try:
            response = await self._answer(Incoming(scope, receive))
        except ClientDisconnect:
            return
        if scope["method"] == "HEAD":
            response.body = b""  # its length stays told (RFC 9110 9.3.2)
        await response(scope, receive, send)

    async def _answer(self, request: Incoming) -> Response:
        backend = self.backend()
        kind = answer_type(request.headers.joined(b"accept") or "")
        told = kind or JSON
        try:
            body = await bounded_body(request, backend.settings.body_bytes_max)
            kept = await known_answer(backend, request, body) if kind else None
            if kept is not None:
                return JsonAnswer(Fragment(kept.body), 200, told)
            with self._deadlines.within(backend.settings.operation_timeout_seconds):
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
            response = _error(status, fault.message, fault.code, fault.told, told)
        except ClientDisconnect:
            raise
        except Exception:
            logger.exception("the HTTP endpoint failed")
            words = "Something went wrong on the server."
            response = _error(500, words, "INTERNAL_SERVER_ERROR", kind=told)
        if request.method in ("GET", "HEAD"):
            response.headers.setdefault("cache-control", NOT_STORED)
            response.headers.setdefault("vary", VARY)
        return response

    async def _by_method(self, request: Incoming, body: bytes, kind: str | None) -> Response:
        """kind: the answer's media type; None: the caller takes none that there is."""
        if request.method == "POST":
            if kind is None:
                raise _nothing_acceptable()
            return await self._operate(request, lambda: posted(request, body), kind, body)
        if request.method in ("GET", "HEAD"):
            parameters = in_address(request, self.backend().settings.body_bytes_max)
            if self._is_for_a_person(request, is_operation=not parameters.keys().isdisjoint(ASKS)):
                return await self._page(request)
            if kind is None:
                raise _nothing_acceptable()
            return await self._operate(request, lambda: asked(parameters), kind)
        if request.method == "OPTIONS":
            return Response(None, 204, {"allow": METHODS, **SECURE_HEADERS})
        return _error(405, "Operations are sent by POST, queries by GET too.", "BAD_REQUEST")

    def _is_for_a_person(self, request: Incoming, is_operation: bool) -> bool:
        """Whether a browser asks for a page. is_operation: the address has one; it is answered
        where there is no GraphiQL."""
        accepted = request.headers.joined(b"accept") or ""
        return is_page_wanted(accepted, is_operation) and not (is_operation and self._ide is None)

    async def _page(self, request: Incoming) -> Response:
        if self._ide is None:
            return _error(404, "Not Found", "BAD_REQUEST")
        return await self._ide(Request(request.scope, request.receive))

    async def _operate(
        self,
        request: Incoming,
        read: Callable[[], dict[str, Any]],
        kind: str,
        body: bytes | None = None,
    ) -> Response:
        """One operation, as the GraphQL-over-HTTP specification has it.

        read: gives the request's members, or raises HTTPException.
        kind: the answer's media type. body: by which a posted request is known from now on.

        Subscriptions need a socket, which alone obeys the rules for sessions, slow readers and
        the drain.
        """
        context, caller = await self._context(request)
        backend, told = self.backend(), read()
        if _is_hash_alone(told):
            # as Apollo has it
            return JsonAnswer({"errors": [PERSISTED_QUERY_NOT_SUPPORTED]}, 200, kind)
        if caller.user_id is not None:  # else its turn was that of its address (app.py)
            await backend.requests.take(caller.key)
        is_new = backend.execution.is_new(told.get("query") or "")
        if caller.user_id is None or is_new:
            await backend.documents.take(caller.key)
        extensions: dict[str, Any] = told.get("extensions") or {}
        header, wanted = request.headers.joined(AT_LEAST), extensions.get(AT_LEAST_EXTENSION)
        if header is not None or wanted is not None:
            await backend.reads.at_least(header, wanted)
        method = "POST" if request.method == "POST" else "GET"
        known_by = None if is_new or AT_LEAST_EXTENSION in extensions else body
        answered = await self._execute(told, context, caller, method, known_by)
        if isinstance(answered, Kept):
            return _kept(answered, kind, request)
        refused = _rate_refusal(answered, kind)
        return refused or JsonAnswer(answered, _status(answered, kind), kind)

    async def _execute(
        self,
        told: dict[str, Any],
        context: Any,
        caller: Caller,
        method: str,
        known_by: bytes | None,
    ) -> dict[str, Any] | Kept:
        """The answer, or its members; without `data` when the operation did not run. known_by: what
        it is known by from now on, if it is kept; None: nothing."""
        backend, work = self.backend(), list[int]()

        def charge(amount: int) -> None:
            work.append(amount)
            backend.charge(caller, amount)

        if not told.get("query"):
            raise HTTPException(400, "The request must have a `query`.")
        name, variables, extensions = map(told.get, ("operationName", "variables", "extensions"))
        try:
            plan = backend.execution.plan(told["query"], name, variables, charge, ANSWERED[method])
            answer = await backend.reads.answer(
                plan,
                context,
                context.person,
                lambda: backend.slot(caller, plan),
                extensions,
                is_cacheable=method == "GET",
            )
            if known_by is not None and isinstance(answer, Kept):
                backend.reads.remember(known_by, plan, work)
            return answer
        except NotAnswered as refusal:
            raise _not_answered(refusal, method) from None
        except OperationRefused as refused:
            return refused.members
        except Unavailable as fault:
            return {"errors": [_member(fault.message, fault.code, fault.told)]}

    async def _context(self, request: Incoming) -> tuple[Any, Caller]:
        """The operation's context, and whom its work is charged to."""
        backend, headers = self.backend(), request.headers
        client = address_of(request.scope)
        viewer, fault = await identify(backend, headers.first(b"authorization"), client)
        caller = Caller(client, viewer.user_id if viewer else None)
        backend.take(caller)
        device = device_of(headers.first(b"user-agent"))
        return backend.new_context(viewer, fault, None, client=client, device=device), caller

    def origin_refused(self, address: str, origin: str) -> None:
        """A page may not ask, or not open a socket."""
        what = f"FRONTEND_URL does not name {quoted(origin)}"
        self.backend().refused(Caller(address, None), Failure.ORIGIN, what)


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


def _nothing_acceptable() -> HTTPException:
    return HTTPException(406, f"Answers are {GRAPHQL} or {JSON}: Accept names neither.")


def _kept(answer: Kept, kind: str, request: Incoming) -> Response:
    """By GET with a validator, unless it is for one person alone: then nobody stores it."""
    headers: dict[str, str] = {}
    if request.method != "POST" and not answer.is_personal:
        headers = caching(entity_tag(answer.etag, kind))
        if is_known(headers["etag"], request.headers.values(b"if-none-match")):
            return Response(None, 304, {**headers, **SECURE_HEADERS})
    return JsonAnswer(Fragment(answer.body), 200, kind, headers)


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
