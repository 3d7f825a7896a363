"""What this process is delivering right now, and has delivered: counted, for status and metrics.

Transport counts; the schema's realtimeStatus and /metrics read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

# Upper bounds of the commit-to-send histogram.
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Counters:
    """Counts. `topics`: live subscriptions by topic; the rest says itself."""

    def __init__(self) -> None:
        self.connections_by_role: Counter[str] = Counter()
        self.subscriptions_by_topic: Counter[str] = Counter()
        self.execution_groups = 0
        self.state_groups = 0  # likewise, of subscriptions to states
        self.deliveries = 0
        self.bytes_sent = 0
        self.slow_sockets = 0  # now: sockets whose peer makes us wait
        self.slow_falls = 0  # so far: subscriptions that left live delivery for the log
        self.closes_by_code: Counter[int] = Counter()
        self.replays_by_result: Counter[str] = Counter()
        self.kept_hits = 0  # answers that were served from what is kept
        self.kept_misses = 0  # answers that could be kept, and were read
        self.kept_ended = 0  # kept answers that an event ended
        self.kept_bytes = 0  # what kept answers take now
        self.access_failures: Counter[str] = Counter()  # by kind: wrong passwords, limits …
        self.latency_counts = [0] * (len(LATENCY_BUCKETS_S) + 1)
        self.latency_sum_s = 0.0

    def observe_latency(self, seconds: float) -> None:
        """An event went out to the last socket of a group, `seconds` after it was recorded."""
        self.latency_counts[bisect_left(LATENCY_BUCKETS_S, seconds)] += 1
        self.latency_sum_s += seconds

    @property
    def connections(self) -> int:
        """Sockets that were acknowledged and are open."""
        return self.connections_by_role.total()

    @property
    def subscriptions(self) -> int:
        return self.subscriptions_by_topic.total()
