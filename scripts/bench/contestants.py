"""Who takes part: how each program is started, addressed and made to publish events.

A `Running` is all that a measure needs to know; no measure knows whose program it measures.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import documents
import fixtures
from processes import await_ready, free_ports, post, started

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HOST = "127.0.0.1"
PATH = "/graphql"
ASK_TIMEOUT_S = 30
COMMAND_TIMEOUT_S = 180  # migrating takes seconds, and minutes on a machine with a load of 25
NODE_FOLDER = HERE / "node"
NPM_TIMEOUT_S = 600  # better-sqlite3 may have to be compiled

EMAIL = "bench@example.com"
PASSWORD = "correct-horse-battery-staple"  # of a database that is deleted after the run
JWT_SECRET = "0123456789abcdef" * 4
BATCH_LINES_MAX = 250  # the contract's limit
NO_SETTINGS: Mapping[str, str] = {}
CREATE_AT_ONCE = 10  # root fields in one document, the contract's limit


@dataclass(slots=True)
class Running:
    """A program that answers."""

    pid: int
    port: int
    http_port: int
    trigger: dict[str, Any]  # see loadgen.Trigger
    init_payload: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    item_ids: list[str] = field(default_factory=list)

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """`data` of one operation outside the measures. Raises RuntimeError for errors."""
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        reply = json.loads(post(self.http_port, PATH, body, self.headers, ASK_TIMEOUT_S))
        if reply.get("errors"):
            raise RuntimeError(f"refused: {reply['errors'][0]['message']}")
        data: dict[str, Any] = reply["data"]
        return data


@dataclass(frozen=True, slots=True)
class Contestant:
    """`command` and `env` take the port, the HTTP port and a folder that is deleted later."""

    key: str
    label: str
    command: Callable[[int, int, Path], list[str]]
    env: Callable[[int, Path], dict[str, str]] = lambda port, folder: {}
    before: Callable[[Path], None] = lambda folder: None
    after: Callable[[Running, int], None] = lambda running, items: None
    missing: Callable[[], str | None] = lambda: None  # why it cannot take part here
    two_ports: bool = False
    cwd: Path = HERE

    @contextlib.contextmanager
    def running(self, folder: Path, items: int = 1) -> Iterator[Running]:
        """Start it, wait till it answers, have `items` items in it; end it when left."""
        port, other_port = free_ports(2)
        http_port = other_port if self.two_ports else port
        self.before(folder)
        command = self.command(port, http_port, folder)
        log = folder / "log.txt"
        with started(command, self.env(port, folder), self.cwd, log) as process:
            await_ready(process, http_port, PATH, log)
            running = Running(process.pid, port, http_port, emit_trigger(http_port))
            running.item_ids = [row.id for row in fixtures.item_rows()]
            self.after(running, items)
            yield running


def emit_trigger(port: int) -> dict[str, Any]:
    """The trigger of every contestant but ours: the mutation `emit(count)`."""
    body = json.dumps({"query": documents.EMIT, "variables": {"count": "__COUNT__"}})
    batch = body.replace('"__COUNT__"', "__COUNT__")
    return {
        "host": HOST,
        "port": port,
        "path": PATH,
        "headers": {},
        "single": batch.replace("__COUNT__", "1"),
        "batch": batch,
        "batch_max": BATCH_LINES_MAX,
        "line": "",
    }


def python_program(name: str) -> Callable[[int, int, Path], list[str]]:
    """A Python file of this folder."""
    return lambda port, http_port, folder: [sys.executable, str(HERE / name), "--port", str(port)]


def sqlite_env(port: int, folder: Path) -> dict[str, str]:
    """Where naive_tortoise.py puts its file."""
    return {"BENCH_SQLITE": str(folder / "naive.sqlite3")}


# ---- Node ----------------------------------------------------------------------------------


def node_program(name: str) -> Callable[[int, int, Path], list[str]]:
    """A JavaScript file of the folder node."""
    return lambda port, http_port, folder: ["node", str(NODE_FOLDER / name)]


def node_env(port: int, folder: Path) -> dict[str, str]:
    """Production mode: graphql-js and Express do less checking in it."""
    return {"PORT": str(port), "NODE_ENV": "production"}


def node_sqlite_env(port: int, folder: Path) -> dict[str, str]:
    """The same, with pages from the SQLite file."""
    return {**node_env(port, folder), "BENCH_SQLITE": str(folder / "apollo.sqlite3")}


def node_missing() -> str | None:
    """Why the Node programs cannot run, None when they can."""
    if not shutil.which("node"):
        return "Node.js is not there"
    if not (NODE_FOLDER / "node_modules").is_dir():
        return "its packages are not installed"
    return None


def node_sqlite_missing() -> str | None:
    """The same for the one that needs better-sqlite3, an optional dependency."""
    if why := node_missing():
        return why
    built = NODE_FOLDER / "node_modules/better-sqlite3/build/Release/better_sqlite3.node"
    return None if built.exists() else "better-sqlite3 could not be built"


def install_node_packages() -> str | None:
    """`npm ci` unless what is locked is installed already; returns why not, None when done."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm is not there: the Node contestants are skipped"
    installed = NODE_FOLDER / "node_modules/.package-lock.json"
    locked = NODE_FOLDER / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= locked.stat().st_mtime:
        return None
    try:
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"],
            cwd=NODE_FOLDER,
            check=True,
            capture_output=True,
            timeout=NPM_TIMEOUT_S,
        )
    except (subprocess.SubprocessError, OSError) as error:
        return f"npm ci failed: {type(error).__name__}: the Node contestants are skipped"
    return None


