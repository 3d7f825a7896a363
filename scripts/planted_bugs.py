"""Do the tests notice the bugs that they are there for? Run by people, before trusting them.

    python scripts/planted_bugs.py

Works on a copy of the project. There it runs the tests that concern each bug, which must pass;
then it plants one bug at a time and runs them again: now they must fail. A fault suite is worth
what such bugs are to it. Exit codes: 0 every bug was noticed; 1 one was not, or tests fail without
any; 2 a bug cannot be planted, since the code has changed: adapt BUGS.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from endings import ScriptFailed, WrongUsage, launch

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("graphql_api", "schema", "scripts", "tests", "pyproject.toml", "schema.graphql")
NOT_COPIED = shutil.ignore_patterns("node_modules", "__pycache__", "*.pyc")
NOT_PASSED_ON = {"TEST_DATABASE_URL", "TEST_REDIS_URL", "CI"}
TIMEOUT_S = 300  # without a bug
HANG_FACTOR, HANG_LEAST_S = 5, 30  # times that, and at least: tests that hang noticed something too
PASSED, FAILED = 0, 1  # pytest's exit codes; the others say that nothing was tested
FAILURES_TOLD = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """In one file, a text that stands there once, and what it becomes."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Bug:
    """tests: pytest's arguments for the tests that must notice it."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


WRITER = "graphql_api/database/writer.py"
STANDINGS = "graphql_api/accounts/standings.py"
KEYS = "graphql_api/database/idempotency.py"
NAMED = "graphql_api/inventory/named_items.py"

BUGS = (
    Bug(
        "events are published before their commit",
        (
            Edit(
                WRITER,
                "            await self._journal.store(connection, entry)\n",
                "            await self._journal.store(connection, entry)\n"
                "            self._committed(entry.events)\n",
            ),
            Edit(
                WRITER,
                "            if done.events:\n                self._tell_committed(done.events)\n",
                "",
            ),
        ),
        ("tests/database/test_writer.py",),
    ),
    Bug(
        "a commit whose answer was lost is repeated",
        (Edit(WRITER, "if await self._was_committed(attempt.number):", "if False:"),),
        ("tests/database/test_commits_in_doubt.py", "-k", "sqlite"),
    ),
    Bug(
        "a commit that failed counts as done",
        (Edit(WRITER, "if await self._was_committed(attempt.number):", "if True:"),),
        ("tests/database/test_commits_in_doubt.py", "-k", "sqlite"),
    ),
    Bug(
        "the idempotency key is not looked up",
        (
            Edit(KEYS, "        known = self._known.get(name)\n", "        known = None\n"),
            Edit(
                KEYS,
                '"VALUES (?, ?, ?, ?, ?, ?)",',
                '"VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key, user_id) DO NOTHING",',
            ),
        ),
        ("tests/inventory/test_keys.py",),
    ),
    Bug(
        "a write is cancelled with its caller",
        (
            Edit(
                WRITER,
                "        self._awake.set()\n        return await outcome",
                "        await self._settle(self._queue.take())\n        return await outcome",
            ),
        ),
        ("tests/database/test_writer.py", "-k", "cancelled"),
    ),
    Bug(
        "a row that comes twice among many is not seen",
        (Edit("graphql_api/database/arrays.py", " or _has_twins(parts, rows)", ""),),
        ("tests/database/test_many_rows.py", "-k", "twice"),
    ),
    Bug(
        "the role is looked at when a subscription begins, and never again",
        (
            Edit(
                "graphql_api/transport/sockets.py",
                "return list(self._by_user.get(event.subject or 0, ()))",
                "return []",
            ),
        ),
        ("tests/transport/test_sessions.py", "-k", "role"),
    ),
    Bug(
        "one listener that fails ends the writer",
        (
            Edit(
                WRITER,
                "        except Exception:\n"
                '            logger.exception("who listens to commits failed")\n',
                "        finally:\n            pass\n",
            ),
        ),
        ("tests/database/test_writer.py",),
    ),
    Bug(
        "an answer about a session is kept though it was overtaken by a change",
        (
            Edit(
                "graphql_api/accounts/standings.py", "if forgotten == self._forgotten:", "if True:"
            ),
        ),
        ("tests/accounts/test_sessions.py", "-k", "before_a_change"),
    ),
    Bug(
        "figures are read on when the services end",
        (Edit("graphql_api/inventory/figures.py", "await self._shared.close()", "pass"),),
        ("tests/inventory/test_figures.py", "-k", "let_go"),
    ),
    Bug(
        "a peer that is gone stays",
        (Edit("graphql_api/transport/socket.py", "UNANSWERED_MAX = 2 ", "UNANSWERED_MAX = 99 "),),
        ("tests/transport/test_peers.py", "-k", "gone_is_broken_off"),
    ),
    Bug(
        "sockets of peers that are gone lock their user out",
        (
            Edit(
                "graphql_api/transport/sockets.py",
                "            if not socket.gives_signs_of_life():\n",
                "            if False:\n",
            ),
        ),
        ("tests/transport/test_peers.py", "-k", "give_way"),
    ),
    Bug(
        "an expired token acts on",
        (
            Edit(
                "graphql_api/transport/operations.py",
                "if viewer is not None and viewer.expires_at_us <= self._backend.clock.now_us():",
                "if False:",
            ),
        ),
        ("tests/transport/test_peers.py", "-k", "expired"),
    ),
    Bug(
        "an origin's port does not count",
        (Edit("graphql_api/origins.py", "{host}{shown}", "{host}"),),
        ("tests/transport/test_peers.py", "-k", "origin"),
    ),
    Bug(
        "metrics are for anybody in production",
        (
            Edit(
                "graphql_api/web/health.py",
                "if not metrics_token and is_production:",
                "if False:",
            ),
        ),
        ("tests/schema/test_endpoints.py", "-k", "in_production"),
    ),
    Bug(
        "long texts are normalised before their length is looked at",
        (
            Edit(
                "graphql_api/values.py",
                "return folded(trimmed) if len(trimmed) <= characters_max else NO_KEY",
                "return folded(trimmed)",
            ),
        ),
        ("tests/schema/test_long_texts.py",),
    ),
    Bug(
        "an item that is hidden can be booked by who may not see it",
        (
            Edit(
                NAMED,
                "if item is None or (item.admins_only and not sees_admins):",
                "if item is None:",
            ),
        ),
        ("tests/inventory/test_visibility.py",),
    ),
    Bug(
        "an alert that was silenced speaks at every change",
        (
            Edit(
                "graphql_api/alerts/lifecycle.py",
                "told = self.severity if self.told_severity is None else self.told_severity",
                "told = Severity.LOW",
            ),
        ),
        ("tests/alerts/test_lifecycle.py",),
    ),
    Bug(
        "fields that depend on who looks are made once for all",
        (
            Edit(
                "graphql_api/engine/personal.py",
                "return bool(metadata.get(PERSONAL))",
                "return False",
            ),
        ),
        ("tests/schema/test_nodes.py", "-k", "live_alerts"),
    ),
    Bug(
        "what is made once for all may depend on who looks",
        (
            Edit(
                "graphql_api/engine/execution.py",
                "context if self.personal else context.for_everyone()",
                "context",
            ),
        ),
        ("tests/schema/test_nodes.py", "-k", "asks_who_looks"),
    ),
    Bug(
        "GET runs mutations",
        (
            Edit(
                "graphql_api/transport/http.py",
                'method = "POST" if request.method == "POST" else "GET"',
                'method = "POST"',
            ),
        ),
        ("tests/schema/test_http.py", "-k", "address"),
    ),
    Bug(
        "a table that is made anew on SQLite is empty",
        (
            Edit(
                "graphql_api/database/ddl.py",
                "SELECT {names} FROM {kept}",
                "SELECT {names} FROM {kept} WHERE false",
            ),
        ),
        ("tests/database/test_filled_tables.py",),
    ),
    Bug(
        "closing sockets come all at once",
        (
            Edit(
                "graphql_api/transport/sockets.py",
                "            if wait_s > 0:\n",
                "            if False:\n",
            ),
        ),
        ("tests/transport/test_processes.py", "-k", "over_the_window"),
    ),
)


class CannotPlant(Exception):
    """The text that a bug replaces does not stand exactly once in its file."""


def plant(folder: Path, edits: Sequence[Edit]) -> None:
    """Make the edits in a copy of the project. Raises CannotPlant."""
    for edit in edits:
        path = folder / edit.file
        text = path.read_text()
        if text.count(edit.before) != 1:
            raise CannotPlant(f"{edit.file} holds {text.count(edit.before)} times: {edit.before!r}")
        path.write_text(text.replace(edit.before, edit.after))


def copy_of_the_project(folder: Path) -> Path:
    """A copy without what was installed and built, inside `folder`."""
    copy = folder / "project"
    copy.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=NOT_COPIED)
        else:
            shutil.copy(source, copy / name)
    return copy


def run_tests(folder: Path, tests: Sequence[str], timeout_s: float) -> tuple[int | None, list[str]]:
    """pytest's exit code (None: it hung) and the names of the tests that failed. On SQLite alone:
    a run that hangs is killed, and would leave databases on a server."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--full", "-rfE", *tests]
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    environment |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        told, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with the servers that the tests started
        process.communicate()
        return None, []
    if process.returncode not in (PASSED, FAILED):
        print(told[-2_000:], file=sys.stderr)
    failed = re.findall(r"^(?:FAILED|ERROR) \S+?::(.+?)(?: - .*)?$", told, re.MULTILINE)
    return process.returncode, failed


