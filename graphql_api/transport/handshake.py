"""How a socket begins: who may open one, the subprotocol, and its acceptance. Called by http.py."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from graphql_api.origins import is_named, is_same_origin
from graphql_api.transport.entry import Backend, address_of
from graphql_api.transport.headers import values_of
from graphql_api.transport.socket import GraphQLSocket

SUBPROTOCOL = "graphql-transport-ws"
POLICY_VIOLATION = 1008  # before it is accepted: the server answers the handshake with 403
NOT_ACCEPTABLE = 4406  # clients do not come back after it

Refused = Callable[[str, str], None]  # told the address and the origin of a page that may not


async def serve_socket(
    backend: Backend, scope: Scope, receive: Receive, send: Send, refused: Refused
) -> None:
    """One socket, from its handshake to its end."""
    if not _may_open(backend, scope, refused):
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": ""})
        return
    if (await receive())["type"] != "websocket.connect":
        return  # gone already
    spoken = SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None
    try:
        if spoken is None or not backend.seam.accept(send, spoken):
            await send({"type": "websocket.accept", "subprotocol": spoken, "headers": []})
        if spoken is None:
            reason = "Subprotocol not acceptable"
            await send({"type": "websocket.close", "code": NOT_ACCEPTABLE, "reason": reason})
            return
    except OSError:
        return  # the peer went during the handshake (ASGI: send raises a subclass of OSError)
    await GraphQLSocket(backend, scope, receive, send).serve()


def _may_open(backend: Backend, scope: Scope, refused: Refused) -> bool:
    """Whether the page that opens a socket may: none (no browser), one of ours, or one of
    FRONTEND_URL, as for CORS. Scheme and port count."""
    origins = values_of(scope, b"origin")
    if not origins or is_named(origins[0], backend.settings.frontend_url):
        return True
    if values_of(scope, b"sec-fetch-site")[:1] == ["same-origin"]:  # the browser's, not the page's
        return True
    scheme = "https" if scope.get("scheme") in ("wss", "https") else "http"
    host = next(iter(values_of(scope, b"host")), "")
    if is_same_origin(origins[0], scheme, host):
        return True
    refused(address_of(scope), origins[0])
    return False
