"""The audit judged by servers whose faults are known: stock Strawberry, and a wrong one."""

import asyncio
import importlib.util
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import GraphQL

from tests import forks

SCRIPT = Path(__file__).parents[2] / "scripts" / "ws_audit.py"
TICK_S = 0.05
Rows = dict[str, dict[str, Any]]

# Seen on strawberry-graphql 0.341.2 under uvicorn 0.54.0. A row that turns ok with a later
# version is good news: take it out.
STOCK_FAULTS = [
    "init-payload-null",
    "syntax-error",
    "operation-unknown",
    "operation-ambiguous",
    "duplicate-id-long",
    "bad-nan",
    "bad-array",
    "bad-number",
    "bad-null",
    "bad-string",
    "bad-before-init",
    "bad-ping-string",
    "bad-ping-array",
    "bad-pong-string",
    "bad-id-empty",
    "bad-id-number",
    "bad-id-object",
    "bad-id-null",
    "bad-payload-null",
    "bad-payload-string",
    "bad-payload-array",
    "bad-query-null",
    "bad-query-number",
    "bad-query-object",
    "bad-variables-array",
    "bad-variables-string",
    "bad-extensions-array",
    "bad-extensions-string",
    "bad-complete-number",
    "bad-complete-object",
    "deep-nesting",
    "long-number",
]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hello"

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(0.5)
        return "slow"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def poke(self, key: str) -> str:
        return key


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int, None]:
        for tick in range(10_000):
            yield tick
            await asyncio.sleep(TICK_S)


def stock() -> ASGIApp:
    schema = strawberry.Schema(Query, Mutation, Subscription)
    return GraphQL(schema, connection_init_wait_timeout=timedelta(seconds=1))


async def wrong_about_everything(websocket: WebSocket) -> None:
    """Acknowledges twice, sends bytes, echoes complete, goes on after it and after error,
    invents ids, refuses without a reason."""
    await websocket.accept(subprotocol="graphql-transport-ws")

    async def say(**message: object) -> None:
        await websocket.send_bytes(json.dumps(message).encode())

    async def tick(operation: str) -> None:
        while True:
            await say(id=operation, type="next", payload={"data": {"ticks": 1}})
            await asyncio.sleep(TICK_S)

    tasks = []
    with suppress(WebSocketDisconnect):
        while True:
            message = json.loads(await websocket.receive_text())
            match message["type"]:
                case "connection_init":
                    await say(type="connection_ack", payload=["no object"])
                    await say(type="connection_ack")
                case "ping":
                    await say(type="pong")
                case "complete":
                    await say(id=message["id"], type="complete")
                case "subscribe" if "ticks" in message["payload"]["query"]:
                    tasks.append(asyncio.create_task(tick(message["id"])))
                case "subscribe":
                    await say(id="invented", type="next", payload={})
                    await say(id=message["id"], type="error", payload=[{"message": "no"}])
                    await say(id=message["id"], type="complete")
                case _:
                    await websocket.close(4400)
                    break
    for task in tasks:
        task.cancel()


def wrong() -> ASGIApp:
    return Starlette(routes=[WebSocketRoute("/graphql", wrong_about_everything)])


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The app under uvicorn on a free port of this machine; yields the URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, ws_max_size=65536, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/graphql"
        server.should_exit = server.force_exit = True
        thread.join(5)