def is_noticed(bug: Bug) -> bool:
    """Whether the bug's tests pass without it and fail with it; tells about both."""
    with tempfile.TemporaryDirectory(prefix="planted-") as name:
        folder = copy_of_the_project(Path(name))
        began = time.monotonic()
        sound, failed = run_tests(folder, bug.tests, TIMEOUT_S)
        if sound != PASSED:
            print(f"FAIL  {bug.name}: its tests fail without it: {', '.join(failed) or sound}")
            return False
        hang_s = max(HANG_LEAST_S, HANG_FACTOR * (time.monotonic() - began))
        plant(folder, bug.edits)
        planted, failed = run_tests(folder, bug.tests, hang_s)
        took = f"{time.monotonic() - began:.0f} s"
    told = ", ".join(failed[:FAILURES_TOLD]) + (" …" if len(failed) > FAILURES_TOLD else "")
    match planted:
        case None:
            print(f"ok    {bug.name}: green without it; with it the tests hang ({took})")
        case 1:
            print(f"ok    {bug.name}: green without it, {len(failed)} red with it: {told} ({took})")
        case _:
            print(f"FAIL  {bug.name}: nobody noticed it (pytest ended with {planted})")
    return planted in (None, FAILED)


def main() -> None:
    """Plant one bug at a time in a copy of the project, and see whether the tests notice it."""
    try:
        noticed = [is_noticed(bug) for bug in BUGS]
    except CannotPlant as error:
        raise WrongUsage(str(error)) from None
    if not all(noticed):
        raise ScriptFailed(f"{noticed.count(False)} of {len(noticed)} bugs were not noticed")


if __name__ == "__main__":
    launch("planted_bugs", main)
