"""How long the generated campaigns of this suite run, and which tests begin first.

By default a campaign makes two fifths of its examples: each run makes others, and there are many
runs. `--full` makes all of them, as scripts/planted_bugs.py does, and --long many times as many.
"""

from __future__ import annotations

import random

import hypothesis
import pytest
from hypothesis import HealthCheck

SHORT, FULL, LONG = "short", "full", "long"
SHARE = 0.4  # of a campaign's examples, in a short run


def register() -> None:
    """Make the profiles known. Called once, by conftest.py."""
    for name, examples_max in ((SHORT, 40), (FULL, 100), (LONG, 2_000)):
        hypothesis.settings.register_profile(
            name,
            max_examples=examples_max,
            deadline=None,  # a shared machine has slow moments
            print_blob=True,  # the seed is kept with the result
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )


def choose(*, is_full: bool, is_long: bool) -> None:
    """Which of them this run takes. Called once, by conftest.py."""
    hypothesis.settings.load_profile(LONG if is_long else FULL if is_full else SHORT)


def chance(seed: int) -> random.Random:
    """Choices that are the same in every run."""
    return random.Random(seed)  # noqa: S311  # what repeats is no secret


def is_long() -> bool:
    """Whether --long was given."""
    return hypothesis.settings.get_current_profile_name() == LONG


def examples(full: int, long: int) -> hypothesis.settings:
    """Settings for a test whose examples cost more than a plain function call."""
    name = hypothesis.settings.get_current_profile_name()
    counts = {SHORT: max(1, int(full * SHARE)), FULL: full, LONG: long}
    return hypothesis.settings(hypothesis.settings.get_profile(name), max_examples=counts[name])


def early_ones_first(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests in the order to run them in: each of xdist's workers begins with its share of
    those marked `early`, so that none is busy with a long one when the others have done all.

    A worker is given a stretch of the tests, as long as any other's; at its end it takes over
    what another one has not begun."""
    early = [item for item in items if item.get_closest_marker("early")]
    others = [item for item in items if not item.get_closest_marker("early")]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        mine = early[worker::workers]
        count = (len(items) - len(ordered)) // (workers - worker) - len(mine)
        ordered += mine + others[: max(count, 0)]
        del others[: max(count, 0)]
    return ordered + others
