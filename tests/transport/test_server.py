"""How the application is served: as many files as there may be, and never more connections."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest

from graphql_api.transport.server import FILES_KEPT, bounds_of, raise_file_limit
from tests.conftest import settings_for
from tests.forks import Command
from tests.servers import Server

LIMIT = resource.RLIMIT_NOFILE


class BornHere(Server):
    """This process's own child: it has its limits."""

    @staticmethod
    def started(command: Command, **options: Any) -> subprocess.Popen[Any]:
        return subprocess.Popen(command, **options)


def test_the_server_takes_as_many_files_as_the_system_grants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft, hard = resource.getrlimit(LIMIT)
    try:
        resource.setrlimit(LIMIT, (512, hard))  # what the server is born with
        with BornHere(tmp_path) as server:
            assert server._process is not None
            limits = Path(f"/proc/{server._process.pid}/limits").read_text()
    finally:
        resource.setrlimit(LIMIT, (soft, hard))
    told = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert told.split()[3:5] == [str(hard), str(hard)]


def test_a_limit_that_is_high_already_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (4_096, 4_096))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: pytest.fail("it was set"))
    raise_file_limit()


def test_there_are_never_more_connections_than_files(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for("sqlite://x", connections_max=10_000)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 1_024))
    assert bounds_of(settings).connections_max == 1_024 - FILES_KEPT
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert bounds_of(settings).connections_max == 10_000
