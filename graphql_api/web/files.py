"""What routes for files share: who asks, and how a refusal is told. For imports.py, attachments.py.

Beside GraphQL, because a file is no document: it is streamed, and bounded by a setting of its own.
The same token as GraphQL's, and errors as GraphQL tells them.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.failures import Failure
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.errors import ApplicationError, InvalidInput, Refusal, RequestFault
from graphql_api.said import said
from graphql_api.services import Services
from graphql_api.transport.answers import JsonAnswer
from graphql_api.transport.entry import Backend, address_of, identify
from graphql_api.transport.headers import values_of
from graphql_api.transport.media import JSON

STATUS_BY_CODE = {"RATE_LIMITED": 429, "UNAVAILABLE": 503, "NOT_FOUND": 404}

Parts = Callable[[], tuple[Backend, Services]]
Handler = Callable[[Request, Backend, Services], Awaitable[Response]]

logger = logging.getLogger(__name__)


class Answered(RequestFault):
    """A request that is answered with another status than 400."""

    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code  # type: ignore[misc]  # one for each status


async def answered(handler: Handler, request: Request, parts: Parts) -> Response:
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


async def signed_in(request: Request, backend: Backend, role: Role, path: str) -> Viewer:
    """Who asks. Raises RequestFault: without a token 401, with a role below `role` 403, too often
    429."""
    client = address_of(request.scope)
    given = values_of(request.scope, b"authorization")
    viewer, fault = await identify(backend, given[0] if given else None, client)
    caller = Caller(client, viewer.user_id if viewer else None)
    backend.take(caller)
    if viewer is None:
        words = fault.message if fault is not None else "Sign in, and send the access token."
        raise Answered(401, words, "UNAUTHENTICATED")
    _allow(backend, caller, viewer.role, role, path)
    return viewer


async def still_signed_in(
    request: Request, backend: Backend, viewer: Viewer, role: Role, path: str
) -> Viewer:
    """The same as `signed_in` told it, now that a file has come, which may take minutes. The token
    may have expired meanwhile. Raises RequestFault: 401 when the session has ended, 403."""
    now = await backend.sessions.role_now(viewer.session_id)
    if now is None:
        raise Answered(401, "The session has ended; sign in again.", "UNAUTHENTICATED")
    _allow(backend, Caller(address_of(request.scope), viewer.user_id), now, role, path)
    return replace(viewer, role=now)


def _allow(backend: Backend, caller: Caller, role: Role, needed: Role, path: str) -> None:
    if not role.includes(needed):
        backend.refused(caller, Failure.FORBIDDEN, path)
        words = said("Your role does not allow this: it needs {role}.", role=needed.name)
        raise Answered(403, words, "FORBIDDEN")


def refuse_large(request: Request, bytes_max: int) -> None:
    """Refuse a body that says of itself that it is too large, before any of it is read."""
    declared = values_of(request.scope, b"content-length")
    if declared and declared[0].isdigit() and int(declared[0]) > bytes_max:
        raise too_large(bytes_max)


def too_large(bytes_max: int) -> Answered:
    words = said("A file has at most {most} bytes.", most=bytes_max)
    return Answered(413, words, "LIMIT_EXCEEDED")


def _refused(fault: ApplicationError) -> Response:
    status = STATUS_BY_CODE.get(fault.code, 400)
    if isinstance(fault, Answered):
        status = fault.status
    elif isinstance(fault, Refusal) and not isinstance(fault, InvalidInput) and status == 400:
        status = 409
    return _error(status, fault.message, fault.code, fault.told)


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
