"""PostgreSQL's disk is full, for real: UNAVAILABLE, told by /readyz, and over when there is room.

Two kinds. Where only the tables' disk is full, single statements fail. Where the WAL's is full
too, the server ends itself and cannot start again before there is room.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from graphql_api.clock import SystemClock
from graphql_api.database.faults import Away, DatabaseAway, OutcomeUnknown
from graphql_api.inventory.items import Item
from graphql_api.inventory.stock import StockLedger
from tests.builders import adjust, item_now, make_item
from tests.clusters import Cluster, Clusters
from tests.conftest import settings_for
from tests.database.small_disk import SmallDisk, small_disk
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S
from tests.schema.api import Api, running

WRITES_MAX = 5_000  # a few MB: by then the room that was left is used
REASON = "r" * 200
LIST = "{ items(first: 5) { nodes { id stock levels { quantity } } } }"
NOTE = """mutation { sendNotification(input: {type: INFO, title: "t", message: "m"}) {
  notification { id } userErrors { code } } }"""


@asynccontextmanager
async def on_a_small_disk(
    clusters: Clusters, with_wal: bool
) -> AsyncIterator[tuple[Api, SmallDisk, Cluster]]:
    """with_wal: all that the server has is there, not its tables alone."""
    with small_disk(clusters.folder / secrets.token_hex(4), 60) as disk:
        if with_wal:
            cluster = await asyncio.to_thread(clusters.new, disk.folder / "data")
            await asyncio.to_thread(cluster.start)
            url = cluster.url
        else:
            cluster = await asyncio.to_thread(clusters.new)
            await asyncio.to_thread(cluster.start)
            (disk.folder / "tables").mkdir()
            url = await asyncio.to_thread(cluster.put_database, "small", disk.folder / "tables")
        try:
            async with running(settings_for(url, rate_limit="off"), SystemClock()) as api:
                yield api, disk, cluster
        finally:
            await asyncio.to_thread(cluster.kill)


async def readiness(api: Api) -> str:
    answer = await api.http.get("/readyz")
    return str(answer.json()["status"])


async def until(state: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await state():  # noqa: ASYNC110  # a server sets no event
            await asyncio.sleep(0.05)


async def write_until_refused(api: Api, item: Item) -> tuple[set[str], set[str], DatabaseAway]:
    """Keys that were acknowledged, and keys of which nobody knows; and the refusal."""
    acknowledged: set[str] = set()
    for number in range(WRITES_MAX):
        key = f"w{number}"
        command = adjust(item, 1, key=key, reason=REASON)
        try:
            await api.services.of(StockLedger).carry_out(command)
        except OutcomeUnknown:
            return acknowledged, {key}, DatabaseAway(Away.LOST, False)
        except DatabaseAway as fault:
            return acknowledged, set(), fault
        acknowledged.add(key)
    raise AssertionError("the disk was never full")


def use_up_the_wal(cluster: Cluster) -> None:
    """As another program on the same server would, until the server cannot go on."""
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        while True:
            cluster.value("SELECT pg_logical_emit_message(false, 'x', repeat('x', 500000))")


@pytest.mark.parametrize("with_wal", [False, True], ids=["the tables alone", "the WAL too"])
async def test_a_full_disk_is_told_loses_nothing_and_is_over_when_there_is_room(
    clusters: Clusters, caplog: pytest.LogCaptureFixture, with_wal: bool
) -> None:
    async with on_a_small_disk(clusters, with_wal) as (api, disk, cluster):
        item = await make_item(api.services, initial_stock=0)
        assert await readiness(api) == "ready"
        caplog.set_level(logging.INFO)
        disk.fill()
        writing = asyncio.create_task(write_until_refused(api, item))
        if with_wal:
            await asyncio.to_thread(use_up_the_wal, cluster)
        acknowledged, unknown, refusal = await writing
        assert refusal.code == "UNAVAILABLE"
        if with_wal:
            await until(lambda: told(api, "no database"))
            assert await api.admin.codes(NOTE) == ["UNAVAILABLE"]
        else:
            assert refusal.why is Away.FULL
            assert "Nothing was changed" in str(refusal)
            for _ in range(3):  # whatever small commits find room meanwhile
                assert await readiness(api) == "disk full"
                assert await api.admin.codes(NOTE) in ([], ["UNAVAILABLE"])
            assert await api.admin.codes(LIST) == [], "reads go on"
        disk.free()
        await until(lambda: is_ready(api, cluster))
        assert await api.admin.codes(NOTE) == []
        kept = (await item_now(api.services, item)).stock
        assert len(acknowledged) <= kept <= len(acknowledged | unknown)
        for key in acknowledged | unknown:
            result = await api.services.of(StockLedger).carry_out(
                adjust(item, 1, key=key, reason=REASON)
            )
            assert result.replayed or key in unknown
        assert (await item_now(api.services, item)).stock == len(acknowledged | unknown)
        await assert_sound(api.services)
        assert not [r.getMessage() for r in caplog.records if r.exc_info]


async def is_ready(api: Api, cluster: Cluster) -> bool:
    """After the server was started again if it has ended, as whoever runs it would."""
    if not cluster.is_running:
        await asyncio.to_thread(cluster.start)
    return await told(api, "ready")


async def told(api: Api, word: str) -> bool:
    return await readiness(api) == word
