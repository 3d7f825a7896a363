"""A real server, and Node with the client libraries, for tests of clients.

Node and npm are asked for in CI; elsewhere the tests that need them are skipped with a word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.clients.shop import Shop, shop_at
from tests.servers import Server

HERE = Path(__file__).parent
NPM_TIMEOUT_S = 300
LOCK = "package-lock.json"


@pytest.fixture(scope="session")
def node() -> str:
    """Node's command, with the libraries of package-lock.json installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("node and npm are not there: in CI the JavaScript clients are tested too")
        pytest.skip("the JavaScript clients: install Node 20 or newer, with npm")
    if not _is_installed():
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, timeout=NPM_TIMEOUT_S
        )
        shutil.copyfile(HERE / LOCK, _installed_lock())
    return node


def _is_installed() -> bool:
    """Whether node_modules was made from the lock file as it is now."""
    installed = _installed_lock()
    return installed.exists() and installed.read_bytes() == (HERE / LOCK).read_bytes()


def _installed_lock() -> Path:
    return HERE / "node_modules" / ".installed-lock.json"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of all tests of clients, with an administrator; its restarts are quick."""
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
