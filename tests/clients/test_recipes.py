"""The recipes of docs/clients.md, as they stand there: nothing missed, nothing twice.

All run at the same time, on one server and through one network, which fail in every way that a
client must survive: see `Trouble`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.campaigns import is_usual, only_full
from tests.clients.conftest import HERE, WEB, node_with
from tests.clients.recipes import Recipe, bundled, files, python, written
from tests.network import Proxy
from tests.servers import EMAIL, PASSWORD, Server

PATIENCE_S = 60.0
INSTALL_TIMEOUT_S = 300
ITEMS = 4
END = "SHELF-END"
# Sockets are closed with these while the server goes on; graphql-ws by itself gives up at some.
CLOSES = (1011, 4403) if is_usual() else (1000, 1011, 1012, 1013, 4403, 4408)
GQL_3 = HERE / "gql3.txt"
CACHED = ("apollo 4", "apollo 3", "urql", "relay")
ALL = ("graphql-ws", *CACHED, "gql 4", "gql 3")

LOGIN = "mutation($input: LoginInput!) { login(input: $input) { accessToken } }"
CREATE = "mutation($input: CreateItemInput!) { createItem(input: $input) { userErrors { code } } }"
MOVE = """mutation($input: AdjustStockBatchInput!) {
  adjustStockBatch(input: $input) { applied userErrors { code } }
}"""


class Shelf:
    """Changes stock beside the network that fails. versions: SKU → how many events it had."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._http = httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S)
        self._moves = 0
        self.versions: dict[str, int] = {}

    async def open(self) -> None:
        for number in range(ITEMS):
            await self.create(f"SHELF-{number}")

    async def close(self) -> None:
        await self._http.aclose()

    async def create(self, sku: str) -> None:
        await self._post(CREATE, sku=sku, name=sku, initialStock=100)
        self.versions[sku] = 1

    async def move(self) -> None:
        """One batch of a line for each item."""
        self._moves += 1
        skus = [f"SHELF-{number}" for number in range(ITEMS)]
        lines = [{"item": {"sku": sku}, "quantity": 1, "actionType": "CORRECTION"} for sku in skus]
        await self._post(MOVE, idempotencyKey=f"move {self._moves}", lines=lines)
        for sku in skus:
            self.versions[sku] += 1

    async def _post(self, query: str, **given: Any) -> None:
        data = await self._sent(LOGIN, "", {"email": EMAIL, "password": PASSWORD})
        data = await self._sent(query, data["login"]["accessToken"], given)
        (payload,) = data.values()
        assert payload["userErrors"] == []

    async def _sent(self, query: str, token: str, given: dict[str, Any]) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": {"input": given}}
        response = await self._http.post("/graphql", json=body, headers=headers)
        while response.status_code == 429:  # the recipes sign in from the same address
            await asyncio.sleep(float(response.headers["retry-after"]))
            response = await self._http.post("/graphql", json=body, headers=headers)
        data: dict[str, Any] = response.json()["data"]
        return data


