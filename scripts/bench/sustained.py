"""How many changes a second a contestant keeps up with; run.py tells what that means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import documents
from contestants import Contestant
from http_client import percentile
from processes import cpu_seconds
from sessions import Bench, Figures, Plan, Session, bench

LAG_S = 1.0  # p99 of an event's timestamp to its last socket must stay below
GROWTH_S = 0.1  # of the median, first third to last third: what one busy second makes of it
STEP_S = 15.0
STEPS = 9  # at most; each halves what is not known
PRECISION = 1.15  # between a rate that is kept up with and one that is not
TRIES = 4  # to hold what was found for the whole time, each a seventh below the last
BUSY_CORES = 0.85  # of one core: there is no more for it
RATE_MIN = 1.0  # below this, 15 s say nothing of the 99th of 100


@dataclass(frozen=True, slots=True)
class Held:
    """One rate that was tried, changes a second, and what was seen of it."""

    rate: float
    lag_p99_s: float
    growth_s: float
    server_cores: float
    load_cores: float

    @property
    def failed_by(self) -> str | None:
        """None where the rate was kept up with."""
        if self.lag_p99_s >= LAG_S:
            return f"p99 {self.lag_p99_s:.1f} s"
        return f"lag grew by {self.growth_s:.1f} s" if self.growth_s >= GROWTH_S else None

    @property
    def limited_by(self) -> str:
        """Who had no core left; neither: the disk, or what else the machine does."""
        busy = {"the server": self.server_cores, "the load generator": self.load_cores}
        return " and ".join(who for who, cores in busy.items() if cores >= BUSY_CORES) or "neither"

    def words(self) -> str:
        """For a note."""
        busy = f"server {self.server_cores:.0%} of a core, load generator {self.load_cores:.0%}"
        told = f"{self.failed_by or 'kept up with'} ({busy}: {self.limited_by} was the limit)"
        return f"{self.rate:,.1f} changes/s: {told}"


def growth_s(lags_s: list[float]) -> float:
    """How much more the last third lags than the first, by their medians, in s."""
    third = max(1, len(lags_s) // 3)
    return median(lags_s[-third:]) - median(lags_s[:third])


def held(at: Bench, rate: float, seconds: float) -> Held:
    """Try a rate. A queue shows in the time from the request, wherever it stands."""
    seconds = max(seconds, 3 / rate)
    server, load = cpu_seconds(at.running.pid), cpu_seconds(at.load.pid)
    found: dict[str, Any] = at.load.call(
        "paced", timeout_s=120 + 10 * seconds, rate=rate, seconds=seconds
    )
    from_request = found["trigger_to_last_s"]
    took_s = seconds + from_request[-1]
    return Held(
        rate,
        percentile(found["stamp_to_last_s"], 0.99),
        growth_s(from_request),
        (cpu_seconds(at.running.pid) - server) / took_s,
        (cpu_seconds(at.load.pid) - load) / took_s,
    )


def searched(attempt: Callable[[float], Held], start: float) -> tuple[float, Held | None]:
    """The highest rate that was kept up with, 0 for none, and the lowest tried that was not."""
    low, rate, refused = 0.0, max(RATE_MIN, start), None
    for _ in range(STEPS):
        tried = attempt(rate)
        if tried.failed_by:
            refused = tried
        else:
            low = rate
        if refused is None:
            rate *= 2
        elif refused.rate <= max(RATE_MIN, low * PRECISION):
            break
        else:
            rate = max(RATE_MIN, (low + refused.rate) / 2)
    return low, refused


def kept_up(sockets: int) -> Session:
    """The rate for so many sockets on one document."""

    def session(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
        with bench(who, plan, progress) as at:
            at.open(sockets, documents.subscriptions(1))
            most = at.saturate(sockets)["per_second"] / sockets
            step_s = min(STEP_S, plan.held_s)
            rate, refused = searched(lambda rate: held(at, rate, step_s), most / 2)
            tries = TRIES if plan.held_s > step_s and rate else 0
            for _ in range(tries):
                whole = held(at, rate, plan.held_s)
                if whole.failed_by is None:
                    break
                refused, rate = whole, rate / PRECISION
            else:
                rate = 0.0 if tries else rate
        note = f"{sockets:,} sockets, not kept up with: {refused.words()}" if refused else ""
        return Figures({f"kept_up_{sockets}": rate}, notes=[note] if note else [])

    return session