def audit(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return forks.run(command, capture_output=True, text=True, timeout=60, check=False)


def audited(url: str, folder: Path, *arguments: str) -> Rows:
    """The rows by name; the exit code has been held against them."""
    report = folder / "audit.json"
    done = audit(url, "--json", str(report), *arguments)
    told = json.loads(report.read_text())
    assert done.returncode == int(told["summary"]["fail"] > 0), done.stderr
    return {row["name"]: row for row in told["rows"]}


@pytest.fixture(scope="module")
def stock_url() -> Iterator[str]:
    with served(stock()) as url:
        yield url


@pytest.fixture(scope="module")
def stock_rows(stock_url: str, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return audited(
        stock_url,
        tmp_path_factory.mktemp("stock"),
        *("--subscription", "subscription { ticks }"),
        *("--slow-query", "{ slow }"),
        *("--trigger", 'mutation { poke(key: "{{unique}}") }'),
        *("--trigger-url", stock_url.replace("ws://", "http://")),
        *("--max-message-bytes", "65536"),
    )


@pytest.fixture(scope="module")
def wrong_rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    with served(wrong()) as url:
        ticks = ("--subscription", "subscription { ticks }", "--timeout", "1")
        only = [f"--only={name}" for name in ("*ack*", "complete-*", "error-*", "s*", "bad-*")]
        return audited(url, tmp_path_factory.mktemp("wrong"), *ticks, *only)


@pytest.fixture(scope="module")
def ws_audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ws_audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", STOCK_FAULTS)
def test_a_known_fault_of_stock_strawberry_is_a_fail(stock_rows: Rows, name: str) -> None:
    assert stock_rows[name]["result"] == "fail", stock_rows[name]


def test_what_stock_strawberry_honours_is_ok(stock_rows: Rows) -> None:
    others = {name: row for name, row in stock_rows.items() if name not in STOCK_FAULTS}
    results = {name: row["result"] for name, row in others.items() if row["result"] != "ok"}
    assert results == {"ping-payload-echoed": "warn", "mutation": "skip"}
    assert len(others) > 90


def test_a_close_is_told_with_its_code_and_reason(stock_rows: Rows) -> None:
    assert stock_rows["init-timeout"]["seen"].startswith(
        "closed 4408 'Connection initialisation timeout' after 1."
    )
    assert stock_rows["syntax-error"]["seen"].startswith("closed 4400 'Syntax Error")
    assert "stays open" in stock_rows["bad-id-number"]["seen"]


def test_a_should_that_is_not_held_is_a_warning(stock_rows: Rows) -> None:
    row = stock_rows["ping-payload-echoed"]
    assert (row["level"], row["result"]) == ("SHOULD", "warn")


def test_a_rule_whose_option_is_not_given_is_skipped_and_says_so(stock_rows: Rows) -> None:
    row = stock_rows["mutation"]
    assert (row["result"], row["seen"]) == ("skip", "needs --mutation")


def test_strict_counts_a_warning(stock_url: str) -> None:
    arguments = (stock_url, "--only", "ping-*")
    assert audit(*arguments).returncode == 0
    assert audit(*arguments, "--strict").returncode == 1


def test_an_init_timeout_beyond_our_patience_is_skipped_with_the_reason(
    stock_url: str, tmp_path: Path
) -> None:
    rows = audited(stock_url, tmp_path, "--only", "init-timeout", "--init-timeout", "0.2")
    assert rows["init-timeout"]["result"] == "skip"
    assert "--init-timeout" in rows["init-timeout"]["seen"]


def test_a_trigger_that_the_server_refuses_is_told(stock_url: str, tmp_path: Path) -> None:
    arguments = ("--subscription", "subscription { ticks }", "--trigger", "mutation { unknown }")
    rows = audited(stock_url, tmp_path, *arguments, "--only", "subscription-events")
    assert rows["subscription-events"]["result"] == "skip"
    assert "trigger was refused" in rows["subscription-events"]["seen"]


@pytest.mark.parametrize(
    "name",
    [
        "init-acked",
        "ack-payload",
        "complete-stops-events",
        "complete-before-event",
        "error-ends",
        "server-text-frames",
        "server-message-shape",
        "server-ids-known",
        "bad-array",
        "subscribe-before-init",
    ],
)
def test_a_fault_made_on_purpose_is_a_fail(wrong_rows: Rows, name: str) -> None:
    assert wrong_rows[name]["result"] == "fail", wrong_rows[name]


def test_an_id_that_no_operation_has_is_told(wrong_rows: Rows) -> None:
    assert "which no operation has" in wrong_rows["server-ids-known"]["seen"]


def test_a_refusal_without_a_reason_is_a_warning(wrong_rows: Rows) -> None:
    row = wrong_rows["bad-type-unknown"]
    assert (row["level"], row["result"]) == ("MUST", "warn")


def test_an_echoed_complete_is_a_warning(wrong_rows: Rows) -> None:
    assert wrong_rows["complete-not-echoed"]["result"] == "warn"


def test_a_server_out_of_reach_is_one_line_and_exit_1() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        done = audit(f"ws://127.0.0.1:{unused.getsockname()[1]}/graphql")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ws_audit: cannot reach ws://127.0.0.1:")
    assert done.stderr.count("\n") == 1


def test_a_server_that_never_answers_is_one_line_and_exit_1() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        done = audit(f"ws://127.0.0.1:{silent.getsockname()[1]}/", "--timeout", "0.3")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


def test_a_path_without_websockets_is_one_line_and_exit_1() -> None:
    with served(wrong()) as url:
        done = audit(f"{url}/elsewhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert "HTTP 403" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["ftp://127.0.0.1/graphql"],
        ["127.0.0.1:8000"],
        ["ws://127.0.0.1:99999/graphql"],
        ["ws://127.0.0.1/graphql", "--payload", "[]"],
        ["ws://127.0.0.1/graphql", "--payload", "{"],
        ["ws://127.0.0.1/graphql", "--header", "no colon"],
        ["ws://127.0.0.1/graphql", "--only", "no-such-check"],
        ["ws://127.0.0.1/graphql", "--trigger-url", "nowhere"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: list[str]) -> None:
    done = audit(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_a_frame_is_read_back_as_it_was_written(
    ws_audit: ModuleType, size: int, masked: bool
) -> None:
    frame = ws_audit.Frame(ws_audit.Opcode.TEXT, bytes(range(256)) * 257, masked=masked)
    frame = ws_audit.Frame(frame.opcode, frame.payload[:size], masked=masked)
    data = ws_audit.encode(frame)
    assert ws_audit.decode(data + b"next") == (frame, len(data))
    for short in (1, len(data) // 2, len(data) - 1):
        assert ws_audit.decode(data[:short]) is None


def test_every_check_has_a_name_of_its_own(ws_audit: ModuleType) -> None:
    names = ws_audit.check_names()
    assert len(names) == len(set(names))
