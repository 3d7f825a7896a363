"""A standby that lacks a tail takes over, for real: two PostgreSQL servers, asynchronous
replication, one address in front of both, and two processes whose clients saw the lost tail.

What was acknowledged by the old primary alone is lost; nobody can help that. What must hold: both
processes notice, the log gets one new epoch, every client is told, and all goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graphql_api.events.continuity import IDS_LEFT_OUT
from graphql_api.inventory.items import Item
from graphql_api.process import open_services
from tests.builders import make_item, move
from tests.campaigns import only_full
from tests.clusters import Cluster, Clusters
from tests.conftest import settings_for
from tests.delivery.engines import FailingProxy, at_port
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S
from tests.transport.clients import Client, Closed
from tests.transport.processes import LaunchedServer
from tests.transport.serving import ADJUST, FEED, UPDATE_USER, add_people, adjustment

TOLD_WITHIN_S = 30.0  # "within seconds"; on a busy machine
TAIL = 5
CREATE_LOCATION = """mutation($input: CreateLocationInput!) {
  createLocation(input: $input) { location { id } userErrors { code } }
}"""
ME = "{ me { role } inventorySummary { units } }"
HEAD = "SELECT position FROM log_head"
EPOCH = "SELECT epoch FROM log_head"
LAST_ID = "SELECT last_id FROM log_head"
REPLAYED = "SELECT pg_last_wal_replay_lsn() >= '{}'::text::pg_lsn"


class Address(FailingProxy):
    """Where the processes find the database, whichever server that is."""

    def lead_to(self, port: int) -> None:
        self.target = "127.0.0.1", port
        self.cut()


@dataclass(slots=True)
class Pair:
    """A primary, its standby, and two processes that use whichever the address leads to."""

    primary: Cluster
    standby: Cluster
    replication: FailingProxy
    address: Address
    item: Item
    servers: list[LaunchedServer] = field(default_factory=list)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def client(self, server: int, who: str = "user") -> Client:
        client = await self.servers[server].client(who)
        self.stack.push_async_callback(client.close)
        return client

    async def subscriber(self, server: int, after: str | None = None) -> Client:
        client = await self.client(server)
        await client.start("s", FEED, after=after)
        await client.settle()
        return client

    async def caught_up(self) -> None:
        """The standby has all that the primary has."""
        place = await asyncio.to_thread(self.primary.value, "SELECT pg_current_wal_lsn()::text")
        async with asyncio.timeout(PATIENCE_S):
            asked = REPLAYED.format(place)
            while not await asyncio.to_thread(self.standby.value, asked):  # noqa: ASYNC110  # no event
                await asyncio.sleep(0.02)

    async def lose_primary(self) -> None:
        """It is gone, with whatever the standby has not got."""
        self.address.is_down = True
        await asyncio.to_thread(self.primary.kill)
        self.address.cut()
        self.replication.cut()

    async def take_over(self) -> None:
        """The standby stands behind the address."""
        self.address.lead_to(self.standby.port)
        self.address.is_down = False

    def said(self, words: str) -> int:
        """How often both processes together have logged this."""
        return sum(server.said().count(words) for server in self.servers)


@pytest.fixture
async def pair(clusters: Clusters, tmp_path: Path) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        primary = await asyncio.to_thread(clusters.new)
        await asyncio.to_thread(primary.start)
        async with open_services(settings_for(primary.url)) as services:
            await add_people(services)
            item = await make_item(services, initial_stock=0)
        replication = await stack.enter_async_context(FailingProxy(primary.port))
        address = await stack.enter_async_context(Address(primary.port))
        standby = await asyncio.to_thread(clusters.standby, replication.port)
        await asyncio.to_thread(standby.start)
        made = Pair(primary, standby, replication, address, item)
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            url = at_port(primary.url, address.port)
            made.servers.append(LaunchedServer(tmp_path / name, DATABASE_URL=url))
            stack.push_async_callback(asyncio.to_thread, made.servers[-1].kill)
        await asyncio.gather(*(server.begin() for server in made.servers))
        async with made.stack:
            yield made


async def adjusted(client: Client, item: Item, key: str) -> Any:
    done = await client.run(ADJUST, key, input=adjustment(item, 1, key))
    assert not done["adjustStock"]["userErrors"], done
    return done["adjustStock"]


async def come_back(pair: Pair, server: int, cursor: str) -> list[str]:
    """As a client that was away does: again and again, by its cursor, until it is answered."""
    while True:
        try:
            client = await pair.subscriber(server, cursor)
            message = await client.message("s")
        except (Closed, OSError, TimeoutError):
            continue
        assert message["type"] == "error", f"the cursor of a lost event was taken: {message}"
        codes = [error["extensions"]["code"] for error in message["payload"]]
        if codes != ["UNAVAILABLE"]:
            return codes
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "rewritten",
    [
        pytest.param(0, id="nothing is written since"),
        pytest.param(1, id="fewer are written since", marks=pytest.mark.long),
        only_full(TAIL + 1, id="as many are written since"),
        pytest.param(TAIL + 20, id="more are written since", marks=pytest.mark.long),
    ],
)
async def test_a_standby_without_the_tail_takes_over_and_everybody_is_told(
    pair: Pair, rewritten: int
) -> None:
    """rewritten: events that somebody else, who saw nothing of the tail, writes before the two
    processes can look again."""
    connected = [await pair.subscriber(server) for server in (0, 1)]
    writers = [await pair.client(server, "admin") for server in (0, 1)]
    await adjusted(writers[0], pair.item, "kept")
    old_epoch = await asyncio.to_thread(pair.standby.value, EPOCH)
    for client in connected:
        await client.event()
    await pair.caught_up()

    # The tail, which the standby never gets: acknowledged, delivered, remembered.
    pair.replication.is_silent = True
    before = await asyncio.to_thread(pair.primary.value, HEAD)
    location = {"code": "LOST", "name": "lost"}
    made = await writers[0].run(CREATE_LOCATION, "l", input=location)
    lost_place = made["createLocation"]["location"]["id"]
    change = {"id": "13", "role": "ADMIN"}
    await writers[0].run(UPDATE_USER, "u", input=change)
    for number in range(TAIL):
        await adjusted(writers[number % 2], pair.item, f"lost {number}")
    events = [[await client.event() for _ in range(TAIL)] for client in connected]
    viewers = [await pair.client(server, "viewer") for server in (0, 1)]
    for viewer in viewers:
        assert (await viewer.run(ME))["me"]["role"] == "ADMIN"
    lost_head = await asyncio.to_thread(pair.primary.value, HEAD)
    lost_id = await asyncio.to_thread(pair.primary.value, LAST_ID)
    assert lost_head == before + TAIL + 2  # of the new location, and, to servers, of the new role

    await pair.lose_primary()
    back = [
        asyncio.create_task(come_back(pair, server, events[server][-1]["cursor"]))
        for server in (0, 1)
    ]
    await asyncio.to_thread(pair.standby.promote)
    assert await asyncio.to_thread(pair.standby.value, HEAD) == before
    if rewritten:  # each is one event
        async with open_services(settings_for(pair.standby.url)) as services:
            for _ in range(rewritten):
                await move(services, pair.item, 1)
    await pair.take_over()

    async with asyncio.timeout(TOLD_WITHIN_S):
        for client in connected:
            assert await client.refusal() == ["EPOCH_CHANGED"]
        assert await asyncio.gather(*back) == [["EPOCH_CHANGED"]] * 2
    epoch = await asyncio.to_thread(pair.standby.value, EPOCH)
    assert epoch != old_epoch
    assert pair.said("the log went back") == 1, "the epoch was given once"
    assert pair.said("everybody begins anew") == 2, "each process has noticed, once"
    assert await asyncio.to_thread(pair.standby.value, LAST_ID) > lost_id + IDS_LEFT_OUT // 2

    # What was remembered of the tail is gone, and all goes on.
    for viewer in viewers:
        answer = await viewer.run(ME, "again")
        assert answer == {"me": {"role": "VIEWER"}, "inventorySummary": {"units": 1 + rewritten}}
    fresh = [await pair.subscriber(server) for server in (0, 1)]
    writers = [await pair.client(server, "admin") for server in (0, 1)]
    at_lost = adjustment(pair.item, 1, "at the lost place") | {"location": lost_place}
    for writer in writers:
        done = (await writer.run(ADJUST, "x", input=at_lost))["adjustStock"]
        assert [error["code"] for error in done["userErrors"]] == ["NOT_FOUND"]
        await adjusted(writer, pair.item, f"new {writers.index(writer)}")
    # What was lost may be sent again, by its key: it is done, once.
    assert not (await adjusted(writers[1], pair.item, "lost 0"))["replayed"]
    for client in fresh:
        heard = [await client.event() for _ in range(3)]
        assert [event["item"]["stock"] for event in heard] == [rewritten + n for n in (2, 3, 4)]
    assert await asyncio.to_thread(pair.standby.value, EPOCH) == epoch
    for server in (0, 1):
        assert await come_back(pair, server, events[server][0]["cursor"]) == ["EPOCH_CHANGED"]
    assert pair.said("Traceback") == 0
    async with open_services(settings_for(pair.standby.url)) as services:
        await assert_sound(services)
