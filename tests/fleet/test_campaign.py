"""Nothing acknowledged is lost, nothing is done twice, and everybody hears all of it in order,
whatever befalls the processes, their connections and their database."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest

from graphql_api.events.cursor import Cursor
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.campaigns import by_kind, only_full
from tests.conftest import settings_for
from tests.databases import Maker
from tests.fleet.clients import Reader, Writer
from tests.fleet.fleet import Fleet
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S
from tests.streams import eventually

TROUBLE_S = by_kind(4.0, 8.0, 300.0)
PROCESSES, WRITERS, READERS = 2, 4, 3
AT_LEAST = 20  # acknowledged changes, below which nothing was tried


async def verify(services: Services, writers: list[Writer], readers: list[Reader]) -> None:
    """The oracle: from the raw tables."""
    rows = await services.database.reading.rows(
        "SELECT position FROM event WHERE topic = 'inventory' ORDER BY position"
    )
    log = [row["position"] for row in rows]
    for reader in readers:
        assert reader.positions == log, reader.name
    rows = await services.database.reading.rows("SELECT key FROM idempotency_key")
    # One movement for each key: who repeats it knows the key as it was given.
    assert len(rows) == sum(len(writer.acknowledged) for writer in writers)
    found = await assert_sound(services)
    (item,) = found.items.values()
    assert item["stock"] == len(rows)


async def campaign(folder: Path, url: str, seed: int) -> None:
    fleet = Fleet(folder, url, PROCESSES, seed)
    try:
        await fleet.start()
        async with open_services(settings_for(url)) as services:
            start = Cursor((await services.log.head()).epoch, 0, 0).encode()
        writers = [Writer(fleet, number) for number in range(WRITERS)]
        readers = [Reader(fleet, number, start) for number in range(READERS)]
        writing = [asyncio.create_task(writer.write()) for writer in writers]
        reading = [asyncio.create_task(reader.read()) for reader in readers]
        await fleet.trouble(TROUBLE_S)
        async with asyncio.timeout(2 * PATIENCE_S):
            # However slow the machine was meanwhile.
            await eventually(lambda: sum(len(w.acknowledged) for w in writers) >= AT_LEAST)
            for writer in writers:
                writer.ends = True
            await asyncio.gather(*writing)
            async with open_services(settings_for(url)) as services:
                row = await services.database.reading.row(
                    "SELECT max(position) AS last FROM event WHERE topic = 'inventory'"
                )
                assert row is not None
                last: int = row["last"]
                await eventually(lambda: all(r.positions[-1:] == [last] for r in readers))
                for task in reading:
                    task.cancel()
                await asyncio.gather(*reading, return_exceptions=True)
                for reader in readers:
                    await reader.leave()
                wrong = [told for one in (*writers, *readers) for told in one.wrong]
                assert not wrong
                await verify(services, writers, readers)
    except BaseException as error:
        error.add_note(f"seed {seed}; what befell them: {', '.join(fleet.told)}")
        for process in fleet.processes:
            if process.log.exists():
                error.add_note(f"{process.log}: {process.log.read_text(errors='replace')[-3_000:]}")
        raise
    finally:
        await fleet.close()


@pytest.mark.early
# Of processes that share a file: tests/workers/test_processes.py kills them.
@pytest.mark.parametrize("maker", [only_full("sqlite"), "postgres"], indirect=True)
async def test_whatever_befalls_the_processes_nothing_is_lost_doubled_or_out_of_order(
    maker: Maker, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    seed = pytestconfig.getoption("--campaign-seed") or secrets.randbelow(2**32)
    url = maker.fresh()
    try:
        await campaign(tmp_path, url, seed)
    finally:
        maker.discard(url)
