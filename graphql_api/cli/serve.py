"""The command `serve`: one server process, until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Callable
from typing import Annotated, Any

import typer
import uvicorn

from graphql_api import __version__
from graphql_api.accounts.users import Users
from graphql_api.app import create_app
from graphql_api.cli.opening import checked_settings, warn_of_misspelt
from graphql_api.cli.outcome import DONE, PROGRAM, CommandFailed, note
from graphql_api.database.database import Database
from graphql_api.operations import logs
from graphql_api.process import open_services
from graphql_api.settings import Settings
from graphql_api.transport.drain import DrainingServer
from graphql_api.transport.server import raise_file_limit, server_config

COLLECTION_THRESHOLDS = (20_000, 50, 50)  # allocations, then runs of the younger generation
FAST_DRAIN_S = 1.0  # when a part has failed: there is no time for more

commands = typer.Typer()


def _settings_help() -> str:
    """Every setting in a line, as `serve --help` tells them."""
    lines = ["**Settings**, from the environment:\n"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default in (None, "", ()) else f" *({default})*"
        text = f": {field.description}" if field.description else ""
        lines.append(f"- **{name.upper()}**{shown}{text}")
    return "\n".join(lines)


@commands.command(epilog=_settings_help())
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one.")] = 8_000,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Log each request and each socket.")
    ] = False,
) -> None:
    """Serve the API until SIGTERM or Ctrl+C.

    On an empty machine it makes its SQLite file and its tables first. On SIGTERM it refuses new
    work, closes its sockets spread over DRAIN_SECONDS, finishes what runs, and exits with 0.
    """
    warn_of_misspelt()
    settings = checked_settings()
    logs.configure(settings.log_level, settings.is_production, access_log)
    raise_file_limit()
    listening = _listen(host, port)
    with listening:
        _prepare(settings)
        application = create_app(settings)
        application.schema.warm()
        config = server_config(application, settings, access_log=access_log)
        server = AnnouncingServer(
            config, application.drain, _address(listening), _what_runs(settings)
        )
        # uvicorn raises SIGTERM again once it has shut down: that is the end of a good run.
        signal.signal(signal.SIGTERM, _end_well)
        supervision = application.supervision
        supervision.on_failure(lambda _: server.end_soon(lambda: application.drain(FAST_DRAIN_S)))
        server.run(sockets=[listening])
        if supervision.reason is not None:
            raise CommandFailed(f"a part of the server has ended: {supervision.reason}")
        if not server.started:
            raise CommandFailed("the server did not start")


class AnnouncingServer(DrainingServer):
    """Tells where it serves, once it does."""

    def __init__(
        self, config: uvicorn.Config, drain: Callable[[], Any], address: str, what: str
    ) -> None:
        super().__init__(config, drain)
        self._address = address
        self._what = what

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is there now stays: the collector need not look at it again, and thousands of
        # sockets are no reason to look at everything more often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTION_THRESHOLDS)
        typer.echo(
            f"Serving on {self._address} (GraphQL at /graphql; {self._what}). Ctrl+C stops it."
        )


def _what_runs(settings: Settings) -> str:
    """Version, environment and database, without its password."""
    database = Database(settings.database_url)
    return f"version {__version__}, {settings.environment}, {database.url_without_password}"


def _end_well(*_: object) -> None:
    raise SystemExit(DONE)


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound here, not by the server, which would tell a taken port in a log entry."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CommandFailed(f"cannot listen on {host}: {error.strerror}") from None
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise CommandFailed(f"cannot listen on {host}, port {port}: {error.strerror}") from None
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _prepare(settings: Settings) -> None:
    """Open everything once before the server does, which would log what is wrong at length."""

    async def work() -> int:
        async with open_services(settings) as services:
            return await services.of(Users).count()

    if asyncio.run(work()) == 0:
        note(f"There are no users yet: `{PROGRAM} create-user --help` tells how to add one.")
