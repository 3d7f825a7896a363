"""The broker's contract: what the processes on one log tell each other outside of it.

Two things, and both only as best effort: a message may be lost, repeated, late or out of order.

- A hint that the log has grown (`announce`). Nothing is lost with it, because hubs read the log
  itself and look again every few seconds.
- Small messages on named channels (`publish`), for what is too fleeting for the log. Whoever
  uses them says all of its state again from time to time, so that a lost one heals.

An implementation must never block or fail a caller: `announce` and `publish` only schedule.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

Hint = Callable[[], None]
Receive = Callable[[str], None]

logger = logging.getLogger(__name__)

MESSAGE_BYTES_MAX = 7_000  # PostgreSQL's NOTIFY takes less than 8,000, with our head before it
LOG_CHANNEL = "log"  # the announcements' own
CHANNEL_MAX = 32  # characters


class Broker(Protocol):
    """Between the hubs of all processes on one log."""

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        """What it lives by, while it runs; none of these ends by itself."""
        ...

    async def start(self, hint: Hint) -> None:
        """Begin; call `hint` whenever another process may have committed.

        Does not wait for a server of the broker's that is away: it is looked for again and again.
        """
        ...

    def announce(self) -> None:
        """This process has committed: let the others know soon. Calls may be merged."""
        ...

    def publish(self, channel: str, message: str) -> None:
        """Tell the other processes. While the broker is away, messages are lost.

        Raises MessageTooLong above MESSAGE_BYTES_MAX.
        """
        ...

    def subscribe(self, channel: str, receive: Receive, connected: Hint) -> Callable[[], None]:
        """Call `receive` with what others publish on `channel`; returns how to stop.

        `connected` is called each time the broker begins to work: what was published before may
        have been missed. Neither may block or raise.
        """
        ...

    def log_replaced(self, epoch: str) -> None:
        """The log has another epoch: who meets by it meets anew."""
        ...

    async def close(self) -> None:
        """Stop; nothing is called any more."""
        ...


class MessageTooLong(ValueError):
    """A message that not every broker can carry: a fault of the publisher's."""


def check_message(channel: str, message: str) -> None:
    """Raises MessageTooLong. The channel is a short word of ours, without a blank."""
    assert channel.isidentifier() and len(channel) <= CHANNEL_MAX, channel
    size = len(message.encode())
    if size > MESSAGE_BYTES_MAX:
        raise MessageTooLong(f"a message of {size} bytes; at most {MESSAGE_BYTES_MAX} may be")


class Channels:
    """Who listens to which channel, in one broker."""

    def __init__(self) -> None:
        self._listening: dict[str, list[tuple[Receive, Hint]]] = {}

    def subscribe(self, channel: str, receive: Receive, connected: Hint) -> Callable[[], None]:
        """As Broker.subscribe."""
        listener = (receive, connected)
        self._listening.setdefault(channel, []).append(listener)
        return lambda: self._listening[channel].remove(listener)

    def deliver(self, channel: str, message: str) -> None:
        """A message came in."""
        for receive, _ in tuple(self._listening.get(channel, ())):
            try:
                receive(message)
            except Exception:  # it costs the others nothing
                logger.exception("a message on %s could not be handled", channel)

    def connected(self) -> None:
        """The broker works, again or for the first time."""
        for listeners in tuple(self._listening.values()):
            for _, connected in tuple(listeners):
                try:
                    connected()
                except Exception:
                    logger.exception("a listener could not take that the broker works")
