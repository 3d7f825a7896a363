"""`POST /imports` takes a file in, `GET /imports/ID/rejects` gives back the rows left out.

Beside GraphQL, because a file is no document: it is streamed, bounded by IMPORT_BYTES_MAX, and kept
in pieces. The same token as GraphQL's, for ADMIN. Errors are told as GraphQL tells them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from graphql_api.accounts.roles import Role
from graphql_api.errors import InvalidInput
from graphql_api.files.faults import FileTooLarge
from graphql_api.imports.file_imports import FileImports, Reject
from graphql_api.imports.spool import Spool
from graphql_api.inventory.items import parse_id
from graphql_api.said import said
from graphql_api.services import Services
from graphql_api.texts.languages import Language, in_language, language_of
from graphql_api.transport.answers import JsonAnswer
from graphql_api.transport.entry import Backend
from graphql_api.transport.media import JSON
from graphql_api.values import excerpt
from graphql_api.web.files import Answered, Parts, answered, refuse_large, signed_in, too_large

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


def import_routes(parts: Parts) -> list[Route]:
    """parts: the running ones; called for each request."""

    async def upload(request: Request) -> Response:
        return await answered(_upload, request, parts)

    async def rejects(request: Request) -> Response:
        return await answered(_rejects, request, parts)

    return [
        Route(PATH, upload, methods=["POST"]),
        Route(PATH + "/{id}/rejects", rejects, methods=["GET"]),
    ]


async def _upload(request: Request, backend: Backend, services: Services) -> Response:
    viewer = await signed_in(request, backend, Role.ADMIN, PATH)
    spool = services.of(Spool)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in TYPES:
        words = "Send the file itself, as text/csv or application/octet-stream."
        raise Answered(415, words, "BAD_REQUEST")
    refuse_large(request, spool.bytes_max)
    name = request.query_params.get("name", _DEFAULT_NAME)
    try:
        found = await spool.take(name, request.stream(), viewer.user_id)
    except FileTooLarge:
        raise too_large(spool.bytes_max) from None
    told = {"import": {"id": str(found.id), "name": found.name, "size": found.size}}
    return JsonAnswer(told, 201, JSON)


async def _rejects(request: Request, backend: Backend, services: Services) -> Response:
    await signed_in(request, backend, Role.ADMIN, PATH)
    imports = services.of(FileImports)
    import_id = parse_id(request.path_params["id"])
    found = None if import_id is None else await imports.find(import_id)
    if found is None:
        raise Answered(404, "There is no such import.", "NOT_FOUND")
    language = _language(request.query_params.get("language", Language.EN.value))
    headers = {
        "content-disposition": f'attachment; filename="rejects-{found.id}.csv"',
        "cache-control": "no-store",
    }
    lines = _lines(imports, found.id, language)
    return StreamingResponse(lines, 200, headers, "text/csv; charset=utf-8")


def _language(name: str) -> Language:
    """Raises InvalidInput."""
    language = language_of(name)
    if language is None:
        choices = ", ".join(one.value for one in Language)
        raise InvalidInput(
            said("language is one of {choices}, not {name}.", choices=choices, name=excerpt(name))
        )
    return language


async def _lines(imports: FileImports, import_id: int, language: Language) -> AsyncIterator[str]:
    """The rejects as a file that can be corrected and taken over: fields, and what was wrong."""
    after, names = 0, None
    while page := await imports.rejects(import_id, after, REJECTS_PER_PAGE):
        header = names is None
        names = names or list(dict.fromkeys(name for one in page for name in one.cells))
        yield _text(page, names, header, language)
        after = page[-1].line


def _text(page: list[Reject], names: list[str], has_header: bool, language: Language) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    if has_header:
        writer.writerow([*names, "line", "problem"])
    for one in page:
        why = " ".join(in_language(problem, language) for problem in one.problems)
        writer.writerow([*(one.cells.get(name, "") for name in names), one.line, why])
    return text.getvalue()
