"""The one place that knows the server under ASGI (uvicorn), for what ASGI cannot say.

uvicorn's send waits until its buffer has room. So a peer that does not read would hold up even
the close frame that tells it so, and its transport would wait for ever to be flushed.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Send


class ServerSeam:
    """Reaches through a raw ASGI send to the connection behind it, where there is one."""

    def unblock(self, send: Send) -> None:
        """Let the next message be written behind what waits. Harmless on other servers."""
        writable = getattr(_connection(send), "writable", None)
        if isinstance(writable, asyncio.Event):
            writable.set()

    def abort_later(self, send: Send, seconds: float) -> None:
        """Give up on the peer after `seconds`: by then it has read the close, or never will."""
        abort = getattr(getattr(_connection(send), "transport", None), "abort", None)
        if abort is not None:
            asyncio.get_running_loop().call_later(seconds, abort)


def _connection(send: Send) -> Any:
    return getattr(send, "__self__", None)
