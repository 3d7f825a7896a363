"""Every script that people run says what is wrong in one line, and ends with 1 or 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forks
from tests.patience import PATIENCE_S
from tests.servers import SCRIPTS

GONE = "http://127.0.0.1:1"  # nobody listens there, and no user may
WHO = ("--email", "a@b.c", "--password", "x")
NOWHERE = "/nowhere/at/all"

# Started by other programs, with what those say; or by their shell, which knows its own errors.
NOT_FOR_PEOPLE = {
    "endings.py", "bench/ceiling.py", "bench/contestants.py", "bench/documents.py",
    "bench/fixtures.py", "bench/flood.py", "bench/guard.py", "bench/http_client.py",
    "bench/inventory_types.py", "bench/loadclient.py", "bench/loadgen.py", "bench/measures.py",
    "bench/naive_tortoise.py", "bench/plots.py", "bench/processes.py", "bench/programme.py",
    "bench/results.py", "bench/served.py", "bench/sessions.py", "bench/stock_strawberry.py",
    "bench/subscribers.py", "bench/sustained.py", "bench/table.py", "bench/uvicorn_settings.py",
    "versions.py",
}  # fmt: skip

CASES: list[tuple[str, int, str, str]] = [  # script, exit code, words, arguments
    ("attack.py", 2, "Missing argument", ""),
    ("attack.py", 2, "must be like", "nonsense"),
    ("attack.py", 2, "Invalid IPv6", "http://[::1"),
    ("attack.py", 2, "--only [", f"{GONE} --only ["),
    ("attack.py", 1, "takes no connection", GONE),
    ("bench/audits.py", 2, "unexpected extra argument", "surplus"),
    ("bench/audits.py", 2, "no such file", f"--page {NOWHERE}/README.md"),
    ("bench/compare.py", 2, "no such measure", "--only flying"),
    ("bench/compare.py", 2, "no-such-revision", "--base no-such-revision"),
    ("bench/compare.py", 2, "is not NAME=value", "--base-set WORKERS"),
    ("bench/run.py", 2, "'nonsense'", "nonsense"),
    ("bench/run.py", 2, "there are ours", "--only nonsense"),
    ("bench/run.py", 2, "no folder", f"--json {NOWHERE}/x.json"),
    ("bench/run.py", 2, "--runs", "--runs -1"),
    ("bench/sizes.py", 2, "--items", "--items 0"),
    ("bench/models.py", 2, "unexpected extra argument", "surplus"),
    ("bench/stored.py", 2, "unexpected extra argument", "surplus"),
    ("bench/scale.py", 2, "unexpected extra argument", "surplus"),
    ("bench/holds.py", 2, "unexpected extra argument", "surplus"),
    ("bench/scale.py", 2, "at least 1", "--items 0"),
    ("bench/ledger.py", 2, "at least 100", "--movements 99"),
    ("bench/filters.py", 2, "--sockets", "--sockets 100"),
    ("bench/opening.py", 2, "--turns", "--turns 0"),
    ("bench/costs.py", 2, "there are filters", "--only nonsense"),
    ("bench/hot_reads.py", 2, "--rounds", "--rounds 0"),
    ("bench/writes.py", 2, "--rounds", "--rounds 0"),
    ("bench/ledger.py", 2, "one size", "--database postgres://x"),
    ("bench/servers.py", 2, "--turns", "--turns 0"),
    ("bench/many_sockets.py", 2, "--sockets", "--sockets 0"),
    ("bench/pages.py", 2, "--turns", "--turns 0"),
    ("bench/rows.py", 2, "--rounds", "--rounds 0"),
    ("server_messages.py", 2, "surplus", "surplus"),
    ("demo.py", 2, "unexpected extra argument", "surplus"),
    ("mirror.py", 2, "Missing argument", ""),
    ("mirror.py", 2, "'nonsense'", f"copy.sqlite3 {' '.join(WHO)} --url nonsense"),
    ("mirror.py", 1, "does not answer", f"copy.sqlite3 {' '.join(WHO)} --url {GONE}"),
    ("mirror.py", 1, "unable to open", f"{NOWHERE}/x.sqlite3 {' '.join(WHO)} --url {GONE}"),
    ("mirror.py", 1, "something else", f"junk.csv {' '.join(WHO)} --url {GONE}"),
    ("planted_bugs.py", 2, "unexpected extra argument", "surplus"),
    ("replay.py", 2, "Missing argument", ""),
    ("replay.py", 2, "No such file", f"{NOWHERE}.csv {' '.join(WHO)} --url {GONE}"),
    ("replay.py", 2, "junk.csv", f"junk.csv {' '.join(WHO)} --url {GONE}"),
    ("schema_changes.py", 2, "unexpected extra argument", "surplus"),
    ("screenshots.py", 2, "Missing argument", ""),
    ("screenshots.py", 2, "'nonsense'", "nonsense ."),
    ("screenshots.py", 2, "does not exist", f"{GONE} {NOWHERE}"),
    ("subscribe.py", 1, "usage", ""),
    ("subscribe.py", 1, "'nonsense'", "a@b.c nonsense"),
    ("subscribe.py", 1, "does not answer", f"a@b.c {GONE}"),
    ("watch.py", 2, "'nonsense'", f"{' '.join(WHO)} --url nonsense"),
    ("watch.py", 1, "does not answer", f"{' '.join(WHO)} --url {GONE} --attempts 0"),
    ("watch.py", 2, "no folder", f"{' '.join(WHO)} --url {GONE} --cursor-file {NOWHERE}/place"),
    ("ws_audit.py", 2, "Missing argument", ""),
    ("ws_audit.py", 2, "nonsense", "nonsense"),
    ("ws_audit.py", 1, "cannot reach", "ws://127.0.0.1:1/graphql"),
]


def said(
    script: str, arguments: list[str], folder: Path, **settings: str
) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("INVENTORY_")}
    return forks.run(
        [sys.executable, str(SCRIPTS / script), *arguments],
        cwd=folder,
        env={**env, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize(("script", "code", "words", "arguments"), CASES)
def test_wrong_use_is_told_in_one_line(
    tmp_path: Path, script: str, code: int, words: str, arguments: str
) -> None:
    """Tracebacks came of a folder that is not there, an address that is none, no server."""
    (tmp_path / "junk.csv").write_bytes(b"\xff\x00junk\n")
    done = said(script, arguments.split(), tmp_path, INVENTORY_PASSWORD="x")
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stdout + done.stderr
    assert words in done.stderr


def test_every_script_is_tried_or_is_not_for_people() -> None:
    of_people = {path.name for path in SCRIPTS.glob("*.py")}
    of_bench = {f"bench/{path.name}" for path in (SCRIPTS / "bench").glob("*.py")}
    assert of_people | of_bench == {case[0] for case in CASES} | NOT_FOR_PEOPLE


INTERRUPTED = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from endings import launch

def main() -> None:
    {0}

launch("it", main, failures=(ZeroDivisionError,))
"""


@pytest.mark.parametrize(
    ("does", "code", "line"),
    [
        ("raise KeyboardInterrupt", 130, "it: interrupted\n"),
        ("1 / 0", 1, "it: division by zero\n"),
        ("open('missing')", 1, "it: missing: No such file or directory\n"),
        ("raise ValueError('a\\nb')", 1, "it: ValueError: a b (LOG_LEVEL=DEBUG shows where)\n"),
    ],
)
def test_whatever_ends_a_script_is_one_line_and_a_code(
    tmp_path: Path, does: str, code: int, line: str
) -> None:
    program = INTERRUPTED.format(does)
    done = forks.run(
        [sys.executable, "-c", program, str(SCRIPTS)],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "LOG_LEVEL"},
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, line)
