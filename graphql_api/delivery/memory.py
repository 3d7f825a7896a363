"""A broker between hubs of one process: the default, where there is one hub, and tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from graphql_api.delivery.broker import Channels, Hint, Receive, check_message


class MemoryExchange:
    """What the brokers of one process have in common."""

    def __init__(self) -> None:
        self.brokers: list[MemoryBroker] = []

    @property
    def hints(self) -> list[Hint]:
        """Those of all brokers that were started, in that order."""
        return [broker.hint for broker in self.brokers if broker.hint is not None]


class MemoryBroker:
    """Reaches the other brokers of the same exchange, at once."""

    def __init__(self, exchange: MemoryExchange | None = None) -> None:
        self._exchange = exchange or MemoryExchange()
        self._channels = Channels()
        self.hint: Hint | None = None

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        return ()

    async def start(self, hint: Hint) -> None:
        self.hint = hint
        self._exchange.brokers.append(self)
        self._channels.connected()

    def announce(self) -> None:
        for hint in self._exchange.hints:
            if hint is not self.hint:
                hint()

    def publish(self, channel: str, message: str) -> None:
        check_message(channel, message)
        for broker in tuple(self._exchange.brokers):
            if broker is not self:
                broker.deliver(channel, message)

    def deliver(self, channel: str, message: str) -> None:
        """Another broker of the exchange published."""
        self._channels.deliver(channel, message)

    def subscribe(self, channel: str, receive: Receive, connected: Hint) -> Callable[[], None]:
        return self._channels.subscribe(channel, receive, connected)

    def log_replaced(self, epoch: str) -> None:
        """Nobody meets by it here."""

    async def close(self) -> None:
        if self.hint is not None:
            self._exchange.brokers.remove(self)
            self.hint = None
