"""How every Python contestant is served: one place, so that none has better settings."""

from __future__ import annotations

import argparse
import gc
from typing import Any

import uvicorn

WS_IMPLEMENTATION = "websockets-sansio"  # what uvicorn's "auto" takes when websockets is there


def port_from_arguments() -> int:
    """The loopback port to listen on, given as `--port`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port: int = parser.parse_args().port
    return port


def serve(app: Any, port: int | None = None, ws: Any = WS_IMPLEMENTATION) -> None:
    """Run an ASGI application under the settings shared by all until SIGTERM. port: None where
    the command line says it; ws: which of uvicorn's WebSocket protocols (served.py).

    permessage-deflate is off (one compression per socket and event otherwise), no access log,
    no WebSocket pings during the short runs.
    """
    gc.freeze()  # what was imported is not looked at by each collection, as a real server would do
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port or port_from_arguments(),
        loop="uvloop",
        http="httptools",
        ws=ws,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
        backlog=4_096,
    )
