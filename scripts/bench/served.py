"""The bare application of ceiling.py under each of the servers that servers.py compares.

    python scripts/bench/served.py --server granian --port 20000

All speak to the same application, so what differs is the server. `bounded` is uvicorn with the
bounds of transport/bounded.py, as our own server is configured.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable

import uvicorn
from ceiling import application
from uvicorn_settings import serve

BACKLOG = 4_096
CONNECTIONS_AT_ONCE = 100_000  # Granian takes no more than so many: a socket is one
HOST = "127.0.0.1"


def uvicorn_with(ws: str) -> Callable[[int], None]:
    """uvicorn with one of its own WebSocket protocols."""
    return lambda port: serve(application, port, ws)


def bounded(port: int) -> None:
    """uvicorn as our server configures it."""
    from graphql_api.settings import Settings
    from graphql_api.transport.server import server_config

    config = server_config(application, Settings(), shutdown_s=1)
    config.host, config.port = HOST, port
    gc.freeze()
    uvicorn.Server(config).run()


def granian(port: int) -> None:
    """Granian (hyper and tungstenite in Rust), one worker with one thread, on uvloop."""
    from granian import Granian
    from granian.constants import Interfaces, Loops, RuntimeModes

    Granian(
        "ceiling:application",
        address=HOST,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        loop=Loops.uvloop,
        runtime_mode=RuntimeModes.st,
        backlog=BACKLOG,
        backpressure=CONNECTIONS_AT_ONCE,
        log_enabled=False,
    ).serve()


SERVERS: dict[str, Callable[[int], None]] = {
    "websockets-sansio": uvicorn_with("websockets-sansio"),
    "websockets": uvicorn_with("websockets"),
    "wsproto": uvicorn_with("wsproto"),
    "bounded": bounded,
    "granian": granian,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", choices=SERVERS, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    SERVERS[arguments.server](arguments.port)
