"""A process of which a part has ended says so, and ends too, with a code that tells."""

from __future__ import annotations

import asyncio
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import orjson
import pytest

from tests.campaigns import only_full
from tests.databases import SqliteMaker
from tests.patience import PATIENCE_S
from tests.transport.clients import Closed
from tests.transport.launcher import PARTS, WRITER_ENDS
from tests.transport.processes import LaunchedServer
from tests.transport.serving import ADJUST, adjustment

FIRST, *OTHERS = PARTS  # each ends the process in the same way
SLACK_S = 30.0  # beside the five seconds, on a busy machine


def readiness(port: int) -> tuple[int, dict[str, str]] | None:
    """What /readyz says; None: nobody answers any more."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status, orjson.loads(response.read())
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


@pytest.mark.parametrize("point", [FIRST, *map(only_full, OTHERS)])
async def test_a_process_of_which_a_part_ends_says_so_and_ends(
    point: str, tmp_path: Path, sqlite_maker: SqliteMaker
) -> None:
    server = LaunchedServer(tmp_path)
    item = await server.prepare(sqlite_maker.fresh())
    try:
        await server.begin(point)
        client = await server.client()
        loop = asyncio.get_running_loop()
        server.fail_file.touch()
        try:
            await client.start("q", ADJUST, input=adjustment(item))
            if point == WRITER_ENDS:
                payload = (await client.message("q"))["payload"]
                assert payload["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        except Closed:
            assert point != WRITER_ENDS
        told = None
        while told is None or told[0] == 200:
            told = await asyncio.to_thread(readiness, server.port)
            assert told is not None, "it ended before it said why"
        failed_s = loop.time()
        assert told == (503, {"status": "failed", "reason": PARTS[point]})
        assert (await client.closed())[0] == 1012
        assert await server.ended() == 1
        assert loop.time() - failed_s < 5 + SLACK_S
        said = server.said()
        assert f"{PARTS[point]} has ended" in said
        assert f"error: a part of the server has ended: {PARTS[point]}" in said
        if point == WRITER_ENDS:
            assert "LookupError: a fault of tests" in said
    finally:
        server.kill()


async def test_a_process_whose_database_file_was_replaced_ends(
    tmp_path: Path, sqlite_maker: SqliteMaker
) -> None:
    # It went on in the file that nobody finds any more, and acknowledged what was lost with it.
    server = LaunchedServer(tmp_path)
    await server.prepare(sqlite_maker.fresh())
    try:
        await server.begin()
        older = tmp_path / "older"
        older.write_bytes(server.database.read_bytes())
        older.replace(server.database)
        assert await server.ended() == 1
        assert "not the file that was opened" in server.said()
    finally:
        server.kill()
