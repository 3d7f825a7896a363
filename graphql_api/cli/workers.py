"""`serve` with workers: the parent, and what each forked worker does. Called by cli/serve.py."""

from __future__ import annotations

import faulthandler
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from graphql_api.app import Application
from graphql_api.cli.outcome import DONE, FAILED, CommandFailed
from graphql_api.cli.settled import settle
from graphql_api.operations import logs
from graphql_api.settings import Settings
from graphql_api.transport.drain import CLOSING_S, DrainingServer
from graphql_api.transport.server import SHUTDOWN_SECONDS_MAX, server_config
from graphql_api.workers.parent import TRACE_SIGNAL, Assignment, Parent
from graphql_api.workers.places import Places
from graphql_api.workers.team import Team

FAST_DRAIN_S = 1.0  # when a part has failed: there is no time for more
END_MARGIN_S = 0.5  # past a worker's own bound: it ends itself by then


def serve_with_workers(
    application: Application,
    listening: socket.socket,
    count: int,
    serving: Callable[[], None],
    *,
    access_log: bool,
) -> None:
    """Until a signal ends it. listening: bound, to the port of all. Raises CommandFailed."""
    settings = application.settings

    def become(assignment: Assignment) -> int:
        return _work(application, assignment, access_log)

    try:
        places = Places(listening, count)
    except OSError as error:
        raise CommandFailed(f"cannot listen {count} times: {error.strerror}") from None
    settle()  # before it is shared: the collector of each worker would copy every page
    sys.stdout.flush()
    parent = Parent(
        count,
        places,
        become,
        serving,
        hang_s=settings.worker_hang_seconds,
        end_s=settings.drain_seconds + SHUTDOWN_SECONDS_MAX + CLOSING_S + END_MARGIN_S,
    )
    failure = parent.run()
    if failure is not None:
        raise CommandFailed(failure)


def _work(application: Application, assignment: Assignment, access_log: bool) -> int:
    """One worker, until the parent or a signal ends it; its exit code."""
    settings = application.settings
    _log_as(assignment.number, settings, access_log)
    if TRACE_SIGNAL is not None:
        faulthandler.register(TRACE_SIGNAL, all_threads=False)
    team = Team(assignment.number, assignment.link, assignment.counts)
    application.team = team
    config = server_config(application, settings, access_log=access_log)
    server = WorkerServer(config, application.drain, team)
    team.on_orphaned = lambda: server.end_soon(lambda: application.drain(FAST_DRAIN_S))
    supervision = application.supervision
    supervision.on_failure(lambda _: server.end_soon(lambda: application.drain(FAST_DRAIN_S)))
    # uvicorn raises SIGTERM again once it has shut down: that is the end of a good run.
    signal.signal(signal.SIGTERM, end_well)
    server.run(sockets=[assignment.listening])
    return DONE if supervision.reason is None else FAILED


def _log_as(number: int, settings: Settings, access_log: bool) -> None:
    logs.configure(settings.log_level, settings.is_production, access_log, worker=number)


def end_well(*_: object) -> None:
    """A signal's handler: the process ends, and well."""
    raise SystemExit(DONE)


class WorkerServer(DrainingServer):
    """Does what the parent says, and tells it what it does. Ctrl+C in a terminal reaches all
    processes: only the parent heeds it."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Any], team: Team) -> None:
        super().__init__(config, drain)
        self._team = team

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._team.on_drain, self._team.on_end = self.drain_soon, self.end_now
        await self._team.start()
        await super().startup(sockets)
        settle()
        self._team.serves()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await self._team.close()

    def handle_exit(self, sig: int, frame: Any) -> None:
        if sig != signal.SIGINT:
            super().handle_exit(sig, frame)
