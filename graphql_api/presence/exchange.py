"""What the processes tell each other of presence, through the broker, as best effort.

Three kinds of messages: entries as they change and with each heartbeat; items whose lease has
changed, to be read from the database; and a hello from whoever begins or was cut off, which makes
the others say all of theirs again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import orjson

from graphql_api.delivery.broker import MESSAGE_BYTES_MAX, Broker
from graphql_api.presence.presence import Entry, Presence

logger = logging.getLogger(__name__)

CHANNEL = "presence"
HELLO = "hello"
ENTRIES = "entries"
LEASES = "leases"
ANSWER_S = (0.05, 0.5)  # from a hello to the answer, spread: several hellos get one


class Hearer(Protocol):
    """Who acts on what other processes say. Nothing here may block or raise."""

    def heard(self, entries: Sequence[Entry]) -> None:
        """These entries are news; the state machine has them already."""
        ...

    def leases_changed(self, item_ids: Iterable[int]) -> None:
        """The edit leases of these items may have changed."""
        ...


class Exchange:
    """`tell` notes, `flush` sends all that was noted since."""

    def __init__(self, broker: Broker, presence: Presence, hearer: Hearer) -> None:
        self._broker = broker
        self._presence = presence
        self._hearer = hearer
        self._entries: dict[tuple[str, int], Entry] = {}
        self._leases: set[int] = set()
        self._answer: asyncio.TimerHandle | None = None
        self._stop_hearing: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Begin to hear; before the broker is started."""
        self._stop_hearing = self._broker.subscribe(CHANNEL, self._hear, self._connected)

    def close(self) -> None:
        """Send what was noted, and hear no more; before the broker is closed."""
        self.flush()
        self._stop_hearing()
        if self._answer is not None:
            self._answer.cancel()

    def tell(self, entries: Iterable[Entry]) -> None:
        """The others are to know these, as they are when they are sent."""
        for entry in entries:
            self._entries[entry.key, entry.item_id] = entry

    def tell_lease(self, item_id: int) -> None:
        self._leases.add(item_id)

    def flush(self) -> None:
        entries, self._entries = list(self._entries.values()), {}
        leases, self._leases = sorted(self._leases), set()
        for message in (
            *_messages(ENTRIES, self._presence.reports(entries)),
            *_messages(LEASES, leases),
        ):
            self._broker.publish(CHANNEL, message)

    def _connected(self) -> None:
        self._broker.publish(CHANNEL, _message(HELLO, None))
        self._answer_soon()
        self._hearer.leases_changed(self._presence.items())

    def _answer_soon(self) -> None:
        if self._answer is None:
            delay_s = random.uniform(*ANSWER_S)  # noqa: S311  # no secret
            self._answer = asyncio.get_running_loop().call_later(delay_s, self._say_all)

    def _say_all(self) -> None:
        self._answer = None
        self.tell(self._presence.ours())
        self.flush()

    def _hear(self, message: str) -> None:
        try:
            kind, told = orjson.loads(message)
            if kind == HELLO:
                self._answer_soon()
            elif kind == LEASES:
                self._hearer.leases_changed([i for i in told if type(i) is int])
            elif kind == ENTRIES:
                heard = (self._presence.hear(report) for report in told)
                self._hearer.heard([entry for entry in heard if entry is not None])
        except (ValueError, TypeError, IndexError):  # of a version that says it otherwise
            logger.debug("a presence message was not understood", exc_info=True)


def _message(kind: str, told: Any) -> str:
    return orjson.dumps([kind, told]).decode()


def _messages(kind: str, told: Sequence[Any]) -> Iterable[str]:
    """`told` in as many messages as it takes. One of its parts is a kilobyte at the most."""
    if not told:
        return
    message = _message(kind, told)
    if len(message.encode()) <= MESSAGE_BYTES_MAX:
        yield message
    else:
        middle = len(told) // 2
        yield from _messages(kind, told[:middle])
        yield from _messages(kind, told[middle:])
