"""Headers that every answer has, whatever it is. Called by the endpoint, the pages and the app."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    # What no page of ours needs; the camera is for scanning barcodes.
    "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}


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
