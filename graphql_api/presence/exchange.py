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

from graphql_api.delivery.broker import MESSAGE_BYTES_MAX, Broker
from graphql_api.kernel.codec import WrittenByNewer
from graphql_api.presence.entries import Entry
from graphql_api.presence.presence import Presence
from graphql_api.presence.reports import MESSAGE, Entries, Hello, LeasesChanged, Message

logger = logging.getLogger(__name__)

CHANNEL = "presence"
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
            *_messages(Entries, self._presence.reports(entries)),
            *_messages(LeasesChanged, leases),
        ):
            self._broker.publish(CHANNEL, message)

    def _connected(self) -> None:
        self._broker.publish(CHANNEL, MESSAGE.encode(Hello()))
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
            self._heed(MESSAGE.decode(message))
        except (ValueError, WrittenByNewer):  # of a version that says it otherwise
            logger.debug("a presence message was not understood", exc_info=True)

    def _heed(self, message: Message) -> None:
        match message:
            case Hello():
                self._answer_soon()
            case LeasesChanged():
                self._hearer.leases_changed(message.told)
            case Entries():
                heard = (self._presence.hear(report) for report in message.told)
                self._hearer.heard([entry for entry in heard if entry is not None])


def _messages(form: type[Entries] | type[LeasesChanged], told: Sequence[Any]) -> Iterable[str]:
    """`told` in as many messages as it takes. One of its parts is a kilobyte at the most."""
    if not told:
        return
    message = MESSAGE.encode(form(list(told)))
    if len(message.encode()) <= MESSAGE_BYTES_MAX:
        yield message
    else:
        middle = len(told) // 2
        yield from _messages(form, told[:middle])
        yield from _messages(form, told[middle:])
