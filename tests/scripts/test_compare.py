"""scripts/bench/compare.py: what it takes for slower; who has the time runs it for real."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import forks

COMPARE = Path(__file__).parents[2] / "scripts" / "bench" / "compare.py"

VERDICTS = """
import sys
sys.path[:0] = [{folder!r}, {scripts!r}]
from compare import verdict
nan = float("nan")
for ratios in (
    [1.0, 1.02, 0.99, 1.01, 1.0],
    [1.3, 1.25, 1.31, 1.28, 1.3],
    [1.0, 1.0, 1.9, 0.99, 1.01],
    [0.7, 0.72, 0.71, 0.7, 0.69],
    [nan, nan, 1.0],
):
    print(verdict([(10.0, 10.0 * ratio) for ratio in ratios], 0.1)[1])
"""


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return forks.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120)


def test_slower_is_what_is_slower_in_most_rounds_and_one_bad_round_is_not() -> None:
    program = VERDICTS.format(folder=str(COMPARE.parent), scripts=str(COMPARE.parents[1]))
    done = ran("-c", program)
    assert done.stdout.splitlines() == ["same", "slower", "same", "faster", "nothing measured"], (
        done.stderr
    )
