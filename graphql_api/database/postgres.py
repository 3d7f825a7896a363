"""PostgreSQL under Tortoise, with an end to every wait. Named as the engine in database.py.

A process that is stopped while it holds the head row, or a line that is dead without saying so,
must not stop the others. The server ends what is idle in a transaction or takes too long; the
client gives up what is not answered, and throws such a connection away: nothing can be known
of its state. Sources: PostgreSQL 15, 20.11 (statement_timeout, lock_timeout,
idle_in_transaction_session_timeout), 20.3.2 (tcp_*); tcp(7), TCP_USER_TIMEOUT.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graphql_api.database.faults import Away, DatabaseAway, away, cannot_connect

try:
    from asyncpg import InterfaceError as InterfaceError  # transactions.py has it from here
    from tortoise.backends.asyncpg.client import AsyncpgDBClient
    from tortoise.backends.asyncpg.client import TransactionWrapper as TransactionWrapper
except ImportError:  # the extra "postgres" was not installed; told in Database.open
    HAS_DRIVER = False
    InterfaceError = OSError  # never met
    AsyncpgDBClient = TransactionWrapper = object  # type: ignore[assignment, misc]  # never used
else:
    HAS_DRIVER = True

logger = logging.getLogger(__name__)

ANSWER_MARGIN_S = 1.0  # the client waits so much longer than the server's own limit
TCP_IDLE_S, TCP_INTERVAL_S, TCP_PROBES = 5, 2, 2  # keepalive: a silent peer is gone after 9 s
TCP_USER_TIMEOUT_MS = 8_000  # bytes that the other side does not acknowledge for so long


@dataclass(frozen=True, slots=True)
class Limits:
    """How long PostgreSQL may take, in seconds; see the settings of the same names."""

    write_statement_s: float
    write_idle_s: float
    read_statement_s: float
    scan_statement_s: float
    connect_s: float
    borrow_s: float

    def server_settings(self, name: str) -> dict[str, str]:
        """What the server is asked for, on connections of this name."""
        statement_ms = f"{self._statement_s(name) * 1_000:.0f}"
        chosen = {
            "statement_timeout": statement_ms,
            "tcp_keepalives_idle": str(TCP_IDLE_S),
            "tcp_keepalives_interval": str(TCP_INTERVAL_S),
            "tcp_keepalives_count": str(TCP_PROBES),
            "tcp_user_timeout": str(TCP_USER_TIMEOUT_MS),
            # Compiling takes a statement of ours 0.1 to 1.3 s, running it some milliseconds.
            "jit": "off",
        }
        if name == "writing":
            chosen["lock_timeout"] = statement_ms
            chosen["idle_in_transaction_session_timeout"] = f"{self.write_idle_s * 1_000:.0f}"
        return chosen

    def answer_s(self, name: str) -> float:
        """How long the client waits for an answer."""
        return self._statement_s(name) + ANSWER_MARGIN_S

    def _statement_s(self, name: str) -> float:
        return {
            "writing": self.write_statement_s,
            "scanning": self.scan_statement_s,
        }.get(name, self.read_statement_s)


class PostgresClient(AsyncpgDBClient):
    """A pool that lends connections for a bounded time, and throws away those that failed.

    borrow_s: how long to wait for a free one; None: for ever. siblings: further pools to the same
    server, whose idle connections are thrown away too when one here was found dead. arrays: what
    statements are given for many rows (arrays.py).

    Private parts: Tortoise's `_pool` and `_pool_init_lock`; asyncpg's pool's `_holders` and, below,
    a connection's `_transport`.
    """

    def __init__(self, *arguments: Any, borrow_s: float | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.borrow_s = borrow_s
        self.siblings: Sequence[PostgresClient] = ()
        self.arrays: dict[str, str] = {}  # by statement; see arrays.py

    async def create_pool(self, **options: Any) -> Any:
        # Nothing of ours leaves state in a session, so a connection needs no RESET, which would
        # be one more way to the server for each read and each transaction.
        return await super().create_pool(**options, init=_end_dead_lines, reset=_nothing)

    def acquire_connection(self) -> Any:
        return Borrowed(self)

    async def borrow(self) -> Any:
        """A connection of the pool. Raises DatabaseAway."""
        if self._pool is None:
            async with self._pool_init_lock:
                if self._pool is None:
                    await self.create_connection(with_db=True)
        assert self._pool is not None
        is_full = self._pool.get_idle_size() == 0 == self._free_places()
        try:
            return await self._pool.acquire(timeout=self.borrow_s)
        except Exception as error:
            if is_full and isinstance(error, TimeoutError):
                raise DatabaseAway(Away.CROWDED, False) from error
            raise cannot_connect(error) from error

    def _free_places(self) -> int:
        assert self._pool is not None
        return int(self._pool.get_max_size() - self._pool.get_size())

    async def give_back(self, connection: Any, error: BaseException | None) -> None:
        """Return a connection; one whose use ended in a lost line is thrown away, and so are the
        idle ones, which are likely to be dead too: each would cost its user the same wait."""
        if self._pool is None:
            return
        fault = away(error) if error is not None else None
        if fault is not None and fault.may_pass and fault.why in DEAD:
            with suppress(InterfaceError):  # it is closed already
                connection.terminate()
            for client in (self, *self.siblings):
                client._forget_idle()
        try:
            await self._pool.release(connection)
        except Exception as failed:  # it was thrown away; what was asked of it has been answered
            logger.debug("a connection could not be given back: %r", failed)

    def _forget_idle(self) -> None:
        for holder in self._pool._holders if self._pool is not None else ():
            if holder.is_idle() and holder.is_connected():
                holder.terminate()


DEAD = (Away.LOST, Away.SLOW, Away.READ_ONLY)  # where a fresh connection may do better


class Borrowed:
    """One statement's loan of a connection."""

    __slots__ = ("_client", "_connection")

    def __init__(self, client: PostgresClient) -> None:
        self._client = client
        self._connection: Any = None

    async def __aenter__(self) -> Any:
        self._connection = await self._client.borrow()
        return self._connection

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        await self._client.give_back(self._connection, error)


async def _end_dead_lines(connection: Any) -> None:
    """Let the system end a connection whose peer acknowledges nothing (Linux; else harmless)."""
    line = connection._transport.get_extra_info("socket")
    if line is None or line.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with suppress(OSError, AttributeError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, TCP_IDLE_S)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, TCP_INTERVAL_S)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, TCP_PROBES)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)


async def _nothing(_: asyncio.Future[Any]) -> None:
    """What a connection needs before its next use."""


client_class = PostgresClient  # Tortoise looks for this name in an engine
