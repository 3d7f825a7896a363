"""Without the extras everything starts; what needs one tells the command that gets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
BARE = """
import importlib.abc, sys

MISSING = {"asyncpg", "redis", "obstore"}  # push is looked for with find_spec

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from graphql_api import cli
sys.exit(cli.run(sys.argv[1:]))
"""


def said(folder: Path, *arguments: str, given: str = "", **settings: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", BARE, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_embedded_database_needs_no_extra(tmp_path: Path) -> None:
    """A driver that was imported at the top of a module made every command end in a traceback."""
    code, out, err = said(
        tmp_path,
        *("create-user", "--email", "a@b.c", "--name", "A", "--role", "ADMIN"),
        given="seven hundred brown teapots\n",
        DATABASE_URL="sqlite://x.sqlite3",
    )
    assert (code, err) == (0, "")
    assert "ADMIN a@b.c has the id" in out


@pytest.mark.parametrize(
    ("settings", "extra"),
    [
        ({"DATABASE_URL": "postgres://me@127.0.0.1:1/x"}, "postgres"),
        ({"DATABASE_URL": "sqlite://x.sqlite3", "REDIS_URL": "redis://127.0.0.1:1/0"}, "redis"),
        ({"DATABASE_URL": "sqlite://x.sqlite3", "ATTACHMENTS_STORE": "s3://shop"}, "s3"),
    ],
)
def test_an_extra_that_is_missing_is_told_with_the_command_that_gets_it(
    tmp_path: Path, settings: dict[str, str], extra: str
) -> None:
    code, _, err = said(tmp_path, "serve", "--port", "0", **settings)
    assert code == 1
    assert err.count("\n") == 1
    assert f"pip install 'realtime-inventory-api[{extra}]'" in err


def test_the_program_starts_without_what_few_commands_need() -> None:
    """numpy comes with openpyxl where it is installed; labels and pictures have programs of their
    own."""
    code = "import sys, graphql_api.cli; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert not {"openpyxl", "numpy", "reportlab", "PIL", "httpx"} & set(said.stdout.split())
