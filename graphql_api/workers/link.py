"""The parent's end of what a worker tells it and is told: a socket that is never waited for."""

from __future__ import annotations

import socket

from graphql_api.workers.wire import READ_BYTES, WAITING_BYTES_MAX, Lines, Message, line


class Link:
    """To one worker. has_ended: it has closed its end, or died."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.socket = end
        self.has_ended = False
        self._lines = Lines()
        self._waiting = bytearray()

    @property
    def is_waiting(self) -> bool:
        """Whether something is left to `flush` once the worker has read."""
        return bool(self._waiting)

    def send(self, message: Message, *, may_be_lost: bool = False) -> None:
        """may_be_lost: not kept for a worker that has not read for long."""
        if may_be_lost and len(self._waiting) > WAITING_BYTES_MAX:
            return
        self._waiting += line(message)
        self.flush()

    def flush(self) -> None:
        """Write what the worker takes now."""
        try:
            while self._waiting and not self.has_ended:
                del self._waiting[: self.socket.send(self._waiting)]
        except BlockingIOError:
            return
        except OSError:  # it is gone; the rest is for nobody
            self.has_ended = True
            self._waiting.clear()

    def receive(self) -> list[Message]:
        """What has come in."""
        found: list[Message] = []
        try:
            while data := self.socket.recv(READ_BYTES):
                found += self._lines.feed(data)
            self.has_ended = True
        except BlockingIOError:
            return found
        except OSError:
            self.has_ended = True
        return found

    def close(self) -> None:
        self.socket.close()
