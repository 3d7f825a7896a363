"""Test broadcasts: events that look like the real ones and change nothing.

They go through the log like every event, so that what a developer sees is what clients will
see, cursors included; they speak of no row (`subject` None), so no reactor heeds them. Their
objects have ids of their own, which no row ever gets: a client that keeps objects by id must not
take one for another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql_api.database.writer import single
from graphql_api.events.log import Event, LogTransaction, LogWriter


class BroadcastKind(Enum):
    NOTIFICATION = "NOTIFICATION"
    INVENTORY_UPDATE = "INVENTORY_UPDATE"
    ALERT = "ALERT"


# Makes a test event, given an id for each of its objects in turn, the instant and who asked for it.
Sample = Callable[[Callable[[], int], int, int], Event]


@dataclass(frozen=True, slots=True)
class _Send:
    sample: Sample
    user_id: int


class Broadcasts:
    """Sends test events. samples: how each kind looks, told by those whose kind it is."""

    def __init__(self, writer: LogWriter, samples: Mapping[BroadcastKind, Sample]) -> None:
        self._writer = writer
        self._samples = samples
        self._send = single(self._send_one)

    async def send(self, kind: BroadcastKind, user_id: int) -> str:
        """Send one; the topic it went to."""
        topic: Any = await self._writer.submit(self._send, _Send(self._samples[kind], user_id))
        return str(topic)

    async def _send_one(self, transaction: LogTransaction, command: _Send) -> str:
        entry = transaction.entry
        event = command.sample(entry.new_id, entry.now_us, command.user_id)
        return transaction.entry.append(event).topic
