"""GraphQL over HTTP, by Strawberry's view, with our limits, tokens and errors."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.errors import RequestFault, Unavailable
from graphql_api.transport.entry import Entry, identify
from graphql_api.transport.socket import GraphQLSocket

logger = logging.getLogger(__name__)

JSON_HEADERS = {"content-type": "application/json; charset=utf-8"}
ANSWERED = {"POST": frozenset({OperationType.QUERY, OperationType.MUTATION})}
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
            graphql_ide="graphiql" if ide is not None else None,
            allow_queries_via_get=False,
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
            request._body = await _bounded_body(request, entry.settings.body_bytes_max)
            async with asyncio.timeout(entry.settings.operation_timeout_seconds):
                return await self.run(request)
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

    async def render_graphql_ide(self, request: Request) -> Response:
        assert self._ide is not None, "asked for only where there is one"
        return await self._ide(request)

    async def get_context(self, request: Any, response: Any) -> Any:
        entry = self.entry()
        if request.scope["type"] == "websocket":
            return None  # a socket makes one for each operation
        viewer, fault = await identify(entry.sessions, request.headers.get("authorization"))
        client = request.client.host if request.client else ""
        entry.rates.take(f"user {viewer.user_id}" if viewer else f"address {client}")
        return entry.new_context(viewer, fault, None)

    def is_websocket_origin_allowed(self, request: Any, origin: str) -> bool:
        """Whether a page of another origin than ours may open a socket: as for CORS."""
        allowed = self.entry().settings.frontend_url
        return "*" in allowed or origin in allowed

    def decode_json(self, data: str | bytes) -> object:
        """Strict JSON (no NaN, no lone surrogates), and a GraphQL request is an object."""
        try:
            decoded = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise json.JSONDecodeError(error.msg, error.doc, error.pos) from None
        if isinstance(decoded, dict) and not isinstance(decoded.get("operationName"), str | None):
            raise HTTPException(400, "operationName must be a string.")
        if not isinstance(decoded, dict):
            raise HTTPException(400, "The body must be a JSON object with a `query`.")
        return decoded

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()

    async def execute_single(
        self,
        request: Any,
        request_adapter: Any,
        sub_response: Any,
        context: Any,
        root_value: Any,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """As Strawberry does it, but for subscriptions: these need a socket, which alone obeys
        the rules for sessions, slow readers and the drain."""
        try:
            return await self.schema.execute(
                request_data.query,
                root_value=root_value,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=ANSWERED.get(request_adapter.method, frozenset()),
                operation_extensions=request_data.extensions,
            )
        except MissingQueryError:
            raise HTTPException(400, "The body must have a `query`.") from None
        except CannotGetOperationTypeError as refusal:
            raise HTTPException(400, refusal.as_http_error_reason()) from None
        except InvalidOperationTypeError as refusal:
            raise HTTPException(400, refusal.as_http_error_reason(request_adapter.method)) from None
        except Unavailable as fault:
            error = GraphQLError(fault.message, extensions={"code": fault.code})
            return ExecutionResult(data=None, errors=[error])


async def _bounded_body(request: Request, bytes_max: int) -> bytes:
    """The whole body. Raises HTTPException 413 as soon as it is known to be too long."""
    too_long = HTTPException(413, f"The body has more than {bytes_max} bytes.")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > bytes_max:
        raise too_long
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > bytes_max:
            raise too_long
        chunks.append(chunk)
    return b"".join(chunks)


def _error(
    status: int, message: str, code: str, extensions: dict[str, Any] | None = None
) -> Response:
    error = {"message": message, "extensions": {"code": code, **(extensions or {})}}
    headers = dict(JSON_HEADERS)
    if extensions and "retryAfterSeconds" in extensions:
        headers["retry-after"] = str(extensions["retryAfterSeconds"])
    return Response(orjson.dumps({"errors": [error]}), status, headers)
