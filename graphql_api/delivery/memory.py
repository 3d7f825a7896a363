"""A broker between hubs of one process: the default, where there is one hub, and tests."""

from __future__ import annotations

from graphql_api.delivery.broker import Hint


class MemoryExchange:
    """What the brokers of one process have in common."""

    def __init__(self) -> None:
        self.hints: list[Hint] = []


class MemoryBroker:
    """Reaches the other brokers of the same exchange, at once."""

    def __init__(self, exchange: MemoryExchange | None = None) -> None:
        self._exchange = exchange or MemoryExchange()
        self._hint: Hint | None = None

    async def start(self, hint: Hint) -> None:
        self._hint = hint
        self._exchange.hints.append(hint)

    def announce(self) -> None:
        for hint in self._exchange.hints:
            if hint is not self._hint:
                hint()

    async def close(self) -> None:
        if self._hint is not None:
            self._exchange.hints.remove(self._hint)
            self._hint = None
