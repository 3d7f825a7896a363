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
