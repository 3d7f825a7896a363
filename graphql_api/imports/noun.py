"""Imports of uploaded files, as process.py takes them in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from graphql_api.imports.facts import (
    FACTS,
    REJECTED_CELLS,
    ROW_COUNTS,
    ROW_NOTES,
    SAVED_READING,
    START_INPUT,
    STARTED,
    TOLD_PROBLEMS,
)
from graphql_api.imports.file_imports import FileImports
from graphql_api.imports.listing import ImportListing
from graphql_api.imports.mappings import ImportMappings
from graphql_api.imports.preview import Previews
from graphql_api.imports.running import ImportRunner
from graphql_api.imports.spool import Spool
from graphql_api.imports.undo import Undo
from graphql_api.imports.written import ITEM_BEFORE
from graphql_api.inventory.locations import Locations
from graphql_api.operations.supervision import close_safely
from graphql_api.services import Living, Noun, Services, Tidy


def _use_cases(services: Services) -> None:
    locations, scanning = services.of(Locations), services.scanning
    imports = services.add(FileImports(services.reading, scanning, services.writer, services.clock))
    services.add(ImportListing(imports, services.reading, scanning))
    spool = services.add(Spool(imports, scanning, services.settings.import_bytes_max))
    services.add(Undo(imports, services.writer, locations))
    previews = services.add(Previews(spool, locations, scanning))
    services.add(ImportMappings(services.reading, services.writer, locations, imports, previews))
    services.add(ImportRunner(imports, spool, locations, scanning, services.writer, services.clock))


def _tidying(services: Services) -> Iterable[Tidy]:
    return [services.of(FileImports).clean]


@asynccontextmanager
async def _running(services: Services) -> AsyncIterator[Iterable[asyncio.Task[None]]]:
    runner = services.of(ImportRunner)
    try:
        yield ()
    finally:
        await close_safely("imports", runner.close)


def _serving(services: Services) -> Iterable[Living]:
    return [_running(services)]


NOUN = Noun(
    name="imports",
    facts=FACTS,
    kinds=(
        ROW_COUNTS,
        REJECTED_CELLS,
        START_INPUT,
        STARTED,
        ITEM_BEFORE,
        SAVED_READING,
        TOLD_PROBLEMS,
        ROW_NOTES,
    ),
    use_cases=_use_cases,
    tidying=_tidying,
    serving=_serving,
)