# ---- ours ----------------------------------------------------------------------------------


def our_env(port: int, folder: Path) -> dict[str, str]:
    """The settings that a benchmark needs; all else has its default."""
    return {
        "ENVIRONMENT": "development",
        "DATABASE_URL": f"sqlite://{folder / 'ours.sqlite3'}",
        "JWT_SECRET": JWT_SECRET,
        "ACCESS_TOKEN_MINUTES": "120",
        "RATE_LIMIT": "off",
        "KEPT_ANSWERS_BYTES_MAX": "0",  # each request is executed, as theirs are: hot_reads.py
        "SOCKETS_PER_USER_MAX": "100000",
        "SUBSCRIPTIONS_COST_PER_USER_MAX": "1000000",  # all sockets are one user's
        "LOG_LEVEL": "WARNING",
    }


def our_command(port: int, http_port: int, folder: Path) -> list[str]:
    """The server as a user starts it."""
    return [*our_program(), "serve", "--host", HOST, "--port", str(port)]


def our_program() -> list[str]:
    """The command line's beginning."""
    return [sys.executable, "-m", "graphql_api"]


def our_missing() -> str | None:
    """Why our server cannot run, None when it can."""
    if not (ROOT / "graphql_api/__main__.py").exists():
        return "graphql_api is not there"
    tried = subprocess.run(
        [*our_program(), "serve", "--help"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        timeout=60,
    )
    return None if tried.returncode == 0 else "python -m graphql_api serve does not start"


def our_database(
    folder: Path, root: Path = ROOT, settings: Mapping[str, str] = NO_SETTINGS
) -> None:
    """An empty database with one user. root: of the checkout; settings: beside our_env. Raises
    RuntimeError with what the command said."""
    user = ["create-user", "--email", EMAIL, "--name", "Bench", "--role", "ADMIN"]
    for arguments, said in ((["migrate"], ""), (user, PASSWORD + "\n")):
        done = subprocess.run(
            [*our_program(), *arguments],
            cwd=root,
            env={**os.environ, **our_env(0, folder), **settings},
            input=said.encode(),
            check=False,
            capture_output=True,
            timeout=COMMAND_TIMEOUT_S,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]}: {done.stderr.decode()[-300:].strip()}")


def our_session(running: Running, items: int) -> None:
    """Log in, create the items, and tell how stock is moved."""
    answer = running.ask(documents.LOGIN, {"input": {"email": EMAIL, "password": PASSWORD}})
    bearer = f"Bearer {answer['login']['accessToken']}"
    running.headers = {"Authorization": bearer}
    running.init_payload = {"authorization": bearer}
    running.item_ids = our_items(running, items)
    running.trigger = our_trigger(running)


