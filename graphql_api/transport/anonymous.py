"""Sockets without a session: how many there may be, of one address and in all, and how long.

They can do little (sign in, refresh, ask for a type's name), and cost as much as any socket.
sockets.py counts them in and out, and looks for those whose time is up.
"""

from __future__ import annotations

from collections import Counter

from graphql_api.settings import Settings
from graphql_api.transport.kept import KeptSocket
from graphql_api.workers.counts import Elsewhere

EVERYBODY = "anonymous"  # what is counted of them all


class Anonymous:
    """The anonymous sockets of a process that were acknowledged. The limits are of all workers."""

    def __init__(self, settings: Settings, elsewhere: Elsewhere) -> None:
        self._settings = settings
        self._elsewhere = elsewhere
        self._since_s: dict[KeptSocket, float] = {}  # oldest first
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._since_s)

    def enter(self, socket: KeptSocket, now_s: float) -> str | None:
        """Count a socket in; or why it is refused."""
        settings = self._settings
        everybody = len(self._since_s) + self._elsewhere.others(EVERYBODY)
        if everybody >= settings.anonymous_sockets_max:
            return "Too many sockets without a session: sign in first, or try again"
        of_address = self._by_address[socket.address] + self._elsewhere.others(_key(socket))
        if of_address >= settings.anonymous_sockets_per_address_max:
            return "Too many sockets of your address without a session: sign in first"
        self._since_s[socket] = now_s
        self._by_address[socket.address] += 1
        self._tell(socket, 1)
        return None

    def leave(self, socket: KeptSocket) -> None:
        """Count a socket out. Harmless when it was not counted."""
        if self._since_s.pop(socket, None) is None:
            return
        self._tell(socket, -1)
        self._by_address[socket.address] -= 1
        if not self._by_address[socket.address]:
            del self._by_address[socket.address]

    def _tell(self, socket: KeptSocket, amount: int) -> None:
        for key in (EVERYBODY, _key(socket)):
            self._elsewhere.add(key, amount)

    def overdue(self, now_s: float) -> list[KeptSocket]:
        """Those that have lived for longer than they may."""
        found = []
        for socket, since_s in self._since_s.items():
            if now_s - since_s <= self._settings.anonymous_socket_seconds:
                break
            found.append(socket)
        return found


def _key(socket: KeptSocket) -> str:
    return f"{EVERYBODY} {socket.address}"
