"""The attack script on a real server: a short run, its table, its exit codes, what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import forks
from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, SCRIPTS, Server

WIDE = "60000"  # ms: what a busy machine makes of a wait is not what this is about


def attack(*arguments: str) -> subprocess.CompletedProcess[str]:
    return forks.run(
        [sys.executable, str(SCRIPTS / "attack.py"), *arguments],
        env={**os.environ, "INVENTORY_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE_S,
        check=False,
    )


def rows(said: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {row["attack"]: row for row in json.loads(said.stdout)}


@pytest.fixture
def server(tmp_path: Path) -> Any:
    server = Server(tmp_path, DRAIN_SECONDS="0.2")
    server.create_user(EMAIL, PASSWORD)
    with server:
        yield server


@pytest.mark.early
@pytest.mark.campaign
def test_headers_connections_and_frames_cost_little_memory_and_no_honest_answer(
    server: Server,
) -> None:
    assert server._process is not None
    pid = str(server._process.pid)
    wanted = ["--only", "^(headers|connections|frames)", "--seconds", "0.2", "--json"]
    said = attack(server.url, "--pid", pid, "--email", EMAIL, "--p99-ms-max", WIDE, *wanted)
    assert said.returncode == 0, said.stdout + said.stderr
    found = rows(said)
    assert len(found) > 15
    assert all(row["answers"] and not row["lost"] for row in found.values()), found
    assert all(row["rounds"] for name, row in found.items() if name != "nothing")
    assert all(row["memoryMb"] <= 100 for row in found.values())
    log = server.log.read_text()
    assert "Traceback" not in log, log[-8_000:]


def test_a_servers_workers_are_looked_at_too(tmp_path: Path) -> None:
    server = Server(tmp_path, DRAIN_SECONDS="0.2", WORKERS="2")
    server.create_user(EMAIL, PASSWORD)
    with server:
        assert server._process is not None
        pid = server._process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        code = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import attack; "
        said = forks.run(
            [sys.executable, "-c", code + f"print(*attack._family({pid}))"],
            env=dict(os.environ),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        )
        assert said.stdout.split() == [str(pid), *workers] and len(workers) == 2


def test_a_row_out_of_bounds_is_told_by_the_exit_code(server: Server) -> None:
    said = attack(server.url, "--only", "come and go", "--seconds", "0.2", "--p99-ms-max", "0")
    assert said.returncode == 1
    assert "BEYOND" in said.stdout


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://192.0.2.1:8000", "only loopback"),
        ("https://127.0.0.1:8000", "must be like"),
        ("nonsense", "must be like"),
    ],
)
def test_other_machines_are_not_attacked(url: str, words: str) -> None:
    said = attack(url)
    assert said.returncode == 2
    assert words in said.stderr
    assert "Traceback" not in said.stderr
