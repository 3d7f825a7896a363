"""What README.md and docs/tools.md say to type works as it stands there, against the demo.

Only the server's address is another one. Each block of any page has its test, here or elsewhere: a
new one needs one too.
"""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests import forks
from tests.docs.pages import DOCS, PAGES, blocks
from tests.servers import ROOT, SCRIPTS, Server

README = ROOT / "README.md"
TOOLS = DOCS / "tools.md"
ADDRESS = "127.0.0.1:8000"
TIMEOUT_S = 120
# Blocks that are run elsewhere: page → what each of them has in it.
ELSEWHERE = {
    "README.md": ("./scripts/run ",),  # CI runs scripts/test; tests/scripts/test_demo.py the demo
    "CONTRIBUTING.md": ("scripts/install dev",),  # and scripts/check installs
    "console.md": ("npm pack", "useRealTimeUpdates("),  # tests/web/test_package.py
    # tests/docs, and tests/database/test_drift.py for the program
    "extending.md": (
        "scripts/check",
        "# graphql_api/",
        "--- graphql_api/",
        "# schema/",
        "ops.AddField(",
        "tortoise ",
        "graphql_api/web words",  # scripts/check
    ),
    "guide.md": ("query Pictures(",),  # tests/attachments/test_attachments.py
    "performance.md": ("scripts/bench/",),  # minutes to an hour; test_wrong_use.py their options
}
RECIPES = DOCS / "clients.md"  # tests/clients/test_recipes.py


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What scripts/run serves."""
    server = Server(tmp_path_factory.mktemp("readme"), DRAIN_SECONDS="0.2", LOG_LEVEL="WARNING")
    env = {**os.environ, "DATABASE_URL": f"sqlite://{server.database}", "PYTHONPATH": str(ROOT)}
    filled = forks.run(
        [sys.executable, SCRIPTS / "demo.py"],
        env=env,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert filled.returncode == 0, filled.stderr
    with server:
        yield server


def here(text: str, demo: Server) -> str:
    """The block on this test's server, with the interpreter that the tests run on."""
    text = text.replace(ADDRESS, f"127.0.0.1:{demo.port}")
    return re.sub(r"(?<![\w/])\.venv/bin/python", sys.executable, text)


def shell(text: str, demo: Server) -> str:
    done = subprocess.run(
        ["bash", "-eu", "-c", here(text, demo)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first_steps() -> list[str]:
    return [text for text in blocks(README, "sh") if "curl" in text]


def test_the_first_steps_sign_in_ask_and_sell(demo: Server, first_steps: list[str]) -> None:
    said = shell("\n".join(first_steps), demo)
    asked, sold = re.findall(r"\{.*?\}(?=\{\"data|\s*$)", said, re.DOTALL)
    assert json.loads(asked)["data"]["items"]["nodes"][0]["sku"] == "HAM-16"
    payload = json.loads(sold)["data"]["adjustStock"]
    assert payload["userErrors"] == [] and payload["cursor"]


@pytest.fixture(scope="module")
def token(demo: Server, first_steps: list[str]) -> str:
    """As programs find it in their environment after the first step: it is exported."""
    token = shell(f"{first_steps[0]}\nprintenv TOKEN", demo).strip()
    assert token.count(".") == 2, "a JWT has three parts"
    return token


SELL = """mutation($key: String!) {
  adjustStock(
    input: {idempotencyKey: $key, item: {sku: "HAM-16"}, quantity: -1, actionType: SALE}
  ) { userErrors { code } }
}"""


@pytest.mark.parametrize("page", [README, TOOLS], ids=lambda page: page.name)
def test_the_programs_in_python_hear_a_sale(
    demo: Server, token: str, page: Path, tmp_path: Path
) -> None:
    (text,) = blocks(page, "python")
    program = tmp_path / "watch_stock.py"
    program.write_text(here(text, demo))
    with (tmp_path / "errors").open("w+") as errors:
        process = forks.started(
            [sys.executable, program],
            env={**os.environ, "TOKEN": token, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            line = first_line(process, lambda sale: sell(demo, token, f"{page.name} {sale}"))
        finally:
            process.kill()
            process.communicate()
    assert "HAM-16" in line and "cursor" in line, (tmp_path / "errors").read_text()


def first_line(process: subprocess.Popen[str], act: Callable[[int], None]) -> str:
    """What the program says first; `act` again and again until then: when it has subscribed is
    not known."""
    assert process.stdout is not None
    for time in range(TIMEOUT_S):
        act(time)
        if select.select([process.stdout], [], [], 1)[0]:
            return process.stdout.readline()
    return ""


def sell(demo: Server, token: str, key: str) -> None:
    response = httpx.post(
        f"{demo.url}/graphql",
        json={"query": SELL, "variables": {"key": key}},
        headers={"authorization": f"Bearer {token}"},
        timeout=TIMEOUT_S,
    )
    assert response.json()["data"]["adjustStock"] == {"userErrors": []}


def test_the_table_of_items_is_shown(demo: Server) -> None:
    (command,) = blocks(TOOLS, "sh")
    assert "HAM-16" in shell(f"{command.rstrip()} --until-idle 1 </dev/null", demo)


def test_every_block_is_run_by_a_test(first_steps: list[str]) -> None:
    known = [*first_steps, *blocks(README, "python"), *blocks(TOOLS, "sh", "python")]
    for page in PAGES:
        if page == RECIPES:
            continue
        others = [text for text in blocks(page) if text not in known]
        others = [text for text in others if text not in blocks(page, "mermaid", "text")]
        marks = ELSEWHERE.get(page.name, ())
        assert [text for text in others if not any(mark in text for mark in marks)] == [], page
