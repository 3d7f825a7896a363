"""Brokers of every engine for the same tests, and a network between them and their server that
fails when told."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import pytest
from redis.asyncio import Redis

from graphql_api.delivery.broker import Broker
from graphql_api.delivery.memory import MemoryBroker, MemoryExchange
from graphql_api.delivery.postgres import postgres_broker
from graphql_api.delivery.redis import redis_broker
from graphql_api.delivery.remote import RemoteBroker
from graphql_api.workers.broker import WorkersBroker
from graphql_api.workers.wire import Lines, Message, line
from tests.ci import in_ci
from tests.databases import PostgresMaker
from tests.network import Proxy

ENGINES = ("memory", "workers", "postgres", "redis")
REMOTE = ("postgres", "redis")


class Engine(Protocol):
    """One server, or what stands for it, that brokers meet at."""

    def broker(self) -> Broker: ...


class MemoryEngine:
    def __init__(self) -> None:
        self._exchange = MemoryExchange()

    def broker(self) -> MemoryBroker:
        return MemoryBroker(self._exchange)


class WorkersEngine:
    """What a parent does between the brokers of its workers, in one process."""

    def __init__(self) -> None:
        self._brokers: list[WorkersBroker] = []

    def broker(self) -> WorkersBroker:
        made = WorkersBroker(lambda message: self._relay(made, message))
        self._brokers.append(made)
        return made

    def _relay(self, sender: WorkersBroker, message: Message) -> None:
        (relayed,) = Lines().feed(line(message))
        for other in self._brokers:
            if other is not sender:
                asyncio.get_running_loop().call_soon(other.heard, relayed)


class PostgresEngine:
    """Brokers on a database of their own."""

    def __init__(self, maker: PostgresMaker) -> None:
        self.url = maker.fresh()
        self._maker = maker

    def broker(self, port: int | None = None) -> RemoteBroker:
        """port: of a proxy between."""
        return postgres_broker(at_port(self.url, port))

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 5432

    async def drop_connections(self) -> None:
        """The server ends every connection of the brokers."""
        name = urlsplit(self.url).path.lstrip("/")
        await asyncio.to_thread(
            self._maker.execute,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )

    def close(self) -> None:
        self._maker.discard(self.url)


class RedisEngine:
    """Brokers on a channel of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._epoch = secrets.token_hex(8)

    def broker(self, port: int | None = None) -> RemoteBroker:
        return redis_broker(at_port(self.url, port), self._epoch)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 6379

    async def drop_connections(self) -> None:
        """The server ends every connection that listens to the brokers' channel."""
        client = Redis.from_url(self.url)
        await client.client_kill_filter(_type="pubsub")
        await client.aclose()

    async def flush(self) -> None:
        """Whatever is stored goes."""
        client = Redis.from_url(self.url)
        await client.flushdb()
        await client.aclose()

    def close(self) -> None:
        pass


RemoteEngine = PostgresEngine | RedisEngine


def redis_url() -> str:
    """TEST_REDIS_URL. Without it those tests are skipped with a word; in CI they fail instead."""
    url = os.environ.get("TEST_REDIS_URL")
    if url is None:
        if in_ci():
            pytest.fail("TEST_REDIS_URL is not set: in CI Redis is tested too")
        pytest.skip("Redis: set TEST_REDIS_URL, like redis://127.0.0.1:6379/15")
    return url


def at_port(url: str, port: int | None) -> str:
    """`url` at another port of this machine."""
    if port is None:
        return url
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{port}"))


class FailingProxy(Proxy):
    """A proxy that can also swallow everything, both ways, and keep the connections open."""

    is_silent = False

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                if not self.is_silent:
                    sink.write(data)
                    await sink.drain()
            sink.close()
        except OSError:
            sink.transport.abort()


@dataclass(slots=True)
class Ear:
    """What one broker heard. hints: how often; connections: how often it began to work."""

    broker: Broker
    hints: int = 0
    connections: int = 0
    heard: list[str] = field(default_factory=list)

    async def start(self, channel: str = "presence") -> None:
        self.broker.subscribe(channel, self.heard.append, self._connected)
        await self.broker.start(self._hinted)

    def _hinted(self) -> None:
        self.hints += 1

    def _connected(self) -> None:
        self.connections += 1


async def ears(count: int, make: Callable[[], Broker]) -> list[Ear]:
    """Started brokers, once each of them works."""
    made = [Ear(make()) for _ in range(count)]
    for ear in made:
        await ear.start()
    return made


Closing = Callable[[], Awaitable[None]]
