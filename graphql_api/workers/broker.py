"""A broker between the workers of one parent, over what they have with it anyway: for databases
that bring none, SQLite without Redis. Others find what was committed within milliseconds, instead
of at their next look at the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from graphql_api.delivery.broker import Channels, Hint, Receive, check_message
from graphql_api.workers.wire import Message

Tell = Callable[[Message], None]


class WorkersBroker:
    """One worker's. tell: passes a message to the other workers, or loses it."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._channels = Channels()
        self._hint: Hint | None = None
        self._is_due = False

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        return ()  # the team's, which the parent looks after

    async def start(self, hint: Hint) -> None:
        self._hint = hint
        self._channels.connected()

    def announce(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._announce)

    def _announce(self) -> None:
        self._is_due = False
        self._tell({"is": "hint"})

    def publish(self, channel: str, message: str) -> None:
        check_message(channel, message)
        self._tell({"is": "said", "channel": channel, "message": message})

    def heard(self, message: Message) -> None:
        """Another worker told this."""
        if self._hint is None:
            return
        if message["is"] == "hint":
            self._hint()
        else:
            self._channels.deliver(message["channel"], message["message"])

    def subscribe(self, channel: str, receive: Receive, connected: Hint) -> Callable[[], None]:
        return self._channels.subscribe(channel, receive, connected)

    def log_replaced(self, epoch: str) -> None:
        """Nobody meets by it here."""

    async def close(self) -> None:
        self._hint = None
