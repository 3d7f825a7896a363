"""Where workers listen: one port, and a socket for each of them. parent.py keeps all.

With SO_REUSEPORT the kernel gives each new connection to one of the sockets, by its addresses: as
even as chance is. One queue for all would not be: who is awake takes everything. The parent holds
the sockets, so what waits in the queue of a worker that died waits for the next one.

Elsewhere than on Linux SO_REUSEPORT does not share connections out (macOS gives them to the last
who bound): there all workers listen at one socket.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

HAS_SHARES = sys.platform == "linux" and hasattr(socket, "SO_REUSEPORT")


class Places:
    """`count` sockets at the address of `first`, which is bound, and bound alone."""

    def __init__(self, first: socket.socket, count: int) -> None:
        """Raises OSError."""
        self._first = first
        self._sockets: list[socket.socket | None] = [None] * count
        if HAS_SHARES:
            # Bound without SO_REUSEPORT, so a port of another server was refused; and shown without
            # SO_REUSEADDR, so another server is, even before anybody listens here.
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            for number in range(count):
                self.at(number)

    def at(self, number: int) -> socket.socket:
        """The socket of this worker, bound; a new one if it was left. Raises OSError."""
        if not HAS_SHARES:
            return self._first
        found = self._sockets[number]
        if found is None:
            found = self._sockets[number] = _sharing(self._first)
        return found

    def leave(self, number: int) -> None:
        """Nobody listens here for a while: what waits is refused, and comes back to the others."""
        found, self._sockets[number] = self._sockets[number], None
        if found is not None:
            found.close()

    def close(self, but: int | None = None) -> None:
        """In the parent: all. In a worker: all that is not its own."""
        for number, found in enumerate(self._sockets):
            if found is not None and number != but:
                found.close()
        if HAS_SHARES or but is None:
            with suppress(OSError):
                self._first.close()


def _sharing(first: socket.socket) -> socket.socket:
    """A socket at the same address. Raises OSError."""
    try:
        return _bound(first, (socket.SO_REUSEPORT,))
    except OSError:
        # Connections of a server without workers, that ended less than a minute ago, allow for
        # SO_REUSEADDR only.
        return _bound(first, (socket.SO_REUSEPORT, socket.SO_REUSEADDR))


def _bound(first: socket.socket, options: Sequence[int]) -> socket.socket:
    made = socket.socket(first.family, first.type)
    try:
        for option in options:
            made.setsockopt(socket.SOL_SOCKET, option, 1)
        made.bind(first.getsockname())
        # What it accepts has this too, and so does not hold up the next server's start.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError:
        made.close()
        raise
    return made
