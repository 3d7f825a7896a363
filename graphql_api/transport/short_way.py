"""From the bytes of a posted request to a kept answer, with as little as possible between.

Called by the endpoint (http.py) before a body is even parsed. What is unusual about a request, or
not sure, goes the long way, where it is found out and told.
"""

from __future__ import annotations

from starlette.types import Scope

from graphql_api.accounts.credentials import Caller
from graphql_api.delivery.kept_answers import Kept
from graphql_api.errors import Unauthenticated
from graphql_api.transport.entry import Backend, address_of, bearer_token
from graphql_api.transport.media import content_fault

AT_LEAST = "at-least"  # the header with a cursor: a read waits until this process has seen it
_AT_LEAST = AT_LEAST.encode()


async def known_answer(backend: Backend, scope: Scope, body: bytes) -> Kept | None:
    """The kept answer to a request that was answered before, and is known by its bytes.

    The caller is identified, held to their rates and charged as on the long way. Raises
    RateLimited, Unavailable.
    """
    known = backend.reads.known(body)
    if known is None or scope["method"] != "POST":
        return None
    headers = dict(scope["headers"])
    token = bearer_token(headers.get(b"authorization", b"").decode("latin-1"))
    if token is None or len(headers) != len(scope["headers"]):
        return None
    if content_fault(headers.get(b"content-type", b"").decode("latin-1")) is not None:
        return None
    try:
        viewer = await backend.sessions.viewer_of(token)
    except Unauthenticated:
        return None
    if _AT_LEAST in headers and not backend.reads.has_seen(headers[_AT_LEAST]):
        return None
    kept = backend.reads.find(known, viewer)
    if kept is not None:
        caller = Caller(address_of(scope), viewer.user_id)
        backend.take(caller)
        for work in known.work:
            backend.charge(caller, work)
    return kept
