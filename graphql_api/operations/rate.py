"""Rate limits: a token bucket for each user, or address without a session."""

from __future__ import annotations

import math
from collections import OrderedDict

from graphql_api.clock import Clock
from graphql_api.errors import RateLimited

BURST_S = 5  # seconds' worth that may come at once
BUCKETS_MAX = 50_000  # callers remembered; the least recently seen start afresh


class RateLimiter:
    """Refuses operations beyond `per_second`, kept up. None: never refuses."""

    def __init__(self, clock: Clock, per_second: int | None) -> None:
        self._clock = clock
        self._per_second = per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, as of

    def take(self, caller: str) -> None:
        """Count one operation of `caller`. Raises RateLimited with retryAfterSeconds."""
        if self._per_second is None:
            return
        now_s = self._clock.monotonic_s()
        full = float(self._per_second * BURST_S)
        tokens, as_of_s = self._buckets.pop(caller, (full, now_s))
        tokens = min(full, tokens + (now_s - as_of_s) * self._per_second)
        allowed = tokens >= 1
        self._buckets[caller] = (tokens - 1 if allowed else tokens, now_s)
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
        if not allowed:
            wait_s = max(1, math.ceil((1 - tokens) / self._per_second))
            raise RateLimited(
                f"Too many operations: at most {self._per_second} a second. Try again in "
                f"{wait_s} s.",
                retryAfterSeconds=wait_s,
            )
