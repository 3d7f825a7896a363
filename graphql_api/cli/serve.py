"""The command `serve`: a server process, or workers, until a signal ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
import uvicorn

from graphql_api import __version__
from graphql_api.accounts.users import Users
from graphql_api.app import Application, create_app
from graphql_api.cli.opening import checked_settings, warn_of_misspelt
from graphql_api.cli.outcome import PROGRAM, WRONG_USAGE, CommandFailed, note
from graphql_api.cli.settled import settle
from graphql_api.cli.workers import FAST_DRAIN_S, end_well, serve_with_workers
from graphql_api.database.database import Database
from graphql_api.operations import logs
from graphql_api.process import open_services
from graphql_api.settings import Settings
from graphql_api.transport.drain import DrainingServer
from graphql_api.transport.server import raise_file_limit, server_config
from graphql_api.worker_settings import checked_workers
from graphql_api.workers.amount import can_fork, workers_wanted

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


def _asked(text: str) -> str:
    """As typer wants to be told what is wrong."""
    try:
        return checked_workers(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@commands.command(epilog=_settings_help())
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one.")] = 8_000,
    workers: Annotated[
        str | None,
        typer.Option(parser=_asked, metavar="N", help="Processes; auto. Without it: WORKERS."),
    ] = None,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Log each request and each socket.")
    ] = False,
) -> None:
    """Serve the API until SIGTERM or Ctrl+C.

    On an empty machine it makes its SQLite file and its tables first. On SIGTERM it refuses new
    work, closes its sockets spread over DRAIN_SECONDS, finishes what runs, and exits with 0. With
    workers a parent starts them, replaces those that end, and ends them all.
    """
    warn_of_misspelt()
    settings = checked_settings()
    count = workers_wanted(workers or settings.workers, is_embedded=settings.is_embedded)
    if count > 1 and not can_fork():
        raise CommandFailed("this system has no fork: serve with --workers 1", WRONG_USAGE)
    logs.configure(settings.log_level, settings.is_production, access_log)
    raise_file_limit()
    listening = _listen(host, port)
    with listening:
        _prepare(settings)
        application = create_app(settings)
        application.schema.warm()
        announce = _announcement(_address(listening), _what_runs(settings), count)
        if count > 1:
            serve_with_workers(application, listening, count, announce, access_log=access_log)
        else:
            _serve_alone(application, listening, announce, access_log)


def _serve_alone(
    application: Application, listening: socket.socket, announce: Callable[[], None], log: bool
) -> None:
    """In this process. log: each request."""
    config = server_config(application, application.settings, access_log=log)
    server = AnnouncingServer(config, application.drain, announce)
    # uvicorn raises SIGTERM again once it has shut down: that is the end of a good run.
    signal.signal(signal.SIGTERM, end_well)
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
        self, config: uvicorn.Config, drain: Callable[[], Any], announce: Callable[[], None]
    ) -> None:
        super().__init__(config, drain)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settle()
        self._announce()


def _announcement(address: str, what: str, workers: int) -> Callable[[], None]:
    """Says where it serves."""
    many = f"; {workers} workers" if workers > 1 else ""
    words = f"Serving on {address} (GraphQL at /graphql; {what}{many}). Ctrl+C stops it."

    def announce() -> None:
        typer.echo(words)
        sys.stdout.flush()

    return announce


def _what_runs(settings: Settings) -> str:
    """Version, environment and database, without its password."""
    database = Database(settings.database_url)
    return f"version {__version__}, {settings.environment}, {database.url_without_password}"


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