async def until(holds: Callable[[], bool], what: Callable[[], str]) -> None:
    """Wait for a state; `what` says how far it got when that takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():  # other processes bring it about
        if time.monotonic() > deadline:
            pytest.fail(what())
        await asyncio.sleep(0.02)


class Trouble:
    """What happens to server and network while the recipes follow the shelf."""

    def __init__(self, server: Server, shelf: Shelf, proxy: Proxy, recipes: list[Recipe]) -> None:
        self.server, self.shelf, self.proxy, self.recipes = server, shelf, proxy, recipes

    async def all_of_it(self) -> None:
        await self.before_the_first_event()
        for _ in range(3):
            await self.shelf.move()
        await self.heard()
        for code in CLOSES:
            await self.closed_with(code)
        await self.restart(self.server.stop)
        await self.restart(self.server.kill)
        await self.shelf.create(END)
        await self.heard()

    async def before_the_first_event(self) -> None:
        """Everyone is connected and has heard nothing yet; the network goes, and is away for
        several attempts."""
        await until(lambda: self._sockets() >= len(self.recipes), lambda: f"{self._sockets()}")
        self.proxy.is_down = True
        self.proxy.cut()
        for _ in range(3):
            await self.shelf.move()
        turned_away = self.proxy.turned_away + 2 * len(self.recipes)
        await until(lambda: self.proxy.turned_away >= turned_away, self._told)
        self.proxy.is_down = False
        await self.heard()

    async def closed_with(self, code: int) -> None:
        self.proxy.close_sockets(code)
        await self.shelf.move()
        await self.heard()

    async def restart(self, stop: Callable[[], object]) -> None:
        """Connections are refused until the server is back, and stock has moved by then."""
        await self.shelf.move()
        await self.proxy.stop_listening()
        await asyncio.to_thread(stop)
        await asyncio.to_thread(self.server.start)
        for _ in range(3):
            await self.shelf.move()
        await self.proxy.listen()
        await self.heard()

    async def heard(self) -> None:
        """Everyone has heard everything so far."""
        await until(self._have_heard, self._told)

    def _have_heard(self) -> bool:
        return all(_newest(recipe) == self.shelf.versions for recipe in self.recipes)

    def _sockets(self) -> int:
        with suppress(httpx.TransportError):
            found = re.findall(
                r"^inventory_connections\{.*\} (\d+)",
                httpx.get(f"{self.server.url}/metrics", timeout=PATIENCE_S).text,
                re.MULTILINE,
            )
            return sum(map(int, found))
        return 0

    def _told(self) -> str:
        lines = [f"{self.shelf.versions}, {self._sockets()} sockets"]
        lines += [
            f"{recipe.name}: {_newest(recipe)}\n{recipe.errors[-1_500:]}"
            for recipe in self.recipes
            if _newest(recipe) != self.shelf.versions or recipe.errors
        ]
        return "\n".join(lines)


def _newest(recipe: Recipe) -> dict[str, int]:
    """The versions that the recipe has heard of, and those of the shelf as it began."""
    return dict.fromkeys((f"SHELF-{number}" for number in range(ITEMS)), 1) | {
        event["item"]["sku"]: event["item"]["version"] for event in recipe.events
    }


def assert_all_heard_once(recipe: Recipe, shelf: Shelf) -> None:
    cursors = [event["cursor"] for event in recipe.events]
    assert len(set(cursors)) == len(cursors), f"{recipe.name}: an event came twice"
    heard: dict[str, list[int]] = {}
    for event in recipe.events:
        heard.setdefault(event["item"]["sku"], []).append(event["item"]["version"])
    assert heard == {
        sku: list(range(1 if sku == END else 2, version + 1))
        for sku, version in shelf.versions.items()
    }, recipe.name
    assert len(recipe.stocks) == 1, f"{recipe.name}: it began anew"


@pytest.fixture(scope="session")
def gql_3() -> Path:
    """gql 3 and what it needs, which does not go together with what this project needs."""
    folder = HERE / "node_modules" / ".python" / "gql3"
    stamp = folder / ".installed"
    if not stamp.exists() or stamp.read_text() != GQL_3.read_text():
        command = (sys.executable, "-m", "pip", "install", "--quiet", "--upgrade")
        options = ("--disable-pip-version-check", "--target", folder, "--requirement", GQL_3)
        subprocess.run((*command, *options), check=True, timeout=INSTALL_TIMEOUT_S)
        stamp.write_text(GQL_3.read_text())
    return folder


@pytest.fixture
def folder(node: str, tmp_path: Path) -> Path:
    """The files of the docs with the libraries beside them, and what runs Apollo and Relay."""
    folder = written(tmp_path / "recipes", HERE / "node_modules")
    check = (HERE / "recipe_checks.js").read_text()
    (folder / "apollo4-check.js").write_text(check.replace("RECIPE", "apollo4.js"))
    for name in ("recipe_late.js", "recipe_relay.js", "recipe_urql.js"):
        (folder / name).write_text((HERE / name).read_text())
    return folder


@pytest.fixture
def apollo_3(folder: Path, tmp_path: Path) -> None:
    """Apollo Client 3 in that folder too: bundled, with a library that is another one there."""
    replaced = {"@apollo/client": "apollo-client-3"}
    third = written(tmp_path / "third", HERE / "node_modules", replaced)
    check = (HERE / "recipe_checks.js").read_text()
    (third / "apollo3-check.js").write_text(check.replace("RECIPE", "apollo3.js"))
    (third / "recipe_late.js").write_text((HERE / "recipe_late.js").read_text())
    node_with(WEB)
    made = bundled(third, "apollo3-check.js", WEB / "node_modules" / ".bin" / "rolldown")
    (folder / made.name).write_text(made.read_text())


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """One whose tokens end four times a minute; others wait for their renewal no longer."""
    server = Server(
        tmp_path,
        RATE_LIMIT="off",
        DRAIN_SECONDS="0.2",
        LOG_LEVEL="WARNING",
        ACCESS_TOKEN_MINUTES="0.25",
        SESSION_GRACE_SECONDS="0.2",
        HEARTBEAT_SECONDS="0.5",
        SOCKETS_PER_USER_MAX="100",
    )
    server.create_user()
    return server


@pytest.mark.early
@pytest.mark.timeout(600)  # a minute alone
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("graphql-ws", "apollo 4", "gql 4"), id="three"),
        only_full(ALL, id="all"),
    ],
)
async def test_the_recipes_miss_nothing_and_get_nothing_twice(
    node: str, folder: Path, server: Server, names: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    gql_3 = request.getfixturevalue("gql_3") if "gql 3" in names else None
    if "apollo 3" in names:
        request.getfixturevalue("apollo_3")
    with server:
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(Proxy(server.port))
            shelf = Shelf(server)
            stack.push_async_callback(shelf.close)
            await shelf.open()
            recipes = followers(node, folder, f"http://127.0.0.1:{proxy.port}", names, gql_3)
            trouble = Trouble(server, shelf, proxy, recipes)
            for recipe in recipes:  # all sign in at once, from one address
                stack.push_async_callback(recipe.stop)
                await recipe.start(folder)
            for recipe in recipes:  # each has its own first answer
                await until(lambda: bool(recipe.stocks), lambda: f"{recipe.name} {recipe.errors}")  # noqa: B023
            await trouble.all_of_it()
            for recipe in recipes:
                assert_all_heard_once(recipe, shelf)
            cached = [recipe for recipe in recipes if recipe.name in CACHED]
            await late_answers_change_nothing(trouble, cached)
            await an_older_database_is_noticed(trouble)


def followers(
    node: str, folder: Path, url: str, names: tuple[str, ...], gql_3: Path | None
) -> list[Recipe]:
    scripts = {
        "graphql-ws": "graphql-ws.js",
        "apollo 4": "apollo4-check.js",
        "apollo 3": "bundled-apollo3-check.mjs",
        "urql": "recipe_urql.js",
        "relay": "recipe_relay.js",
    }
    recipes = [Recipe(name, [node, script], url) for name, script in scripts.items()]
    for name, packages in {"gql 4": None, "gql 3": gql_3}.items():
        command, environment = python(folder, packages=packages)
        recipes.append(Recipe(name, command, url, **environment))
    return [recipe for recipe in recipes if recipe.name in names]


async def late_answers_change_nothing(trouble: Trouble, recipes: list[Recipe]) -> None:
    """An answer from before an event comes after it."""
    for recipe in recipes:
        recipe.tell("ask")
        await until(lambda: {"held": True} in recipe.said, trouble._told)  # noqa: B023
    await trouble.shelf.move()
    await trouble.heard()
    for recipe in recipes:
        recipe.tell("answer")
        await until(lambda: "cached" in recipe.said[-1], trouble._told)  # noqa: B023
        cached, fresh = recipe.said[-1]["cached"], recipe.said[-1]["fresh"]
        assert cached == fresh, f"{recipe.name}: a late answer stayed in the cache"


async def an_older_database_is_noticed(trouble: Trouble) -> None:
    """EPOCH_CHANGED: everyone queries afresh, and hears what comes then."""
    server, shelf = trouble.server, trouble.shelf
    copy = server.database.with_suffix(".copy")
    done = server.command("backup", str(copy))
    assert done.returncode == 0, done.stderr
    versions = dict(shelf.versions)
    await shelf.move()
    await trouble.heard()
    heard = {recipe.name: len(recipe.events) for recipe in trouble.recipes}
    await asyncio.to_thread(put_back, server, copy)
    shelf.versions = versions
    for number in range(1_000):
        await shelf.create(f"AFTER-{number}")
        if all(len(recipe.events) > heard[recipe.name] for recipe in trouble.recipes):
            break
        await asyncio.sleep(0.1)
    await until(
        lambda: all(
            recipe.events[-1]["item"]["sku"] == f"AFTER-{number}" for recipe in trouble.recipes
        ),
        trouble._told,
    )
    for recipe in trouble.recipes:
        after = [event["item"]["sku"] for event in recipe.events[heard[recipe.name] :]]
        first = int(after[0].removeprefix("AFTER-"))
        assert after == [f"AFTER-{one}" for one in range(first, number + 1)], recipe.name


def put_back(server: Server, copy: Path) -> None:
    """Serve from this copy of the database."""
    server.stop()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{server.database}{suffix}").unlink(missing_ok=True)
    copy.rename(server.database)
    server.start()


def test_resuming_holds_on_a_server_that_is_played(node: str, folder: Path) -> None:
    """The moments that a real server seldom shows: see resume_check.js."""
    (folder / "resume_check.js").write_text((HERE / "resume_check.js").read_text())
    done = subprocess.run(
        [node, "resume_check.js"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_recipe_that_the_docs_name_is_there() -> None:
    assert set(files()) == {
        *("session.js", "resume.js", "newest.js"),
        *("graphql-ws.js", "apollo4.js", "apollo3.js", "urql.js", "relay.js"),
        *("follow.py", "stock.sh"),
    }


# ---- curl --------------------------------------------------------------------------------------


@pytest.mark.early
async def test_the_shell_books_each_change_once_and_sees_every_state(
    tmp_path: Path, server: Server
) -> None:
    """A change is sent again after every lost answer, restarts and ended tokens included."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not there")
    (tmp_path / "stock.sh").write_text(files()["stock.sh"])
    with server:
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(Proxy(server.port))
            shelf = Shelf(server)
            stack.push_async_callback(shelf.close)
            await shelf.open()
            url = f"http://127.0.0.1:{proxy.port}"
            watching = Recipe("curl", ["sh", "stock.sh", "watch"], url)
            stack.push_async_callback(watching.stop)
            await watching.start(tmp_path)
            adding = asyncio.create_task(added(tmp_path, url))
            for stop in (server.stop, server.kill):
                await asyncio.sleep(1)  # in the middle of it, wherever that is
                await proxy.stop_listening()
                await asyncio.to_thread(stop)
                await asyncio.to_thread(server.start)
                await proxy.listen()
            answers = await adding
            booked = 100 + sum(range(1, ADDED + 1))
            assert answers[-1]["data"]["adjustStock"]["item"]["stock"] == booked
            again = await asyncio.to_thread(shell, tmp_path, url, *addition(ADDED))
            assert again["data"]["adjustStock"]["replayed"] is True
            await until(
                lambda: booked in [item["stock"] for item in shown(watching)],
                lambda: f"{shown(watching)} {watching.errors}",
            )


ADDED = 8


def addition(number: int) -> tuple[str, ...]:
    return ("add", "SHELF-0", str(number), f"key {number}")


async def added(folder: Path, url: str) -> list[dict[str, Any]]:
    return [
        await asyncio.to_thread(shell, folder, url, *addition(number))
        for number in range(1, ADDED + 1)
    ]


def shell(folder: Path, url: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        ["sh", "stock.sh", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "INVENTORY_URL": url,
            "INVENTORY_EMAIL": EMAIL,
            "INVENTORY_PASSWORD": PASSWORD,
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def shown(watching: Recipe) -> list[dict[str, Any]]:
    """The items as `watch` printed them last."""
    if not watching.said:
        return []
    nodes: list[dict[str, Any]] = watching.said[-1]["data"]["items"]["nodes"]
    return nodes
