"""`POST /imports` takes a file in, `GET /imports/ID/rejects` gives back the rows left out.

Beside GraphQL, because a file is no document: it is streamed, bounded by IMPORT_BYTES_MAX, and kept
in pieces. The same token as GraphQL's, for ADMIN. Errors are told as GraphQL tells them.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.failures import Failure
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.errors import ApplicationError, InvalidInput, Refusal, RequestFault
from graphql_api.imports.file_imports import FileImports, Reject
from graphql_api.imports.spool import FileTooLarge, Spool
from graphql_api.inventory.items import parse_id
from graphql_api.services import Services
from graphql_api.transport.answers import JsonAnswer
from graphql_api.transport.entry import Backend, address_of, identify
from graphql_api.transport.headers import values_of
from graphql_api.transport.media import JSON

PATH = "/imports"
# What browsers, shells and programs call a table. Each is only looked at when it is read.
TYPES = frozenset(
    {
        "text/csv",
        "text/plain",
        "text/tab-separated-values",
        "application/csv",
        "application/octet-stream",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
REJECTS_PER_PAGE = 1_000
_DEFAULT_NAME = "upload"

STATUS_BY_CODE = {"RATE_LIMITED": 429, "UNAVAILABLE": 503}

Parts = Callable[[], tuple[Backend, Services]]
Handler = Callable[[Request, Backend, Services], Awaitable[Response]]

logger = logging.getLogger(__name__)


def import_routes(parts: Parts) -> list[Route]:
    """parts: the running ones; called for each request."""

    async def upload(request: Request) -> Response:
        return await _answered(_upload, request, parts)

    async def rejects(request: Request) -> Response:
        return await _answered(_rejects, request, parts)

    return [
        Route(PATH, upload, methods=["POST"]),
        Route(PATH + "/{id}/rejects", rejects, methods=["GET"]),
    ]


async def _answered(handler: Handler, request: Request, parts: Parts) -> Response:
    """What `handler` answers, or why there is no answer, in JSON."""
    try:
        return await handler(request, *parts())
    except ClientDisconnect:
        return Response(None, 204)  # nobody reads it
    except (Refusal, RequestFault) as fault:
        return _refused(fault)
    except Exception:
        logger.exception("the endpoint of files failed")
        return _error(500, "Something went wrong on the server.", "INTERNAL_SERVER_ERROR")


class _Answered(RequestFault):
    """A request that is answered with another status than 400."""

    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code  # type: ignore[misc]  # one for each status


async def _upload(request: Request, backend: Backend, services: Services) -> Response:
    viewer = await _admin(request, backend)
    spool = services.of(Spool)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in TYPES:
        words = "Send the file itself, as text/csv or application/octet-stream."
        raise _Answered(415, words, "BAD_REQUEST")
    declared = values_of(request.scope, b"content-length")
    if declared and declared[0].isdigit() and int(declared[0]) > spool.bytes_max:
        raise _too_large(spool)
    name = request.query_params.get("name", _DEFAULT_NAME)
    try:
        found = await spool.take(name, request.stream(), viewer.user_id)
    except FileTooLarge:
        raise _too_large(spool) from None
    told = {"import": {"id": str(found.id), "name": found.name, "size": found.size}}
    return JsonAnswer(told, 201, JSON)


async def _rejects(request: Request, backend: Backend, services: Services) -> Response:
    await _admin(request, backend)
    imports = services.of(FileImports)
    import_id = parse_id(request.path_params["id"])
    found = None if import_id is None else await imports.find(import_id)
    if found is None:
        raise _Answered(404, "There is no such import.", "NOT_FOUND")
    headers = {
        "content-disposition": f'attachment; filename="rejects-{found.id}.csv"',
        "cache-control": "no-store",
    }
    lines = _lines(imports, found.id)
    return StreamingResponse(lines, 200, headers, "text/csv; charset=utf-8")


async def _admin(request: Request, backend: Backend) -> Viewer:
    """Who asks. Raises RequestFault: without a token 401, as another role 403, too often 429."""
    client = address_of(request.scope)
    given = values_of(request.scope, b"authorization")
    viewer, fault = await identify(backend, given[0] if given else None, client)
    caller = Caller(client, viewer.user_id if viewer else None)
    backend.take(caller)
    if viewer is None:
        words = fault.message if fault is not None else "Sign in, and send the access token."
        raise _Answered(401, words, "UNAUTHENTICATED")
    if viewer.role is not Role.ADMIN:
        backend.refused(caller, Failure.FORBIDDEN, PATH)
        raise _Answered(403, "Your role does not allow this: it needs ADMIN.", "FORBIDDEN")
    return viewer


async def _lines(imports: FileImports, import_id: int) -> AsyncIterator[str]:
    """The rejects as a file that can be corrected and taken over: fields, and what was wrong."""
    after, names = 0, None
    while page := await imports.rejects(import_id, after, REJECTS_PER_PAGE):
        header = names is None
        names = names or list(dict.fromkeys(name for one in page for name in one.cells))
        yield _text(page, names, header)
        after = page[-1].line


def _text(page: list[Reject], names: list[str], has_header: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    if has_header:
        writer.writerow([*names, "line", "problem"])
    for one in page:
        writer.writerow([*(one.cells.get(name, "") for name in names), one.line, one.problem])
    return text.getvalue()


def _too_large(spool: Spool) -> _Answered:
    return _Answered(413, f"A file has at most {spool.bytes_max} bytes.", "LIMIT_EXCEEDED")


def _refused(fault: ApplicationError) -> Response:
    status = STATUS_BY_CODE.get(fault.code, 400)
    if isinstance(fault, _Answered):
        status = fault.status
    elif isinstance(fault, Refusal) and not isinstance(fault, InvalidInput):
        status = 409
    return _error(status, fault.message, fault.code, fault.extensions)


def _error(
    status: int, message: str, code: str, extensions: Mapping[str, Any] | None = None
) -> Response:
    told = {"code": code, **(extensions or {})}
    headers = {}
    if "retryAfterSeconds" in told:
        headers["retry-after"] = str(told["retryAfterSeconds"])
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    answer = {"errors": [{"message": message, "extensions": told}]}
    return JsonAnswer(answer, status, JSON, headers)
