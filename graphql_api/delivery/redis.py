"""A broker over Redis's pub/sub: REDIS_URL.

Nothing is stored in Redis, so it may be flushed or replaced at any time. Its channels are shared
by everybody on that server, whatever the number of the database: ours carries the log's epoch, so
inventories on one Redis do not hear each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from graphql_api.delivery.broker import Hint, Receive
from graphql_api.delivery.redis_url import check_redis_url
from graphql_api.delivery.remote import RemoteBroker
from graphql_api.errors import ConfigurationError
from graphql_api.kernel.tasks import ended

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
except ImportError:  # the extra "redis" was not installed
    Redis = None  # type: ignore[assignment, misc]  # asked for in redis_broker


class RedisLink:
    """A connection that publishes, and one that listens."""

    def __init__(self, url: str, channel: str) -> None:
        self._channel = channel
        # It does not try again by itself: a link that failed is replaced.
        self._client = Redis.from_url(url, decode_responses=True, retry=Retry(NoBackoff(), 0))
        self._listening: Any = self._client.pubsub(ignore_subscribe_messages=True)
        self._reader: asyncio.Task[None] | None = None

    async def open(self, receive: Receive, lost: Hint) -> None:
        await self._listening.subscribe(self._channel)
        self._reader = asyncio.create_task(self._read(receive), name="redis reader")
        self._reader.add_done_callback(lambda reader: _ended(reader, lost))

    async def _read(self, receive: Receive) -> None:
        async for message in self._listening.listen():
            receive(message["data"])

    async def send(self, texts: Sequence[str]) -> None:
        async with self._client.pipeline(transaction=False) as pipeline:
            for text in texts:
                pipeline.publish(self._channel, text)
            await pipeline.execute()

    async def close(self) -> None:
        if self._reader is not None:
            await ended([self._reader])
        await self._listening.aclose()
        await self._client.aclose()


def _ended(reader: asyncio.Task[None], lost: Hint) -> None:
    if not reader.cancelled():
        reader.exception()  # looked at: the link's end is told once, by its owner
        lost()


def redis_broker(redis_url: str, epoch: str) -> RemoteBroker:
    """A broker between all processes on the log of this epoch. Raises ConfigurationError."""
    check_redis_url(redis_url)
    if Redis is None:
        raise ConfigurationError(
            "REDIS_URL needs the extra redis: pip install 'realtime-inventory-api[redis]'"
        )
    try:
        RedisLink(redis_url, "")  # connects to nothing yet
    except ValueError as error:
        raise ConfigurationError(f"REDIS_URL: {error}") from None
    channels = [_channel(epoch)]
    broker = RemoteBroker("Redis", lambda: RedisLink(redis_url, channels[0]))

    def replaced(epoch: str) -> None:
        channels[0] = _channel(epoch)

    broker.on_log_replaced = replaced
    return broker


def _channel(epoch: str) -> str:
    return f"inventory:{epoch}"
