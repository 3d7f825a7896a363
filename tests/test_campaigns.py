"""What a usual run of the suite leaves out, and that it says so."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests import forks
from tests.campaigns import is_usual
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


def test_ci_runs_the_full_suite() -> None:
    commands = (ROOT / ".ci/run").read_text()
    assert re.search(r"^[^#\n]*scripts/test --full$", commands, re.MULTILINE)
