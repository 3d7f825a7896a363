"""A process that is stopped in the middle of a write must not stop the others. On PostgreSQL.

How the bug came about: the process that SIGSTOP met held the log's head row, which every writing
transaction takes first, and nothing ended its transaction: nobody wrote for a minute.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from graphql_api.inventory.items import Item
from graphql_api.process import open_services
from tests.builders import item_now
from tests.campaigns import only_full
from tests.conftest import settings_for
from tests.databases import PostgresMaker
from tests.invariants import assert_sound
from tests.transport.launcher import STOPPED_AT_COMMIT, STOPPED_WITH_HEAD
from tests.transport.processes import LaunchedServer, Pair, two_servers
from tests.transport.serving import ADJUST, adjustment

OTHERS_GO_ON_S = 10.0  # the promise; by default it takes about three seconds
PATIENCE_S = 60.0
CALLERS = 8


@pytest.fixture
async def servers(postgres_maker: PostgresMaker, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two that may be started on one database, an item of theirs, and its URL."""
    async with two_servers(postgres_maker, tmp_path, initial_stock=0) as pair:
        yield pair


async def post(server: LaunchedServer, item: Item, key: str) -> Any:
    """adjustStock by one: what it answers."""
    headers = {"authorization": f"Bearer {server.token('admin')}"}
    body = {"query": ADJUST, "variables": {"input": adjustment(item, 1, key)}}
    async with httpx.AsyncClient(timeout=3 * PATIENCE_S) as http:
        answer = await http.post(f"{server.url}/graphql", json=body, headers=headers)
        return answer.json()


async def until_stopped(pid: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while state_of(pid) != "T":  # noqa: ASYNC110  # another process sets no event
            await asyncio.sleep(0.01)


def state_of(pid: int) -> str:
    """The letter that proc(5) has for what a process does; T: it is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


@pytest.mark.parametrize("point", [STOPPED_WITH_HEAD, only_full(STOPPED_AT_COMMIT)])
async def test_while_a_process_that_holds_the_head_is_stopped_the_others_write_on(
    servers: Pair, point: str
) -> None:
    one, other, item, url = servers
    # However long the others' writes take on a busy machine, its own is tried again after them.
    one._env["WRITE_REPEAT_SECONDS"] = str(PATIENCE_S)
    await one.begin(point)
    await other.begin()
    assert one._process is not None
    pid = one._process.pid
    one.fail_file.touch()
    asleep = asyncio.create_task(post(one, item, "of the sleeper"))
    try:
        await until_stopped(pid)
        async with asyncio.timeout(OTHERS_GO_ON_S):  # nineteen more are this machine's time
            answers = [await post(other, item, "o0")]
        answers += await asyncio.gather(*(post(other, item, f"o{n}") for n in range(1, 20)))
        assert all(one["data"]["adjustStock"]["movement"] for one in answers), answers
    finally:
        os.kill(pid, signal.SIGCONT)
    # Its transaction is gone, so it was certainly not committed, and is carried out now.
    answer = (await asleep)["data"]["adjustStock"]
    assert (answer["replayed"], answer["userErrors"]) == (False, [])
    again = (await post(one, item, "of the sleeper"))["data"]["adjustStock"]
    assert (again["replayed"], again["movement"]) == (True, answer["movement"])
    async with open_services(settings_for(url)) as services:
        assert (await item_now(services, item)).stock == 21
        await assert_sound(services)
    assert "Traceback" not in one.said() + other.said()


@pytest.mark.parametrize("point", [STOPPED_WITH_HEAD, only_full(STOPPED_AT_COMMIT)])
@pytest.mark.parametrize("seconds", [8, pytest.param(60, marks=pytest.mark.long)])
async def test_who_waited_for_a_sleeper_is_told_the_truth_when_it_wakes(
    servers: Pair, point: str, seconds: int
) -> None:
    """It slept for longer than anything is tried again: each caller gets the answer, or
    UNAVAILABLE; what is said of the change is so."""
    one, other, item, url = servers
    await one.begin(point)
    await other.begin()
    assert one._process is not None
    pid = one._process.pid
    one.fail_file.touch()
    asleep = [asyncio.create_task(post(one, item, f"s{number}")) for number in range(CALLERS)]
    try:
        await until_stopped(pid)
        wakes_s = asyncio.get_running_loop().time() + seconds
        written = 0
        while asyncio.get_running_loop().time() < wakes_s:
            answer = await post(other, item, f"o{written}")
            assert not answer["data"]["adjustStock"]["userErrors"]
            written += 1
    finally:
        os.kill(pid, signal.SIGCONT)
    answers = await asyncio.gather(*asleep)
    for number, answer in enumerate(answers):
        again = (await post(other, item, f"s{number}"))["data"]["adjustStock"]
        if "errors" not in answer:
            assert again["replayed"], answer
            continue
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "UNAVAILABLE", error
        if error["extensions"].get("outcome") != "UNKNOWN":
            assert not again["replayed"], error  # nothing was changed
    async with open_services(settings_for(url)) as services:
        assert (await item_now(services, item)).stock == written + CALLERS
        await assert_sound(services)
    assert "Traceback" not in one.said() + other.said()
