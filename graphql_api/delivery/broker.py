"""The broker's contract: it tells the other processes that the log has grown.

A hint, not a message: it may be lost, repeated or late, because hubs read the log itself and
look again every few seconds. So an implementation owes nothing but its best effort, and must
never block or fail a caller: `announce` only schedules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Hint = Callable[[], None]


class Broker(Protocol):
    """Between the hubs of all processes on one log."""

    async def start(self, hint: Hint) -> None:
        """Begin; call `hint` whenever another process may have committed."""
        ...

    def announce(self) -> None:
        """This process has committed: let the others know soon. Calls may be merged."""
        ...

    async def close(self) -> None:
        """Stop; `hint` is not called any more."""
        ...
