"""Handshakes of WebSockets, read from what the HTTP parser found. Pure; called by bounded.py.

uvicorn writes the request as text again, for websockets to parse once more: a quarter of what it
costs to open a socket. Nearly all handshakes are plain ones, as browsers and libraries send them,
and need neither. Whatever is unusual in one is no plain handshake: then uvicorn and websockets
judge it, and say what is wrong with it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Mapping
from hashlib import sha1
from typing import Any, NamedTuple

# RFC 6455, 1.3: "concatenate this with the Globally Unique Identifier (GUID, [RFC4122])
# "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" in string form".
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY_BYTES = 16  # RFC 6455, 4.1: "a nonce consisting of a randomly selected 16-byte value"
HEAD_BYTES_MAX = 4_096  # of a plain one; websockets has a bound for each line
PROTOCOLS = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+(?:, ?[-!#$%&'*+.^_`|~0-9A-Za-z]+)*")
CONNECTIONS = frozenset({b"upgrade", b"keep-alive, upgrade"})  # browsers; Firefox
# Of these a plain handshake has one, or none.
SINGLE = frozenset(
    {
        b"connection",
        b"upgrade",
        b"origin",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"sec-websocket-protocol",
    }
)
# A request that has one of these may have a body.
WITH_BODY = frozenset({b"content-length", b"transfer-encoding"})
BLANKS = (b" ", b"\t")


class Plain(NamedTuple):
    """A plain handshake. accept: what proves that its key was read; subprotocols: as offered."""

    accept: bytes
    subprotocols: list[str]


def plain_handshake(scope: Mapping[str, Any], url: bytes) -> Plain | None:
    """The handshake that a request is; None: it is no plain one, or none at all. scope: of the
    request as HTTP, with its method, version and headers, names in lower case."""
    if scope["method"] != "GET" or scope["http_version"] != "1.1":
        return None
    found = _singles(scope["headers"])
    if found is None or not url.isascii():
        return None
    is_asked = (
        found.get(b"upgrade", b"").lower() == b"websocket"
        and found.get(b"connection", b"").lower() in CONNECTIONS
        and found.get(b"sec-websocket-version") == b"13"
    )
    accept = accept_of(found.get(b"sec-websocket-key", b"")) if is_asked else None
    offered = found.get(b"sec-websocket-protocol")
    if accept is None or (offered is not None and not PROTOCOLS.fullmatch(offered)):
        return None
    spoken = [] if offered is None else [one.strip() for one in offered.decode("ascii").split(",")]
    return Plain(accept, spoken)


def _singles(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """The headers that count; None: there is one too many, or one for a body, or they are long, or
    have a blank at their end, which the HTTP parser leaves and websockets takes away."""
    found: dict[bytes, bytes] = {}
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if name in SINGLE:
            if name in found:
                return None
            found[name] = value
        elif name in WITH_BODY or value.endswith(BLANKS):
            return None
    return found if size <= HEAD_BYTES_MAX else None


def accept_of(key: bytes) -> bytes | None:
    """The value of Sec-WebSocket-Accept; None: it is no key."""
    try:
        is_key = len(b64decode(key, validate=True)) == KEY_BYTES
    except Error:
        return None
    return b64encode(sha1(key + GUID, usedforsecurity=False).digest()) if is_key else None


def accepting(plain: Plain, fields: Iterable[tuple[bytes, bytes]], subprotocol: str) -> bytes:
    """The answer to a plain handshake. fields: that the server adds to every answer."""
    parts = [
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
        plain.accept,
        b"\r\n",
    ]
    for name, value in fields:
        parts += name, b": ", value, b"\r\n"
    parts += b"Sec-WebSocket-Protocol: ", subprotocol.encode("ascii"), b"\r\n\r\n"
    return b"".join(parts)
