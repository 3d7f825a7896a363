"""From the bytes of a posted request to a kept answer, with as little as possible between.

Called by the endpoint (http.py) before a body is even parsed. What is unusual about a request, or
not sure, goes the long way, where it is found out and told.
"""

from __future__ import annotations

from graphql_api.accounts.credentials import Caller
from graphql_api.delivery.kept_answers import Kept
from graphql_api.errors import Unauthenticated
from graphql_api.transport.entry import Backend, address_of, bearer_token
from graphql_api.transport.media import content_fault
from graphql_api.transport.requests import Incoming

AT_LEAST = b"at-least"  # the header with a cursor: a read waits until this process has seen it


async def known_answer(backend: Backend, request: Incoming, body: bytes) -> Kept | None:
    """The kept answer to a request that was answered before, and is known by its bytes.

    The caller is identified, held to their rates and charged as on the long way. Raises
    RateLimited, Unavailable.
    """
    known = backend.reads.known(body)
    if known is None or request.method != "POST":
        return None
    headers = request.headers
    token = bearer_token(headers.first(b"authorization"))
    if token is None or headers.has_twins:
        return None
    if content_fault(headers.first(b"content-type") or "") is not None:
        return None
    try:
        viewer = await backend.sessions.viewer_of(token)
    except Unauthenticated:
        return None
    at_least = headers.first(AT_LEAST)
    if at_least is not None and not backend.reads.has_seen(at_least):
        return None
    kept = backend.reads.find(known, viewer)
    if kept is not None:
        caller = Caller(address_of(request.scope), viewer.user_id)
        backend.take(caller)
        for work in known.work:
            backend.charge(caller, work)
    return kept
