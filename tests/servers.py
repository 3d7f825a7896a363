"""The real server as a process: `python -m graphql_api serve`. Used by acceptance tests.

It listens on a free loopback port, keeps its SQLite file in the folder it is given, can be killed
and started again on both, and never outlives the test.
"""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from graphql_api.accounts.roles import Role
from graphql_api.accounts.users import NewUser, Users
from graphql_api.process import open_services
from graphql_api.settings import read_settings
from tests import forks
from tests.databases import apart, migrated_file
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
PORTS = range(20_000, 32_000)  # below the range that the system takes clients' ports from
PORT_SHARES = 16  # one for each of xdist's workers
READY_TIMEOUT_S = 2 * PATIENCE_S  # one that is not forked imports first: seconds of a core
COMMAND_TIMEOUT_S = PATIENCE_S
STOP_TIMEOUT_S = PATIENCE_S

CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
EMAIL, PASSWORD = "admin@example.com", "a password of tests"


class NotReady(Exception):
    """The server ended, or was not ready in time; carries the end of what it said."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment. It is taken a second later, or again
    after a restart: so none is given out twice, and xdist's other workers have others."""
    while True:
        port = next(_ports())
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@cache
def _ports() -> Iterator[int]:
    """Those of this worker, in any order, over and over."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    mine = list(PORTS[worker % PORT_SHARES :: PORT_SHARES])
    secrets.SystemRandom().shuffle(mine)
    return cycle(mine)


class Server:
    """A server on a database of its own. As a context manager it starts, and ends for sure."""

    python = sys.executable
    module = "graphql_api"  # that serves
    started = staticmethod(forks.started)

    def __init__(self, folder: Path, **settings: str) -> None:
        """settings: environment variables beyond DATABASE_URL; the others have their defaults, but
        for WORKERS: one, on PostgreSQL too."""
        self.database = folder / "inventory.sqlite3"
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = {
            **os.environ,
            # httpx keeps a connection for five seconds, as the server does: a test that waits so
            # long would send into one that is just being closed.
            "KEEP_ALIVE_SECONDS": "60",
            "DATABASE_URL": f"sqlite://{self.database}",
            "PYTHONPATH": str(ROOT),
            "WORKERS": "1",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait for /readyz. Raises NotReady."""
        command = [self.python, "-m", self.module, "serve"]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("ab") as said:
            self._process = self.started(
                command,
                cwd=self.log.parent,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NotReady(self.log.read_text(errors="replace")[-2_000:])
            time.sleep(0.05)

    def is_ready(self) -> bool:
        """Whether /readyz says so."""
        with (
            closing(HTTPConnection("127.0.0.1", self.port, timeout=READY_TIMEOUT_S)) as connection,
            suppress(OSError, HTTPException),
        ):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False

    def stop(self) -> int | None:
        """SIGTERM, and SIGKILL if that takes too long; its exit code, None: it was not running."""
        process = self._process
        if process is None:
            return None
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
        self.kill()
        return process.returncode

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def command(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run another command of graphql_api on the same database; `given` is its input."""
        return forks.run(
            [self.python, "-m", "graphql_api", *arguments],
            cwd=self.log.parent,
            env=self._env,
            input=given,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    def create_user(
        self, email: str = EMAIL, password: str = PASSWORD, role: str = "ADMIN"
    ) -> None:
        """Someone who can sign in. Made in this process, since each costs seconds of a core to
        start; the first of a new SQLite file also makes its tables."""
        url = self._env["DATABASE_URL"]
        if url == f"sqlite://{self.database}" and not self.database.exists():
            self.database.write_bytes(migrated_file())
            self.database.chmod(0o600)
        apart(_with_user(url, NewUser(email, email, password, Role(role))))

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database's file beside the server; [] before it has been made."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()


async def _with_user(url: str, user: NewUser) -> None:
    """The password's hash is a cheap one, which a server checks as cheaply: a real one takes a
    tenth of a second of a core each time. tests/test_cli_accounts.py has real ones."""
    given = {"environment": "development", "redis_url": None, "jwt_secret": secrets.token_hex(16)}
    with patch.object(PasswordHash, "recommended", lambda: CHEAP):
        async with open_services(read_settings(database_url=url, **given)) as services:
            await services.of(Users).create(user)


@contextmanager
def client_script(
    name: str, server: Server, *arguments: str, log: Path
) -> Iterator[subprocess.Popen[str]]:
    """A script of scripts/ on this server, signed in as the administrator; killed at the end."""
    env = {
        **os.environ,
        "INVENTORY_URL": server.url,
        "INVENTORY_EMAIL": EMAIL,
        "INVENTORY_PASSWORD": PASSWORD,
    }
    with log.open("a") as errors:
        process = forks.started(
            [sys.executable, str(SCRIPTS / name), *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
