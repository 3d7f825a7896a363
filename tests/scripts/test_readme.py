"""What README.md says to type works as it stands there, against the demo.

Only the server's address is another one. Each block has its test here: a new one needs one too.
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

from tests.servers import ROOT, SCRIPTS, Server

README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "127.0.0.1:8000"
TIMEOUT_S = 120
# Blocks that are run elsewhere: by CI (scripts/test), by tests/web/test_package.py.
ELSEWHERE = ("./scripts/run ", "npm pack", "useRealTimeUpdates(")


def blocks(*languages: str) -> list[str]:
    return [text for language, text in BLOCK.findall(README.read_text()) if language in languages]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What scripts/run serves."""
    server = Server(tmp_path_factory.mktemp("readme"), DRAIN_SECONDS="0.2", LOG_LEVEL="WARNING")
    env = {**os.environ, "DATABASE_URL": f"sqlite://{server.database}", "PYTHONPATH": str(ROOT)}
    filled = subprocess.run(
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
    return [text for text in blocks("sh") if "curl" in text]


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


@pytest.mark.parametrize("number", range(2))
def test_the_programs_in_python_hear_a_sale(
    demo: Server, token: str, number: int, tmp_path: Path
) -> None:
    program = tmp_path / "watch_stock.py"
    program.write_text(here(blocks("python")[number], demo))
    with (tmp_path / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, program],
            env={**os.environ, "TOKEN": token, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            line = first_line(process, lambda sale: sell(demo, token, f"{number} {sale}"))
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
    (command,) = [text for text in blocks("sh") if "watch.py" in text]
    assert "HAM-16" in shell(f"{command.rstrip()} --until-idle 1 </dev/null", demo)


def test_every_block_is_run_by_a_test() -> None:
    known = [text for text in blocks("sh") if "curl" in text or "watch.py" in text]
    known += blocks("python") + blocks("mermaid")
    others = [text for _, text in BLOCK.findall(README.read_text()) if text not in known]
    assert not [text for text in others if not any(mark in text for mark in ELSEWHERE)]
    assert len(blocks("python")) == 2


@pytest.mark.parametrize("page", ["README.md", "docs/clients.md"])
def test_every_command_names_the_interpreter_that_has_the_project(page: str) -> None:
    text = (ROOT / page).read_text()
    assert not re.findall(r"(?<!\.venv/bin/)\bpython3? (?:-m graphql_api|scripts/).*", text)


def test_every_file_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", README.read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
