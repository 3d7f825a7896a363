"""What PostgreSQL can say instead of answering, provoked on servers of the test's own.

test_away.py holds the table; here the server itself says it, and all is well again after it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from graphql_api.clock import SystemClock
from graphql_api.inventory.stock import StockLedger
from tests.builders import adjust, item_now, make_item
from tests.clusters import Cluster, Clusters
from tests.conftest import settings_for
from tests.database.test_full_disk import LIST, NOTE, readiness, told, until
from tests.delivery.engines import FailingProxy, at_port
from tests.invariants import assert_sound
from tests.schema.api import Api, running

CODES: list[str] = ["UNAVAILABLE"]
WAITS = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> ALL ($1)"""


class Address(FailingProxy):
    """Where the database is found, whichever server that is."""

    def lead_to(self, port: int) -> None:
        self.target = "127.0.0.1", port
        self.cut()


@asynccontextmanager
async def on_a_cluster(
    clusters: Clusters, repeat_s: float = 0.5, **settings: str
) -> AsyncIterator[tuple[Api, Cluster]]:
    cluster = await asyncio.to_thread(lambda: clusters.new(None, **settings))
    await asyncio.to_thread(cluster.start)
    # Nothing here is about who waits for too long, on a busy machine either.
    patient: dict[str, Any] = {"write_statement_seconds": 60, "read_statement_seconds": 60}
    chosen = settings_for(cluster.url, rate_limit="off", write_repeat_seconds=repeat_s, **patient)
    async with running(chosen, SystemClock()) as api:
        yield api, cluster


async def test_a_server_without_a_free_connection_is_told_and_passes(clusters: Clusters) -> None:
    async with on_a_cluster(clusters, max_connections="16") as (api, cluster):
        ours: list[Any] = []
        try:
            await until(lambda: all_taken(ours, cluster.url))
            assert await api.admin.codes(LIST) == CODES
            assert await api.admin.codes(NOTE) == CODES
            assert await readiness(api) == "no database"
        finally:
            await asyncio.gather(*(one.close() for one in ours))
        await until(lambda: told(api, "ready"))
        assert await api.admin.codes(NOTE) == []


async def all_taken(ours: list[Any], url: str) -> bool:
    """Take every connection that is free, and end those of others; whether there were none."""
    with suppress(asyncpg.TooManyConnectionsError):
        while True:
            ours.append(await asyncpg.connect(url))
    ended = await ours[0].fetch(END_OTHERS, [one.get_server_pid() for one in ours])
    return not ended


async def test_a_server_that_goes_down_or_crashes_is_told_and_all_goes_on_after_it(
    clusters: Clusters,
) -> None:
    async with on_a_cluster(clusters) as (api, cluster):
        item = await make_item(api.services, initial_stock=0)
        await asyncio.to_thread(cluster.stop)  # 57P01
        assert await api.admin.codes(LIST) == CODES
        assert await api.admin.codes(NOTE) == CODES
        await asyncio.to_thread(cluster.start)
        await until(lambda: told(api, "ready"))
        await api.services.of(StockLedger).carry_out(adjust(item, 1, key="a"))
        # One backend is killed: the server ends all the others, and recovers (57P02, 57P03).
        (victim,) = await api.services.database.scanning.rows("SELECT pg_backend_pid() AS pid")
        os.kill(victim["pid"], signal.SIGKILL)
        assert await api.admin.codes(LIST) in ([], CODES)
        await until(lambda: told(api, "ready"))
        assert (await api.services.of(StockLedger).carry_out(adjust(item, 1, key="a"))).replayed
        await api.services.of(StockLedger).carry_out(adjust(item, 1, key="b"))
        assert (await item_now(api.services, item)).stock == 2
        await assert_sound(api.services)


async def test_a_standby_at_the_address_reads_takes_no_changes_and_once_promoted_takes_them(
    clusters: Clusters,
) -> None:
    primary = await asyncio.to_thread(clusters.new)
    await asyncio.to_thread(primary.start)
    standby = await asyncio.to_thread(clusters.standby, primary.port)
    await asyncio.to_thread(standby.start)
    async with Address(primary.port) as address:
        url = at_port(primary.url, address.port)
        chosen = settings_for(url, rate_limit="off", write_repeat_seconds=0.5)
        async with running(chosen, SystemClock()) as api:
            item = await make_item(api.services, initial_stock=0)
            await api.services.of(StockLedger).carry_out(adjust(item, 1, key="a"))
            epoch, position = api.services.hub.head.epoch, api.services.hub.head.position
            await until(lambda: has(standby, position))
            address.lead_to(standby.port)
            assert await api.admin.codes(LIST) == []
            (error,) = (await api.admin.post(NOTE)).errors
            assert error["extensions"]["code"] == "UNAVAILABLE"
            assert "takes no changes" in error["message"]
            assert await readiness(api) == "read only"
            await asyncio.to_thread(primary.kill)
            await asyncio.to_thread(standby.promote)
            await until(lambda: told(api, "ready"))
            assert (await api.services.of(StockLedger).carry_out(adjust(item, 1, key="a"))).replayed
            assert await api.admin.codes(NOTE) == []
            # It had all: the log is the same one.
            assert (await api.services.log.head()).epoch == epoch
            await assert_sound(api.services)


async def has(cluster: Cluster, position: int) -> bool:
    head = "SELECT position FROM log_head"
    return bool(await asyncio.to_thread(cluster.value, head) == position)


async def test_a_deadlock_with_another_program_costs_a_repetition_and_nothing_twice(
    clusters: Clusters,
) -> None:
    async with on_a_cluster(clusters, 60, deadlock_timeout="4s") as (api, cluster):
        item = await make_item(api.services, initial_stock=0)
        other: Any = await asyncpg.connect(cluster.url)
        watch: Any = await asyncpg.connect(cluster.url)
        try:
            # A server looks once in a wait, after so long, whether it is a deadlock: we do, while
            # both wait; the other one would much later.
            await other.execute("SET deadlock_timeout = '10min'")
            await other.execute("BEGIN")
            await other.execute("SELECT * FROM item WHERE id = $1 FOR UPDATE", item.id)
            attempts = api.services.writer.attempts
            work = asyncio.create_task(
                api.services.of(StockLedger).carry_out(adjust(item, 1, key="a"))
            )
            await until(lambda: watch.fetchval(WAITS))
            await other.execute("UPDATE log_head SET position = position")
            await other.execute("ROLLBACK")
            assert not (await work).replayed
            assert api.services.writer.attempts > attempts + 1
        finally:
            await asyncio.gather(other.close(), watch.close())
        assert (await item_now(api.services, item)).stock == 1
        await assert_sound(api.services)
