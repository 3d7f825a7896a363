"""A line to PostgreSQL that fails at a place of a transaction that a test names.

A TCP proxy between the code under test and the server. It reads as much of the protocol as it
takes to see a transaction's BEGIN, COMMIT and savepoints, which asyncpg sends as simple queries.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

from tests.network import CHUNK_BYTES, Proxy, Streams, Way

COMMIT = b"COMMIT;\x00"


class Failure(Enum):
    """What the line does to the next transaction that writes."""

    CUT_AT_BEGIN = "cut before anything is done"
    CUT_BEFORE_COMMIT = "cut when everything is written, before COMMIT"
    COMMIT_EATEN = "cut instead of passing COMMIT on"
    ANSWER_EATEN = "COMMIT passed on, cut instead of passing its answer back"
    COMMIT_SWALLOWED = "COMMIT and all that follows vanish; nothing is cut"
    ANSWER_SWALLOWED = "COMMIT passed on; its answer and all that follows vanish"


CUTS = (
    Failure.CUT_AT_BEGIN,
    Failure.CUT_BEFORE_COMMIT,
    Failure.COMMIT_EATEN,
    Failure.ANSWER_EATEN,
)
SILENT = (Failure.COMMIT_SWALLOWED, Failure.ANSWER_SWALLOWED)


PLACES = {Failure.CUT_AT_BEGIN: b"BEGIN", Failure.CUT_BEFORE_COMMIT: b"RELEASE SAVEPOINT"}


class _Way(Way):
    is_deaf = False  # bytes of the client vanish
    is_mute = False  # bytes of the server vanish
    ends_with_answer = False


class PostgresLine(Proxy):
    """Passes on to `url`'s server, until `fail` names what is to go wrong, once."""

    _ways: set[_Way]  # type: ignore[assignment]  # all that it opens

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        super().__init__(self._parts.port or 5432, self._parts.hostname or "")
        self._next: Failure | None = None
        self._stays_down = False
        self.failed = 0

    @property
    def url(self) -> str:
        host = f"{self._parts.username}@127.0.0.1:{self.port}"
        return urlunsplit(self._parts._replace(netloc=host))

    def fail(self, failure: Failure, *, and_stay_down: bool = False) -> None:
        """The next transaction meets `failure`; and_stay_down: nobody connects after that."""
        self._next = failure
        self._stays_down = and_stay_down

    def go_silent(self) -> None:
        """Every connection that is open stays so, and passes nothing on any more: half open."""
        for way in self._ways:
            way.is_deaf = way.is_mute = True

    def _opened(self, client: Streams, server: Streams) -> _Way:
        return _Way(client, server)

    async def _forth(self, way: _Way) -> None:  # type: ignore[override]  # all are
        with suppress(OSError):
            while data := await way.client[0].read(CHUNK_BYTES):
                if self._next is not None:
                    self._look(way, data)
                if not way.is_deaf:
                    way.server[1].write(data)
                    await way.server[1].drain()
        way.cut()
        self._ways.discard(way)

    async def _back(self, way: _Way) -> None:  # type: ignore[override]  # all are
        with suppress(OSError):
            while data := await way.server[0].read(CHUNK_BYTES):
                if way.ends_with_answer:
                    break
                if not way.is_mute:
                    way.client[1].write(data)
                    await way.client[1].drain()
        way.cut()

    def _look(self, way: _Way, data: bytes) -> None:
        """Fail if this is the place for it."""
        failure = self._next
        assert failure is not None
        if PLACES.get(failure, COMMIT) not in data:
            return
        self._next = None
        self.failed += 1
        self.is_down = self._stays_down
        way.is_deaf = failure not in (Failure.ANSWER_EATEN, Failure.ANSWER_SWALLOWED)
        way.is_mute = failure in SILENT
        way.ends_with_answer = failure is Failure.ANSWER_EATEN
        if way.is_deaf and not way.is_mute:
            way.cut()
