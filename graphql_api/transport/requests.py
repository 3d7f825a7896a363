"""What a request over HTTP says: its body or its address, as the members of a GraphQL request.

Called by the endpoint (http.py). All of it raises HTTPException for what is no such request.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from graphql_api.transport.headers import Headers
from graphql_api.transport.media import content_fault

NULL = type(None)
# What a request's members are.
MEMBERS: tuple[tuple[str, tuple[type, type], str], ...] = (
    ("query", (str, NULL), "a string"),
    ("variables", (dict, NULL), "an object"),
    ("operationName", (str, NULL), "a string"),
    ("extensions", (dict, NULL), "an object"),
)
ASKS = frozenset({"query", "extensions"})  # an address with one of them has an operation
PARAMETERS_MAX = 32  # in an address: the four, and what caches and trackers add


class Incoming:
    """A request over HTTP."""

    __slots__ = ("headers", "method", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"]
        self.headers = Headers(scope)


def posted(request: Incoming, body: bytes) -> dict[str, Any]:
    """The members of a request that was posted. Raises HTTPException."""
    given = request.headers.values(b"content-type")
    fault = content_fault(given[0] if len(given) == 1 else "")
    if fault is not None:
        raise HTTPException(400, fault)
    return _told(_decoded(body, "request body"))


def in_address(request: Incoming, bytes_max: int) -> dict[str, str]:
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


def asked(parameters: dict[str, str]) -> dict[str, Any]:
    """The members of a request in an address; an empty one is none. Raises HTTPException 400."""
    told: dict[str, Any] = {}
    for name, kind, _ in MEMBERS:
        text = parameters.get(name, "")
        if text:
            told[name] = text if str in kind else _decoded(text, f"`{name}`")
    return _told(told)


def _decoded(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise HTTPException(400, f"Unable to parse {what} as JSON") from None


def _told(decoded: Any) -> dict[str, Any]:
    """The members of a GraphQL request. Raises HTTPException 400."""
    if not isinstance(decoded, dict):
        raise HTTPException(400, "The body must be a JSON object with a `query`.")
    for name, kind, words in MEMBERS:
        if not isinstance(decoded.get(name), kind):
            raise HTTPException(400, f"`{name}` must be {words} or null.")
    return decoded


async def bounded_body(request: Incoming, bytes_max: int) -> bytes:
    """The whole body. Raises HTTPException 413 as soon as it is known to be too long."""
    declared = request.headers.first(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > bytes_max:
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
