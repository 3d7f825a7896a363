"""Those who listen to the hub, kept apart: a fault of one costs that one only.

A listener that failed may have missed what makes its own knowledge stale. So each says how it
gets on its feet again (`failed`): by dropping what it remembers, or by reading the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from graphql_api.events.log import Event

logger = logging.getLogger(__name__)

Listener = Callable[[Sequence[Event]], None]
Recover = Callable[[], None]
Fatal = Callable[[str, BaseException], None]


def _nothing() -> None:
    """A listener that remembers nothing of the log."""


class _Listening:
    __slots__ = ("failed", "faults", "listener", "name", "replaced")

    def __init__(self, listener: Listener, failed: Recover, replaced: Recover) -> None:
        self.listener = listener
        self.failed = failed
        self.replaced = replaced
        self.name = getattr(listener, "__qualname__", type(listener).__name__)
        self.faults = 0


class Listeners:
    """All of a hub's. fatal: told of one that could not even get on its feet again."""

    def __init__(self) -> None:
        self._all: list[_Listening] = []
        self.fatal: Fatal | None = None
        self.faults = 0

    def add(
        self, listener: Listener, failed: Recover = _nothing, replaced: Recover = _nothing
    ) -> Callable[[], None]:
        """As Hub.listen."""
        listening = _Listening(listener, failed, replaced)
        self._all.append(listening)
        return lambda: self._all.remove(listening)

    def tell(self, events: Sequence[Event]) -> None:
        """Tell everybody of new events. Never raises."""
        for listening in tuple(self._all):
            try:
                listening.listener(events)
            except Exception as error:
                self._failed(listening, error)
                self._recover(listening, listening.failed)

    def tell_replaced(self) -> None:
        """Tell everybody that the log is another one. Never raises."""
        for listening in tuple(self._all):
            self._recover(listening, listening.replaced)

    def _failed(self, listening: _Listening, error: Exception) -> None:
        """The first fault of a listener is logged whole, those after it in a line."""
        listening.faults += 1
        self.faults += 1
        trace: Any = error if listening.faults == 1 else None
        logger.error(
            "the listener %s failed (%d times so far) and begins anew: %r",
            *(listening.name, listening.faults, error),
            exc_info=trace,
        )

    def _recover(self, listening: _Listening, recover: Recover) -> None:
        try:
            recover()
        except Exception as error:
            logger.exception("the listener %s cannot begin anew", listening.name)
            if self.fatal is not None:
                self.fatal(listening.name, error)
