"""The Python client's reads at another process of the same database than its writes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from graphql_api.client import InventoryClient
from graphql_api.client.newest import NewestCursor
from graphql_api.events.cursor import Cursor
from tests.conftest import KINDS
from tests.network import Proxy
from tests.patience import PATIENCE_S
from tests.servers import PASSWORD
from tests.transport.processes import two_servers
from tests.transport.serving import ADJUST, adjustment

STOCKS = "{ items(first: 5) { nodes { stock } } }"
WRITES = 15
EMPLOYEE = "employee@example.com"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_client_reads_its_own_writes_whichever_process_answers(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connections are cut between the two; the other's answer is kept, and old for a moment."""
    monkeypatch.setattr("graphql_api.client.account.BACKOFF_FIRST_S", 0.01)
    maker = request.getfixturevalue(f"{kind}_maker")
    async with two_servers(maker, tmp_path, 0) as (one, other, item, _):
        await asyncio.to_thread(one.create_user, EMPLOYEE)
        await one.begin()
        await other.begin()
        async with (
            asyncio.timeout(PATIENCE_S),
            Proxy(one.port) as proxy,
            InventoryClient(f"http://127.0.0.1:{proxy.port}", EMPLOYEE, PASSWORD) as client,
        ):
            for number in range(1, WRITES + 1):
                _turn(proxy, one.port)
                await client.execute(ADJUST, input=adjustment(item))
                _turn(proxy, other.port)
                for _ in range(2):  # then it is kept
                    shown = await client.execute(STOCKS)
                    assert shown == {"items": {"nodes": [{"stock": number}]}}


def _turn(proxy: Proxy, port: int) -> None:
    """Whoever comes from now on comes to the server at `port`."""
    proxy.target = "127.0.0.1", port
    proxy.cut()


def test_the_newest_cursor_is_the_latest_place_not_the_last_that_was_told() -> None:
    newest, log = NewestCursor(), "ab" * 8
    late, early = Cursor(log, 300, 7).encode(), Cursor(log, 9, 5).encode()
    newest.heard(None)
    assert newest.cursor is None
    for told in (late, early):
        newest.heard(told)
    assert newest.cursor == late
    newest.refused(early)
    assert newest.cursor == late
    another = Cursor("cd" * 8, 1, 5).encode()  # the log was replaced
    newest.heard(another)
    assert newest.cursor == another
    newest.heard("of a later form")
    assert newest.cursor == "of a later form"
    newest.refused("of a later form")
    assert newest.cursor is None
