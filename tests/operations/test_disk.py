"""A disk that takes no writes: told by /readyz and /metrics until there is room again."""

from __future__ import annotations

import os
from collections import namedtuple

import pytest

from graphql_api.database.faults import Away, DatabaseAway
from graphql_api.operations import disk as module
from graphql_api.operations.metrics import exposition
from graphql_api.services import Services
from graphql_api.web.health import figures_of_process
from tests.builders import make_item


def figure(services: Services, name: str) -> float | None:
    text = exposition(figures_of_process(services))
    values = [line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(values[0]) if values else None


async def fill(services: Services) -> None:
    """No page more for the database's file."""
    [row] = await services.database.writing.rows("PRAGMA page_count")
    await services.database.writing.rows(f"PRAGMA max_page_count = {row[0]}")


async def many_items(services: Services) -> None:
    for number in range(1_000):
        await make_item(services, sku=f"S-{number}", description="x" * 4_000)


async def test_a_write_that_found_no_room_is_told_until_one_finds_room(services: Services) -> None:
    if services.database.file is None:
        pytest.skip("PostgreSQL's disk cannot be filled here")
    assert await services.disk.look() is None
    await fill(services)
    with pytest.raises(DatabaseAway) as fault:
        await many_items(services)
    assert fault.value.why is Away.FULL
    assert services.disk.word == "disk full"
    assert figure(services, "inventory_disk_refuses_writes") == 1
    await services.database.reading.rows("SELECT count(*) FROM item")  # reads go on
    await services.database.writing.rows("PRAGMA max_page_count = 1000000000")
    assert await services.disk.look() is None, "it was tried, and there is room"
    assert figure(services, "inventory_disk_refuses_writes") == 0


async def test_a_disk_with_next_to_nothing_left_is_told_before_a_write_fails(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    if services.database.file is None:
        pytest.skip("the disk of a server is not ours to look at")
    free = services.disk.free_bytes
    assert free is not None
    assert free > module.FREE_BYTES_MIN
    assert figure(services, "inventory_disk_free_bytes") is not None
    found = namedtuple("found", "f_bavail f_frsize f_blocks")
    monkeypatch.setattr(os, "statvfs", lambda _: found(10, 4_096, 1_000))
    assert await services.disk.look() == "disk full"
    monkeypatch.setattr(os, "statvfs", lambda _: found(0, 4_096, 0))
    assert await services.disk.look() is None, "a file system that does not tell"
