"""A broker over PostgreSQL's LISTEN and NOTIFY, on a connection of its own.

NOTIFY is sent outside of any writing transaction and after its commit, and merged: inside of one
it would take a lock of the whole server at each commit. Channels of PostgreSQL belong to one
database, so databases do not hear each other. A pooler in transaction mode (PgBouncer) cannot
LISTEN: the broker then stays away, and hubs look at the log every two seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql_api.database.url import postgres_credentials
from graphql_api.delivery.broker import Hint, Receive
from graphql_api.delivery.remote import RemoteBroker
from graphql_api.errors import ConfigurationError

try:
    import asyncpg
except ImportError:  # the extra "postgres" was not installed
    asyncpg = None

CHANNEL = "inventory"
CLOSE_TIMEOUT_S = 1.0


class PostgresLink:
    """One connection that listens and notifies."""

    def __init__(self, credentials: dict[str, Any]) -> None:
        self._credentials = credentials
        self._connection: Any = None

    async def open(self, receive: Receive, lost: Hint) -> None:
        # No statement is kept, so that a pooler between does no harm.
        connection = await asyncpg.connect(**self._credentials, statement_cache_size=0)
        self._connection = connection
        connection.add_termination_listener(lambda _: lost())
        await connection.add_listener(CHANNEL, lambda _, __, ___, text: receive(text))

    async def send(self, texts: Sequence[str]) -> None:
        await self._connection.execute(
            "SELECT pg_notify($1, text) FROM unnest($2::text[]) AS text", CHANNEL, list(texts)
        )

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(timeout=CLOSE_TIMEOUT_S)


def postgres_broker(database_url: str) -> RemoteBroker:
    """A broker between all processes on this database. Raises ConfigurationError."""
    if asyncpg is None:
        raise ConfigurationError(
            "DATABASE_URL: PostgreSQL needs the extra postgres: "
            "pip install 'realtime-inventory-api[postgres]'"
        )
    credentials = postgres_credentials(database_url)
    return RemoteBroker("PostgreSQL", lambda: PostgresLink(credentials))
