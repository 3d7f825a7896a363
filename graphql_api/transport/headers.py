"""Headers: those that every answer has, whatever it is, and those of a request.

Called by the endpoint, the pages and the app.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    # What no page of ours needs; the camera is for scanning barcodes.
    "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}


def values_of(scope: Scope, name: bytes) -> list[str]:
    """What a request says in this header, in the order it came. name: in lower case, as servers
    give them (ASGI)."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


class Headers:
    """A request's headers, looked through once: the endpoint asks for six of them. has_twins: two
    have one name."""

    __slots__ = ("_by_name", "_listed", "has_twins")

    def __init__(self, scope: Scope) -> None:
        self._listed = scope["headers"]
        self._by_name: dict[bytes, bytes] = dict(self._listed)
        self.has_twins = len(self._by_name) != len(self._listed)

    def first(self, name: bytes) -> str | None:
        """The first of this name, in lower case; None: there is none."""
        if self.has_twins:
            return next(iter(self.values(name)), None)
        value = self._by_name.get(name)
        return None if value is None else value.decode("latin-1")

    def values(self, name: bytes) -> list[str]:
        """All of this name, in the order they came."""
        if name not in self._by_name:
            return []
        return [value.decode("latin-1") for key, value in self._listed if key == name]

    def joined(self, name: bytes) -> str | None:
        """All of this name as one: RFC 9110 5.3; None: there is none."""
        return ", ".join(self.values(name)) if name in self._by_name else None

    def __contains__(self, name: bytes) -> bool:
        return name in self._by_name


class SecureHeaders:
    """ASGI middleware: adds them to answers that do not have them yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        wrapped = send_secured if scope["type"] == "http" else send
        await self._app(scope, receive, wrapped)
