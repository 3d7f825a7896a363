"""Rate limits: token buckets for each user, or address without a session.

One counts operations. The other counts their work, in the units of extensions.cost: about 20 µs
each. It may be overdrawn by what was let in, and then waits until it is paid.
"""

from __future__ import annotations

import math
from collections import OrderedDict

from graphql_api.clock import Clock
from graphql_api.errors import LimitExceeded, RateLimited

BURST_S = 5  # seconds' worth that may come at once
BUCKETS_MAX = 50_000  # callers remembered; the least recently seen start afresh


class LiveCosts:
    """What each user's live subscriptions cost an event, over all sockets of this process."""

    def __init__(self, cost_max: int) -> None:
        self._cost_max = cost_max
        self._by_caller: dict[str, int] = {}

    def hold(self, caller: str, cost: int) -> None:
        """One more subscription. Raises LimitExceeded, and then holds nothing."""
        held = self._by_caller.get(caller, 0) + cost
        if held > self._cost_max:
            raise LimitExceeded(
                f"Your live subscriptions cost {held} an event together; at most "
                f"{self._cost_max} may be. End some, or ask for less."
            )
        self._by_caller[caller] = held

    def let_go(self, caller: str, cost: int) -> None:
        """One that was held has ended."""
        held = self._by_caller.get(caller, 0) - cost
        if held > 0:
            self._by_caller[caller] = held
        else:
            self._by_caller.pop(caller, None)


class RateLimiter:
    """Refuses operations beyond `per_second`, and work beyond `work_per_second`, kept up.

    None: never refuses.
    """

    def __init__(
        self, clock: Clock, per_second: int | None, work_per_second: int | None = None
    ) -> None:
        self._operations = _Buckets(clock, per_second, "many operations")
        self._work = _Buckets(clock, work_per_second, "much work")

    def take(self, caller: str) -> None:
        """Count one operation of `caller`. Raises RateLimited with retryAfterSeconds."""
        self._operations.spend(caller, 1, least=1)

    def charge(self, caller: str, work: int) -> None:
        """Count work that is about to be done. Raises RateLimited while earlier work is unpaid."""
        if work:
            self._work.spend(caller, work, least=0)


class _Buckets:
    """One bucket a caller. per_second None: without a bottom."""

    def __init__(self, clock: Clock, per_second: int | None, what: str) -> None:
        self._clock = clock
        self._per_second = per_second
        self._what = what
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, as of

    def spend(self, caller: str, amount: int, least: int) -> None:
        """Take `amount` if at least `least` is there, and more than nothing. Raises RateLimited."""
        if self._per_second is None:
            return
        tokens = self._refilled(caller, self._per_second)
        allowed = tokens > 0 and tokens >= least
        self._keep(caller, tokens - amount if allowed else tokens)
        if not allowed:
            wait_s = max(1, math.ceil((least - tokens) / self._per_second))
            raise RateLimited(
                f"Too {self._what}: at most {self._per_second} a second. Try again in {wait_s} s.",
                retryAfterSeconds=wait_s,
            )

    def _refilled(self, caller: str, per_second: int) -> float:
        now_s = self._clock.monotonic_s()
        full = float(per_second * BURST_S)
        tokens, as_of_s = self._buckets.pop(caller, (full, now_s))
        return min(full, tokens + (now_s - as_of_s) * per_second)

    def _keep(self, caller: str, tokens: float) -> None:
        self._buckets[caller] = (tokens, self._clock.monotonic_s())
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
