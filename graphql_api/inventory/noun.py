"""Items, places and stock, as process.py takes them in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from graphql_api.business import zone_of
from graphql_api.inventory import keys, locations
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.categories import Categories
from graphql_api.inventory.facts import BARCODES, UNITS
from graphql_api.inventory.figures import Figures
from graphql_api.inventory.history import History
from graphql_api.inventory.item_history import ItemHistory
from graphql_api.inventory.items import FACTS, Items, sample_update
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.minimums import Minimums
from graphql_api.inventory.older_movements import OlderMovements
from graphql_api.inventory.older_servers import OlderServers
from graphql_api.inventory.reorder import Reorder
from graphql_api.inventory.reorder_list import ReorderList
from graphql_api.inventory.reversals import Reversals
from graphql_api.inventory.scanning import Scanner
from graphql_api.inventory.stock import StockLedger
from graphql_api.operations.broadcast import BroadcastKind
from graphql_api.operations.supervision import close_safely
from graphql_api.services import Listening, Living, Noun, Services, Tidy


def _use_cases(services: Services) -> None:
    reading, scanning, writer = services.reading, services.scanning, services.writer
    places = services.add(Locations(reading, writer))
    writer.add_reactor(places.note_nesting)  # before those who follow items
    services.add(StockLedger(writer, places))
    services.add(Reversals(reading, writer, places))
    services.add(Items(writer, places))
    services.add(Minimums(writer))
    catalogue = services.add(Catalogue(reading, scanning))
    services.add(Categories(scanning, services.log, services.hub))
    services.add(Scanner(reading))
    services.add(History(reading, scanning))
    services.add(ItemHistory(reading, scanning))
    services.add(Figures(scanning, services.clock, zone_of(services.settings.time_zone)))
    settings, clock = services.settings, services.clock
    pace = settings.reorder_cover_days, settings.alerts_by == "available"
    services.add(Reorder(reading, catalogue, clock, *pace))
    services.add(ReorderList(scanning, catalogue, clock, settings.reorder_lead_time_days, *pace))


def _listening(services: Services) -> Iterable[Listening]:
    memory, categories = services.of(Locations).memory, services.of(Categories)
    return [
        Listening(categories.heed, failed=categories.forget, replaced=categories.forget),
        Listening(lambda _: None, replaced=services.of(Figures).forget),
        Listening(memory.heard, failed=memory.forget, replaced=memory.forget),
    ]


def _doubt(services: Services) -> Iterable[Callable[[], None]]:
    return [services.of(Locations).memory.forget, services.of(Categories).forget]


def _tidying(services: Services) -> Iterable[Tidy]:
    parts = services.scanning, services.writer, services.clock
    return [OlderServers(*parts).run, OlderMovements(*parts).run]


@asynccontextmanager
async def _figures(services: Services) -> AsyncIterator[Iterable[asyncio.Task[None]]]:
    """Reads of figures may still be under way when the process ends."""
    try:
        yield ()
    finally:
        await close_safely("figures", services.of(Figures).close)


def _living(services: Services) -> Iterable[Living]:
    return [_figures(services)]


NOUN = Noun(
    name="inventory",
    facts={**FACTS, **locations.FACTS},
    kinds=(
        keys.REMEMBERED,
        keys.ADJUST_INPUT,
        keys.SET_INPUT,
        keys.SET_BATCH_INPUT,
        keys.TRANSFER_INPUT,
        keys.REVERSE_INPUT,
        BARCODES,
        UNITS,
    ),
    use_cases=_use_cases,
    listening=_listening,
    doubt=_doubt,
    living=_living,
    tidying=_tidying,
    samples={BroadcastKind.INVENTORY_UPDATE: sample_update},
)
