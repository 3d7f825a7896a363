"""A real server, and Node with the client libraries, for tests of clients.

Node and npm are asked for in CI; elsewhere the tests that need them are skipped with a word.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ci import in_ci
from tests.clients.shop import Shop, shop_at
from tests.servers import ROOT, Server

HERE = Path(__file__).parent
WEB = ROOT / "graphql_api" / "web"
NPM_TIMEOUT_S = 300
LOCK = "package-lock.json"


@pytest.fixture(scope="session")
def node() -> str:
    """Node's command, with the libraries of this folder's package-lock.json installed."""
    return node_with(HERE)


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that follows a server with the client kit, bundled for Node."""
    node = node_with(WEB)
    script = tmp_path_factory.mktemp("kit") / "follow.mjs"
    subprocess.run(
        ["npm", "run", "--silent", "bundle:follow", "--", "--file", str(script)],
        cwd=WEB,
        check=True,
        timeout=NPM_TIMEOUT_S,
        stdout=subprocess.DEVNULL,
    )
    return [node, str(script)]


def node_with(folder: Path) -> str:
    """Node's command, with what the folder's lock file names installed beside it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        if in_ci():
            pytest.fail("node and npm are not there: in CI the JavaScript clients are tested too")
        pytest.skip("the JavaScript clients: install Node 20 or newer, with npm")
    lock, installed = folder / LOCK, folder / "node_modules" / ".installed-lock.json"
    with _alone(lock):
        if not installed.exists() or installed.read_bytes() != lock.read_bytes():
            command = [npm, "ci", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, timeout=NPM_TIMEOUT_S)
            shutil.copyfile(lock, installed)
    return node


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """One process at a time: tests of one module may run in several workers."""
    with file.open("rb") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of a module's tests, with an administrator; its restarts are quick.

    Of a module only: each test adds items, and who compares all of them asks for one page.
    """
    folder = tmp_path_factory.mktemp("clients")
    server = Server(folder, RATE_LIMIT="off", DRAIN_SECONDS="0.2", LOG_LEVEL="WARNING")
    server.create_user()
    with server:
        yield server


@pytest.fixture
async def shop(server: Server, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """An open shop of this test alone, its items on the shelf."""
    async with shop_at(server) as http:
        shop = Shop(http, request.node.name.split("_")[1])
        await shop.open()
        yield shop
