"""What a usual run leaves out, how long what is generated runs, and which tests begin first.

A usual run tries each kind of promise once. What tries a kind again, with other inputs, widths,
libraries or faults, is marked `campaign`, or is a case that is `only_full`: `--full` runs it, and
CI does. So what a noun promises on either database is tried on SQLite in a usual run, and on
PostgreSQL with `--full` or by its name; what is about databases and processes, on both.

A usual run makes two fifths of what is generated: each run makes others, and there are many runs.
`--full` makes all of it, as scripts/planted_bugs.py does, and `--long` many times as much.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

import hypothesis
import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import HealthCheck

T = TypeVar("T")

SHORT, FULL, LONG = "short", "full", "long"
SHARE = 0.4  # of what is generated, in a usual run
NOT_RUN = "a campaign: --full runs it"
ONCE = "tried on SQLite: --full runs it on PostgreSQL too"
# Folders whose tests are the same on both databases, beside others that are about these.
NOUNS = frozenset(
    {"accounts", "alerts", "attachments", "imports", "inventory", "notifications", "schema"}
)
BROWSER = "playwright"  # the fixture that all browsers come from
TOO_LONG = "a long campaign: --long runs it"


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


def leave_out(items: Sequence[pytest.Item], *, is_full: bool, is_long: bool) -> None:
    """Skip what this run does not take. Called once, by conftest.py."""
    on_sqlite = {_function(item) for item in items if _maker(item) == "sqlite"}
    for item in items:
        if item.get_closest_marker("long") and not is_long:
            item.add_marker(pytest.mark.skip(reason=TOO_LONG))
        elif is_full or is_long:
            continue
        elif item.get_closest_marker("campaign"):
            item.add_marker(pytest.mark.skip(reason=NOT_RUN))
        elif (
            _maker(item) == "postgres"
            and item.path.parent.name in NOUNS
            and _function(item) in on_sqlite
        ):
            item.add_marker(pytest.mark.skip(reason=ONCE))


def _function(item: pytest.Item) -> str:
    """Without its case."""
    return item.nodeid.partition("[")[0]


def _maker(item: pytest.Item) -> object:
    """On which database a case is tried; None: it does not say."""
    case = getattr(item, "callspec", None)
    return None if case is None else case.params.get("maker")


def told_left_out(skipped: Sequence[pytest.TestReport]) -> list[str]:
    """A line for each kind of what was left out."""
    reasons = [report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)]
    told = {
        "{} campaigns not run: --full runs them": NOT_RUN,
        "{} cases not run on PostgreSQL, which are on SQLite: --full runs them": ONCE,
    }
    counts = {line: sum(kind in reason for reason in reasons) for line, kind in told.items()}
    return [line.format(count) for line, count in counts.items() if count]


def only_full(*values: object, id: str | None = None) -> ParameterSet:
    """A case of a test's table that a usual run leaves out: others there stand for it."""
    return pytest.param(*values, id=id, marks=pytest.mark.campaign)


def is_usual() -> bool:
    """Whether neither --full nor --long was given."""
    return hypothesis.settings.get_current_profile_name() == SHORT


def chance(seed: int) -> random.Random:
    """Choices that are the same in every run."""
    return random.Random(seed)  # noqa: S311  # what repeats is no secret


def is_long() -> bool:
    """Whether --long was given."""
    return hypothesis.settings.get_current_profile_name() == LONG


def by_kind(usual: T, full: T, long: T) -> T:
    """What a test is to take, by the kind of the run. Modules may ask while they are imported."""
    return {SHORT: usual, FULL: full, LONG: long}[hypothesis.settings.get_current_profile_name()]


def examples(full: int, long: int) -> hypothesis.settings:
    """Settings for a test whose examples cost more than a plain function call."""
    name = hypothesis.settings.get_current_profile_name()
    count = by_kind(max(1, int(full * SHARE)), full, long)
    return hypothesis.settings(hypothesis.settings.get_profile(name), max_examples=count)


def in_order(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests in the order to run them in: each of xdist's workers begins with its share of
    those marked `early`, so that none is busy with a long one when the others have done all. The
    last one goes on with those that need a browser: each worker with such tests starts a browser
    and a server, and signs everybody in.

    A worker is given a stretch of the tests, as long as any other's; at its end it takes over
    what another one has not begun, from the end."""
    early = [item for item in items if item.get_closest_marker("early")]
    rest = [item for item in items if not item.get_closest_marker("early")]
    browsing = [item for item in rest if BROWSER in getattr(item, "fixturenames", ())]
    others = [item for item in rest if BROWSER not in getattr(item, "fixturenames", ())]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        mine = early[worker::workers]
        if worker == workers - 1:
            mine += browsing
        count = (len(items) - len(ordered)) // (workers - worker) - len(mine)
        ordered += mine + others[: max(count, 0)]
        del others[: max(count, 0)]
    return ordered + others
