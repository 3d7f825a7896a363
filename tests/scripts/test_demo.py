"""The demo: four weeks of trade that end at the stock that it promises, once and for all."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import pytest

from tests import forks
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
DEMO = [sys.executable, str(ROOT / "scripts" / "demo.py")]
OURS = [sys.executable, "-m", "graphql_api"]


@pytest.fixture
def database(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": f"sqlite://{tmp_path / 'demo.sqlite3'}"}


def said(command: list[str], env: dict[str, str]) -> str:
    done = forks.run(
        command,
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    out: str = done.stdout
    return out


@pytest.mark.early
def test_a_demo_has_a_past_that_adds_up_and_is_filled_once(database: dict[str, str]) -> None:
    assert "demo-admin-password" in said(DEMO, database)
    exported = said([*OURS, "export-items"], database)
    stocks = {row["sku"]: row["initialStock"] for row in csv.DictReader(exported.splitlines())}
    assert (stocks["HAM-16"], stocks["SAW-HND"], stocks["PLG-8"]) == ("42", "0", "130")
    checked = said([*OURS, "check-ledger"], database)
    assert "16 items" in checked
    movements = int(checked.split("items, ")[1].split()[0])
    assert movements > 200
    said(DEMO, database)
    assert f"{movements} movements" in said([*OURS, "check-ledger"], database)


def test_the_demo_refuses_production_in_one_line(tmp_path: Path) -> None:
    """Its users' passwords are in this repository."""
    file = tmp_path / "demo.sqlite3"
    env = {**os.environ, "DATABASE_URL": f"sqlite://{file}", "ENVIRONMENT": "production"}
    env["JWT_SECRET"] = "x" * 48
    done = forks.run(
        DEMO, cwd=ROOT, env=env, capture_output=True, text=True, timeout=3 * PATIENCE_S, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the demo refuses ENVIRONMENT=production")
    assert done.stderr.count("\n") == 1
    assert not file.exists()


def test_a_setting_that_cannot_work_is_told_in_one_line(database: dict[str, str]) -> None:
    env = {**database, "DATABASE_URL": "mysql://x"}
    done = forks.run(
        DEMO, cwd=ROOT, env=env, capture_output=True, text=True, timeout=3 * PATIENCE_S, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: DATABASE_URL must look like")
