"""How the application is served: uvicorn's configuration, and how many files it may open.

`serve` and the tests of real sockets use the same, so what is tested is what runs.
"""

from __future__ import annotations

from typing import Any

import uvicorn

from graphql_api.settings import Settings
from graphql_api.transport.bounded import BoundedHttp
from graphql_api.transport.bounded_socket import BoundedWebSocket
from graphql_api.transport.bounds import Bounds

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

CONNECTIONS_WAITING_MAX = 4_096  # not accepted yet: what comes back at once after a restart
SOCKET_MESSAGE_MARGIN = 1_024  # bytes beyond BODY_BYTES_MAX: the protocol tells it more kindly
SHUTDOWN_SECONDS_MAX = 10  # for running requests, after the drain: both within 30 s

FILES_WANTED = 1_048_576  # where the hard limit is "unlimited"; Linux allows no more anyway
FILES_KEPT = 96  # for the database, the broker, logs and what is opened meanwhile


class ServerConfig(uvicorn.Config):
    """uvicorn's, with the bounds that its protocols keep."""

    def __init__(self, app: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(app, **options)
        self.bounds = bounds


def server_config(
    app: Any,
    settings: Settings,
    *,
    access_log: bool = False,
    shutdown_s: int = SHUTDOWN_SECONDS_MAX,
) -> ServerConfig:
    """The configuration of a server of `app`. shutdown_s: for running requests at the end."""
    return ServerConfig(
        app,
        bounds_of(settings),
        loop="auto",  # uvloop wherever there is one
        http=BoundedHttp,
        ws=BoundedWebSocket,
        ws_per_message_deflate=False,  # one compression for each socket and event
        ws_max_size=settings.body_bytes_max + SOCKET_MESSAGE_MARGIN,
        ws_ping_interval=None,  # ours carry a cursor (heartbeat_seconds): one ping is enough
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=shutdown_s,
        backlog=CONNECTIONS_WAITING_MAX,
        lifespan="on",
        access_log=access_log,
        server_header=False,
        log_config=None,
    )


def bounds_of(settings: Settings) -> Bounds:
    """What connections may cost; never more of them than files can be opened."""
    limit = file_limit()
    most = settings.connections_max
    return Bounds(
        header_bytes_max=settings.header_bytes_max,
        header_fields_max=settings.header_fields_max,
        request_s=settings.request_seconds,
        stall_s=settings.slow_reader_seconds,
        connections_max=most if limit is None else max(1, min(most, limit - FILES_KEPT)),
        silent_per_address_max=settings.silent_connections_per_address_max,
    )


def file_limit() -> int | None:
    """How many files this process may have open; None: as many as it likes."""
    if resource is None:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def raise_file_limit() -> None:
    """Take as many files as the system grants: a socket is one, and most shells grant 1,024."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = FILES_WANTED if hard == unlimited else hard
    if soft == unlimited or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return  # the system grants less than it says (macOS): what there is must do
