"""What a usual run of the suite leaves out, and that it says so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest

from tests import forks
from tests.campaigns import in_order, is_usual
from tests.patience import PATIENCE_S
from tests.servers import ROOT

HERE = "tests/test_campaigns.py"


@pytest.mark.campaign
def test_this_one_is_a_campaign() -> None:
    assert not is_usual()


def ran(*options: str) -> str:
    done = forks.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    out: str = done.stdout
    return out


def test_a_usual_run_leaves_campaigns_out_and_counts_them() -> None:
    told = ran(f"{HERE}::test_this_one_is_a_campaign")
    assert "\n1 campaigns not run: --full runs them\n" in told
    assert "1 skipped" in told


@pytest.mark.parametrize("option", ["--full", "--long"])
def test_a_full_run_and_a_long_one_leave_none_out(option: str) -> None:
    told = ran(f"{HERE}::test_this_one_is_a_campaign", option)
    assert "1 passed" in told
    assert "campaigns not run" not in told


NOUNS_CASE = (
    "tests/alerts/test_lifecycle.py::test_an_alert_gets_graver_as_stock_falls_and_says_so_each_time"
)


@pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="PostgreSQL is not there")
def test_a_usual_run_tries_a_nouns_promises_on_one_database() -> None:
    told = ran(NOUNS_CASE)
    assert "1 passed, 1 skipped" in told
    assert "\n1 cases not run on PostgreSQL, which are on SQLite: --full runs them\n" in told
    assert "2 passed" in ran(NOUNS_CASE, "--full")
    assert "1 passed" in ran(NOUNS_CASE, "-k", "postgres")  # who asks for it


class Case:
    """As much of a test as its place is told by."""

    def __init__(self, name: str, *, is_early: bool = False, fixtures: tuple[str, ...] = ()):
        self.name = name
        self.fixturenames = fixtures
        self._is_early = is_early

    def get_closest_marker(self, name: str) -> bool:
        return self._is_early and name == "early"


def test_one_worker_begins_with_what_needs_a_browser_and_each_with_what_is_long() -> None:
    plain = [Case(f"plain {number}") for number in range(6)]
    long = [Case(f"long {number}", is_early=True) for number in range(3)]
    shown = [Case(f"shown {number}", fixtures=("api", "playwright")) for number in range(2)]
    items: Any = [*plain[:3], *shown, *plain[3:], *long]
    names = [item.name for item in in_order(items, 3)]
    assert sorted(names) == sorted(item.name for item in items)
    assert names[0:3] == ["long 0", "plain 0", "plain 1"]
    assert names[3:7] == ["long 1", "plain 2", "plain 3", "plain 4"]
    assert names[7:11] == ["long 2", "shown 0", "shown 1", "plain 5"]


def test_ci_runs_the_full_suite() -> None:
    commands = (ROOT / ".ci/run").read_text()
    assert re.search(r"^[^#\n]*scripts/test --full$", commands, re.MULTILINE)
