"""A socket, as those see it who look after all of them (sockets.py, anonymous.py).

The socket itself (socket.py) stands above them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.transport.outbox import Outbox
from graphql_api.transport.protocol import CloseCode


class KeptSocket(Hashable, Protocol):
    """One of the sockets of this process.

    close_code: None: it is open; viewer: None: nobody is signed in; ping_due_s: 0: it is not
    acknowledged yet.
    """

    address: str
    busy_s: float
    close_code: int | None
    number: int
    outbox: Outbox
    ping_due_s: float
    viewer: Viewer | None

    @property
    def is_idle(self) -> bool: ...

    @property
    def is_ready(self) -> bool: ...

    @property
    def is_caught_up(self) -> bool: ...

    def close(self, code: CloseCode, reason: str) -> None: ...

    def abort(self) -> None: ...

    def heartbeat(self, text: str) -> None: ...

    def ask(self) -> None: ...

    def gives_signs_of_life(self) -> bool: ...

    def is_expired(self, now_us: int, grace_s: float) -> bool: ...

    def log_replaced(self) -> None: ...

    def detach(self) -> None: ...

    def reattach(self, role: Role) -> None: ...
