"""What this process is delivering right now, and has delivered: counted, for status and metrics.

Transport counts; the schema's realtimeStatus and /metrics read.
"""

from __future__ import annotations

from collections import Counter


class Registry:
    """Counts. `topics`: live subscriptions by topic; the rest says itself."""

    def __init__(self) -> None:
        self.connections_by_role: Counter[str] = Counter()
        self.subscriptions_by_topic: Counter[str] = Counter()
        self.execution_groups = 0
        self.deliveries = 0
        self.bytes_sent = 0
        self.slow_sockets = 0
        self.closes_by_code: Counter[int] = Counter()
        self.replays_by_result: Counter[str] = Counter()

    @property
    def connections(self) -> int:
        """Sockets that were acknowledged and are open."""
        return self.connections_by_role.total()

    @property
    def subscriptions(self) -> int:
        return self.subscriptions_by_topic.total()
