"""What one worker asks of the others, and how often it looks at itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from graphql_api.database.database import Database
from graphql_api.services import Services
from graphql_api.web.health import health_routes
from graphql_api.workers import team as module
from graphql_api.workers.counts import SharedCounts
from graphql_api.workers.link import Link
from graphql_api.workers.team import Team
from graphql_api.workers.whole import Told
from graphql_api.workers.wire import WAITING_BYTES_MAX
from tests.streams import eventually


class Parent:
    """The other end of a team's line: answers as the parent of one worker does."""

    def __init__(self, end: socket.socket) -> None:
        self.link = Link(end)
        self.beats: list[Told] = []
        self.questions = 0

    def hear(self) -> None:
        for message in self.link.receive():
            self.questions += message["is"] == "ask"
            if message["is"] == "beat":
                self.beats.append(message)
            elif message["is"] == "ask":
                told = {"number": 1, "state": "serving", "starts": 1, **self.beats[-1]}
                self.link.send({"is": "whole", "n": message["n"], "workers": [told], "past": []})


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Team, Parent]]:
    ours, its = socket.socketpair()
    parent, team = Parent(ours), Team(1, its, SharedCounts(1).of(0))
    loop = asyncio.get_running_loop()
    loop.add_reader(ours, parent.hear)
    await team.start()
    try:
        yield team, parent
    finally:
        await team.close()
        loop.remove_reader(ours)
        parent.link.close()


async def test_only_readyz_asks_the_database(
    pair: tuple[Team, Parent], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def unreachable(_: Database) -> bool:
        nonlocal asked
        asked += 1
        return False

    monkeypatch.setattr(Database, "is_reachable", unreachable)
    team, _parent = pair
    routes = health_routes(lambda: (services, True), lambda: team, "", is_production=False)
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        lives = await http.get("/healthz")
        assert lives.json()["workers"] == [{"worker": 1, "status": "serving", "starts": 1}]
        assert "inventory_worker_up" in (await http.get("/metrics")).text
        assert asked == 0
        assert (await http.get("/readyz")).json() == {"status": "no database"}
        assert asked == 1


async def test_a_worker_looks_at_itself_more_seldom_than_it_says_that_it_lives(
    pair: tuple[Team, Parent], monkeypatch: pytest.MonkeyPatch
) -> None:
    team, parent = pair
    monkeypatch.setattr(module, "BEAT_S", 0.001)
    monkeypatch.setattr(module, "CHECK_S", 3_600.0)
    looked = 0

    async def health() -> Told:
        nonlocal looked
        looked += 1
        return {"status": "ready"}

    team.health = health
    await eventually(lambda: any(beat["health"] for beat in parent.beats))
    count = len(parent.beats)
    await eventually(lambda: len(parent.beats) > count + 20)
    assert looked == 1


async def test_who_asks_without_a_pause_costs_the_parent_no_more_than_one_question_at_a_time(
    pair: tuple[Team, Parent],
) -> None:
    """/healthz is for anybody, and with each question a worker's figures go to the parent."""
    team, parent = pair
    asked = [asyncio.create_task(team.whole()) for _ in range(1_000)]
    answers = await asyncio.gather(*asked)
    assert all(whole is not None and whole.workers for whole in answers)
    assert parent.questions == 1
    assert await team.whole() is not answers[0], "it is asked anew"
    assert parent.questions == 2


async def test_what_was_asked_while_a_question_is_on_its_way_is_answered_by_a_later_one(
    pair: tuple[Team, Parent],
) -> None:
    team, _parent = pair
    first = asyncio.create_task(team.whole({"status": "as it was"}))
    await asyncio.sleep(0)  # it is made
    await asyncio.sleep(0)  # and sent
    second = await team.whole({"status": "ready"})
    before = await first
    assert before is not None and before.workers[0]["health"] == {"status": "as it was"}
    assert second is not None and second.workers[0]["health"] == {"status": "ready"}


async def test_a_parent_that_does_not_read_costs_a_worker_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BEAT_S", 0.0)
    ours, its = socket.socketpair()
    team = Team(1, its, SharedCounts(1).of(0))
    team.figures = lambda: [["x" * 100_000]]
    await team.start()
    try:
        assert team._transport is not None
        sent = 0
        while sent < 200:
            await asyncio.sleep(0)
            team.tell({"is": "hint"})
            sent += 1
        assert 0 < team._transport.get_write_buffer_size() < 2 * WAITING_BYTES_MAX
    finally:
        ours.close()
        await team.close()
