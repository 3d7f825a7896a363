"""When a worker that ended is replaced, and when that is given up. Pure; parent.py asks.

At once, if it had worked for a while; a second end soon after waits 1 s, the next 2, 4, 8 … One
that ends again and again before it has served at all is not going to: whoever runs the server is
told, instead of an endless row of starts.
"""

from __future__ import annotations

from collections import Counter

STEADY_S = 60.0  # who lived for so long begins afresh
DELAY_S_MAX = 30.0
FAILED_STARTS_MAX = 6  # in a row, of one worker: with the delays between, over 15 s


class Restarts:
    """Of all workers of one parent, by their numbers."""

    def __init__(self) -> None:
        self._quick: Counter[int] = Counter()  # ends in a row, each soon after the start
        self._failed: Counter[int] = Counter()  # ends in a row before anything was served

    def ended(self, number: int, lived_s: float, has_served: bool) -> float | None:
        """In how many seconds it is replaced; None: no more."""
        if has_served:
            del self._failed[number]
        else:
            self._failed[number] += 1
            if self._failed[number] >= FAILED_STARTS_MAX:
                return None
        if lived_s >= STEADY_S:
            del self._quick[number]
        self._quick[number] += 1
        earlier = self._quick[number] - 1
        return min(DELAY_S_MAX, float(2 ** min(earlier - 1, 10))) if earlier else 0.0