def our_items(running: Running, count: int) -> list[str]:
    """The ids of `count` new items, in SKU order."""
    rows = fixtures.item_rows(count)
    ids: list[str] = []
    for start in range(0, count, CREATE_AT_ONCE):
        chunk = rows[start : start + CREATE_AT_ONCE]
        names = [f"i{number}" for number in range(len(chunk))]
        head = ", ".join(f"${name}: CreateItemInput!" for name in names)
        body = " ".join(
            f"{name}: createItem(input: ${name}) {{ item {{ id }} userErrors {{ message }} }}"
            for name in names
        )
        inputs = {name: create_input(row) for name, row in zip(names, chunk, strict=True)}
        answer = running.ask(f"mutation ({head}) {{ {body} }}", inputs)
        ids += [answer[name]["item"]["id"] for name in names]
    return ids


def create_input(row: fixtures.ItemRow) -> dict[str, Any]:
    """One item as the contract's CreateItemInput."""
    return {
        "sku": row.sku,
        "name": row.name,
        "price": row.price,
        "minStock": row.min_stock,
        "initialStock": row.stock,
    }


def our_trigger(running: Running) -> dict[str, Any]:
    """Events by adjustStock and adjustStockBatch on the first item, one unit each."""
    item = running.item_ids[0]
    return {
        **emit_trigger(running.http_port),
        "headers": running.headers,
        "single": adjust_body(item),
        "batch": batch_body("__LINES__"),
        "line": stock_line(item),
    }


# ---- bodies of the contract's stock mutations ------------------------------------------------


def adjust_body(item_id: str) -> str:
    """adjustStock by one unit; __KEY__ stands for the idempotency key."""
    stock_input = {
        "idempotencyKey": "__KEY__",
        "item": {"id": item_id},
        "quantity": 1,
        "actionType": "RECEIPT",
    }
    return json.dumps({"query": documents.ADJUST, "variables": {"input": stock_input}})


def stock_line(item_id: str) -> str:
    """One line of a batch, as JSON."""
    line = {"item": {"id": item_id}, "quantity": 1, "actionType": "RECEIPT"}
    return json.dumps(line, separators=(",", ":"))


def batch_body(lines: str) -> str:
    """adjustStockBatch of lines given as JSON text, joined by commas."""
    stock_input = {"idempotencyKey": "__KEY__", "lines": ["__HERE__"]}
    body = json.dumps({"query": documents.ADJUST_BATCH, "variables": {"input": stock_input}})
    return body.replace('"__HERE__"', lines)


def flood_program(frames_per_write: int) -> Callable[[int, int, Path], list[str]]:
    """flood.py, which listens on two ports."""

    def command(port: int, http_port: int, folder: Path) -> list[str]:
        ports = ["--port", str(port), "--http-port", str(http_port)]
        writes = ["--frames-per-write", str(frames_per_write)]
        return [sys.executable, str(HERE / "flood.py"), *ports, *writes]

    return command


OURS = "ours"
CEILING = "ceiling"

CONTESTANTS = [
    Contestant(
        OURS,
        "ours",
        our_command,
        our_env,
        before=our_database,
        after=our_session,
        missing=our_missing,
        cwd=ROOT,
    ),
    Contestant("stock", "Strawberry", python_program("stock_strawberry.py")),
    Contestant("naive", "Strawberry + Tortoise", python_program("naive_tortoise.py"), sqlite_env),
    Contestant(
        "apollo", "Apollo Server", node_program("apollo.js"), node_env, missing=node_missing
    ),
    Contestant(
        "apollo_sqlite",
        "Apollo Server, SQLite",
        node_program("apollo.js"),
        node_sqlite_env,
        before=lambda folder: fixtures.write_sqlite(folder / "apollo.sqlite3"),
        missing=node_sqlite_missing,
    ),
    Contestant(
        "mercurius", "Mercurius", node_program("mercurius.js"), node_env, missing=node_missing
    ),
    Contestant(CEILING, "bare ASGI (ceiling)", python_program("ceiling.py")),
    Contestant("flood", "load generator, many frames a write", flood_program(64), two_ports=True),
    Contestant(
        "flood_single", "load generator, one frame a write", flood_program(1), two_ports=True
    ),
]
