"""scripts/bench/sustained.py: the search for the rate; run.py measures for real."""

from __future__ import annotations

import sys
from pathlib import Path

from tests import forks

BENCH = Path(__file__).parents[2] / "scripts" / "bench"

SEARCHES = """
import sys
sys.path[:0] = [{bench!r}, {scripts!r}]
from sustained import Held, growth_s, searched
for most, start in ((120.0, 60.0), (120.0, 500.0), (3.3, 2.0), (0.2, 4.0)):
    def attempt(rate):
        return Held(rate, 0.3, 0.0 if rate <= most else 2.0, 0.9, 0.2)
    rate, refused = searched(attempt, start)
    near = rate <= most < rate * 1.15 or (rate, refused.rate) == (0, 1)
    print(near, refused.failed_by)
print(Held(10.0, 1.2, 0.0, 1.0, 0.2).failed_by, Held(10.0, 0.9, 0.05, 1.0, 0.2).failed_by)
for cores in ((0.9, 0.2), (0.2, 0.9), (0.2, 0.2)):
    print(Held(10.0, 1.2, 0.0, *cores).limited_by)
print(growth_s([0.1, 0.1, 3.0, 0.1, 0.1, 0.1]), growth_s([0.1, 0.1, 0.2, 0.2, 0.5, 0.5]))
"""


def test_a_rate_is_found_to_within_its_precision_and_a_growing_queue_refuses_it() -> None:
    program = SEARCHES.format(bench=str(BENCH), scripts=str(BENCH.parent))
    done = forks.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == [
        *["True lag grew by 2.0 s"] * 4,
        "p99 1.2 s None",
        *("the server", "the load generator", "neither"),
        "0.0 0.4",
    ], done.stderr
