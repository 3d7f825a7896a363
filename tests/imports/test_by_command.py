"""How an import by a command ends, told in its row."""

from __future__ import annotations

import asyncio
import io

import pytest

from graphql_api.files.tables import Table
from graphql_api.imports.facts import RowCounts
from graphql_api.imports.file_imports import FileImports, ImportStatus
from graphql_api.imports.items import ImportOptions, ImportStopped, ItemImports
from graphql_api.inventory.locations import Locations
from graphql_api.services import Services


async def take(services: Services, import_id: int, content: bytes) -> None:
    imports = ItemImports(services.writer, services.of(Locations), services.database.scanning)
    table = Table(io.BytesIO(content), "utf-8", {})
    async for _ in imports.run(table, ImportOptions(import_id=import_id)):
        pass


STOPPED = ImportStopped(4, OSError("disk full"))


@pytest.mark.parametrize("why", [STOPPED, asyncio.CancelledError()])
async def test_one_that_did_not_come_to_its_end_says_so_and_counts_what_came_in(
    services: Services, why: BaseException
) -> None:
    files = services.of(FileImports)
    import_id = await files.begin_command("ITEMS", "items.csv")

    async def stopped() -> None:
        async with files.by_command(lambda: import_id, RowCounts):  # nothing was counted yet
            await take(services, import_id, b"sku,name\nA,One\nB,Two\n")
            raise why

    with pytest.raises(type(why)):
        await stopped()
    found = await files.find(import_id)
    assert found is not None
    assert (found.status, found.counts.created) == (ImportStatus.INTERRUPTED, 2)


async def test_one_that_came_to_its_end_is_done_and_one_that_wrote_nothing_is_none(
    services: Services,
) -> None:
    files = services.of(FileImports)
    import_id = await files.begin_command("ITEMS", "items.csv")
    async with files.by_command(lambda: import_id, lambda: RowCounts(created=3)):
        pass
    async with files.by_command(lambda: None, RowCounts):
        pass
    found = await files.find(import_id)
    assert found is not None
    assert (found.status, found.counts.created) == (ImportStatus.DONE, 3)
