"""Items, places and stock, as process.py takes them in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from graphql_api.inventory import keys
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.categories import Categories
from graphql_api.inventory.facts import BARCODES, UNITS
from graphql_api.inventory.figures import Figures
from graphql_api.inventory.history import History
from graphql_api.inventory.items import FACTS, Items, sample_update
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.reorder import Reorder
from graphql_api.inventory.scanning import Scanner
from graphql_api.inventory.stock import StockLedger
from graphql_api.operations.broadcast import BroadcastKind
from graphql_api.operations.supervision import close_safely
from graphql_api.services import Listening, Living, Noun, Services


def _use_cases(services: Services) -> None:
    reading, scanning, writer = services.reading, services.scanning, services.writer
    locations = services.add(Locations(reading, writer))
    services.add(StockLedger(writer, locations))
    services.add(Items(writer, locations))
    catalogue = services.add(Catalogue(reading, scanning))
    services.add(Categories(scanning))
    services.add(Scanner(reading))
    services.add(History(reading, scanning))
    services.add(Figures(scanning, services.clock))
    cover_days = services.settings.reorder_cover_days
    services.add(Reorder(reading, catalogue, services.clock, cover_days))


def _listening(services: Services) -> Iterable[Listening]:
    figures, locations = services.of(Figures), services.of(Locations)

    def forget() -> None:
        figures.forget()
        locations.forget()

    return [Listening(lambda _: None, replaced=forget)]


def _doubt(services: Services) -> Iterable[Callable[[], None]]:
    return [services.of(Locations).forget]


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
    facts=FACTS,
    kinds=(
        keys.REMEMBERED,
        keys.ADJUST_INPUT,
        keys.SET_INPUT,
        keys.TRANSFER_INPUT,
        BARCODES,
        UNITS,
    ),
    use_cases=_use_cases,
    listening=_listening,
    doubt=_doubt,
    living=_living,
    samples={BroadcastKind.INVENTORY_UPDATE: sample_update},
)
