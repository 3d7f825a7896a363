"""PostgreSQL servers of a test's own, to be killed, promoted, filled up and encrypted at will.

Each is a cluster in a temporary folder, on a free loopback port. PostgreSQL refuses to run as
root, so its programs run as the user `postgres` then. Where initdb is missing those tests are
skipped with a word; in CI they fail instead.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from graphql_api.process import migrate_at
from tests.ci import in_ci
from tests.databases import apart
from tests.patience import PATIENCE_S
from tests.servers import free_port

DEBIAN = "/usr/lib/postgresql"  # where initdb is kept out of PATH
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # what is killed here are processes, never the machine
    "shared_buffers": "16MB",
    "max_connections": "60",
    "logging_collector": "off",
}

SMALL = ("--locale=C", "--wal-segsize=1")  # MB; so that copies are cheap, and a disk is soon full


def programs() -> Path:
    """The folder of initdb and its like."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = [path.parent for path in Path(DEBIAN).glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    if in_ci():
        pytest.fail("initdb is not there: in CI servers of the tests' own are needed")
    pytest.skip("PostgreSQL: initdb is not there (Debian: apt-get install postgresql)")


def _somebody() -> dict[str, Any]:
    """As whom PostgreSQL's programs run: arguments of subprocess."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL: it does not run as root, and there is no user postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give_away(path: Path) -> None:
    """Make a file or folder the server's."""
    somebody = _somebody()
    if somebody:
        os.chown(path, somebody["user"], somebody["group"])


class Clusters:
    """Makes clusters, in a folder that the server's user may reach, which pytest's own are not.

    One is made and migrated once; the others are copies of it.
    """

    def __init__(self) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="inventory-test-")
        self.folder = Path(self._place.name)
        self.folder.chmod(0o711)
        self._template: Cluster | None = None
        self._made: list[Cluster] = []

    def new(self, folder: Path | None = None, **settings: str) -> Cluster:
        """A cluster with a migrated database, not started. folder: where; None: in ours."""
        if self._template is None:
            self._template = self._migrated()
        cluster = self._cluster(folder, settings)
        source, target = self._template.folder, cluster.folder
        subprocess.run(["cp", "-a", source, target], check=True, timeout=PATIENCE_S)
        return cluster

    def standby(self, port: int) -> Cluster:
        """A cluster that follows the primary at `port`, not started."""
        cluster = self._cluster(None, {})
        cluster.follow(port)
        return cluster

    def kill(self) -> None:
        """End all, and remove what they had."""
        while self._made:
            cluster = self._made.pop()
            cluster.kill()
            shutil.rmtree(cluster.folder, ignore_errors=True)

    def close(self) -> None:
        self.kill()
        if self._template is not None:
            self._template.kill()
        self._place.cleanup()

    def _cluster(self, folder: Path | None, settings: dict[str, str]) -> Cluster:
        cluster = Cluster(folder or self.folder / secrets.token_hex(6), **settings)
        self._made.append(cluster)
        return cluster

    def _migrated(self) -> Cluster:
        cluster = Cluster(self.folder / "template")
        try:
            cluster.make()
            cluster.start()
            apart(migrate_at(cluster.url))
        except BaseException:
            cluster.kill()
            raise
        cluster.stop()
        return cluster


class Cluster:
    """One server, of Clusters. `start`, `stop` or `kill`, and `start` again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """folder: its data's, not there yet or empty. settings: of postgresql.conf."""
        self.folder = folder
        self.log = folder.with_name(f"{folder.name}.log")
        self.port = free_port()
        self._settings = SETTINGS | settings
        self._programs = programs()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def put_database(self, name: str, folder: Path) -> str:
        """A migrated database whose tables lie in an empty folder of the server's; its URL."""
        give_away(folder)
        self.value(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
        self.value(f"CREATE DATABASE {name} TEMPLATE postgres TABLESPACE {name}")
        return self.url.removesuffix("postgres") + name

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def make(self) -> None:
        """Make its data."""
        self._own_folder()
        common = ("--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8")
        self._run("initdb", "-D", str(self.folder), *common, *SMALL)

    def follow(self, port: int) -> None:
        """Make its data: a standby of the primary at `port`."""
        self._own_folder()
        primary = f"host=127.0.0.1 port={port} user=postgres"
        options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        self._run("pg_basebackup", "-d", primary, "-D", str(self.folder), *options)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        chosen = [f"--{name}={value}" for name, value in self._settings.items()]
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder, "-p", str(self.port), *chosen],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd="/",
                **_somebody(),
            )
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if not self.is_running or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text(errors="replace")[-2_000:])
            time.sleep(0.05)

    def stop(self) -> None:
        """As a system does that goes down: all connections are ended, all is written."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a machine that is gone: nobody is told, nothing is finished."""
        if self._process is None:
            return
        for pid in self._children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._end(signal.SIGKILL)

    def promote(self) -> None:
        """A standby becomes a primary. Waits until it takes changes."""
        self.value("SELECT pg_promote(true, 60)")
        assert self.value("SELECT NOT pg_is_in_recovery()")

    def value(self, query: str, database: str = "postgres") -> Any:
        """The first value that a query gives, on a connection of its own."""
        return apart(self._value(query, database))

    async def _value(self, query: str, database: str) -> Any:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.port, user="postgres", database=database
        )
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    def _own_folder(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        give_away(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            cwd="/",
            **_somebody(),
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _answers(self) -> bool:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncio.TimeoutError):
            try:
                return bool(self.value("SELECT true"))
            except asyncpg.InvalidAuthorizationSpecificationError:
                return True  # it answers, though not to us
        return False

    def _children(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        with suppress(OSError):
            return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.wait(PATIENCE_S)
