"""Test broadcasts: events that look like the real ones and change nothing.

They go through the log like every event, so that what a developer sees is what clients will
see, cursors included; they speak of no row (`subject` None), so no reactor heeds them.
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


# Makes a test event, given the instant and who asked for it.
Sample = Callable[[int, int], Event]


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
        event = command.sample(transaction.entry.now_us, command.user_id)
        return transaction.entry.append(event).topic
