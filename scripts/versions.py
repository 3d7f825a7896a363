"""The libraries whose private parts we lean on, at the ends of what pyproject.toml allows.

Called by scripts/versions. Each end goes into a folder of its own, with all that it needs, and
before .venv's packages: so a run takes seconds to set up, and .venv stays as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]

LEANED_ON = (
    "strawberry-graphql", "graphql-core", "starlette", "uvicorn", "websockets", "httptools",
    "tortoise-orm", "aiosqlite", "asyncpg",
)  # fmt: skip
TESTS = (
    "tests/engine",
    "tests/schema/test_direct.py",
    "tests/schema/test_executor.py",
    "tests/schema/test_endpoints.py",
    "tests/transport/test_bounded.py",
    "tests/transport/test_seam.py",
    "tests/transport/test_server.py",
    "tests/transport/test_short_ways.py",
    "tests/transport/test_refusals.py",
    "tests/database/test_begin.py",
    "tests/database/test_brief.py",
    "tests/database/test_database.py",
    "tests/database/test_migrating.py",
    "tests/database/test_writer.py",
)
ENDS = ("lowest", "newest")


def allowed() -> dict[str, str]:
    """What pyproject.toml allows of each: its name and its bounds, as pip reads them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    named = {re.split(r"[^\w-]", line, maxsplit=1)[0]: line for line in lines}
    return {name: named[name] for name in LEANED_ON}


def at_end(line: str, end: str) -> str:
    """A requirement at this end of its bounds; newest: what the registry has below the cap."""
    return re.sub(r">=([\w.]+).*", r"==\1", line) if end == "lowest" else line


def run(end: str) -> int:
    """Install one end and test it; the tests' exit code."""
    wanted = [at_end(line, end) for line in allowed().values()]
    with tempfile.TemporaryDirectory(prefix=f"{end}-versions-") as folder:
        pip = [sys.executable, "-m", "pip", "install", "-qqq", "--disable-pip-version-check"]
        subprocess.run([*pip, "--upgrade", "--target", folder, *wanted], check=True)
        environment = {**os.environ, "PYTHONPATH": folder}
        print(f"{end}: {', '.join(_found(environment))}", flush=True)
        pytest = [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider"]
        return subprocess.run([*pytest, *TESTS], cwd=ROOT, env=environment, check=False).returncode


def _found(environment: dict[str, str]) -> list[str]:
    """The versions that a program gets in this environment."""
    told = "import sys; from importlib.metadata import version"
    program = f"{told}; print(*(f'{{name}} {{version(name)}}' for name in sys.argv[1:]), sep='\\n')"
    command = [sys.executable, "-c", program, *LEANED_ON]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def main() -> int:
    ends = sys.argv[1:] or list(ENDS)
    if not set(ends) <= set(ENDS):
        print(f"usage: scripts/versions [{'|'.join(ENDS)}]", file=sys.stderr)
        return 2
    return max(run(end) for end in ends)


if __name__ == "__main__":
    sys.exit(main())
