"""Holds, as process.py takes them in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from graphql_api.holds import visibility
from graphql_api.holds.expiry import HoldExpiry
from graphql_api.holds.facts import CONSUME_INPUT, PLACE_INPUT, REMEMBERED
from graphql_api.holds.holds import Holds
from graphql_api.holds.lifecycle import FACTS
from graphql_api.holds.listing import HoldListing
from graphql_api.holds.retention import HoldRetention
from graphql_api.inventory.locations import Locations
from graphql_api.operations.supervision import close_safely
from graphql_api.services import Listening, Living, Noun, Services, Tidy


def _use_cases(services: Services) -> None:
    holds = services.add(Holds(services.writer, services.of(Locations)))
    listing = services.add(HoldListing(services.reading, services.scanning, services.clock))
    services.add(HoldExpiry(holds, listing, services.clock))


def _listening(services: Services) -> Iterable[Listening]:
    expiry = services.of(HoldExpiry)
    return [Listening(expiry.heed, failed=expiry.look, replaced=expiry.look)]


def _tidying(services: Services) -> Iterable[Tidy]:
    days = services.settings.hold_retention_days
    return [HoldRetention(services.writer, services.clock, days).run]


@asynccontextmanager
async def _expiry(services: Services) -> AsyncIterator[Iterable[asyncio.Task[None]]]:
    expiry = services.of(HoldExpiry)
    expiry.start()
    try:
        yield expiry.tasks
    finally:
        await close_safely("hold expiry", expiry.close)


def _serving(services: Services) -> Iterable[Living]:
    return [_expiry(services)]


NOUN = Noun(
    name="holds",
    facts=FACTS,
    kinds=(PLACE_INPUT, CONSUME_INPUT, REMEMBERED),
    use_cases=_use_cases,
    reactors=lambda _: [visibility.react],
    listening=_listening,
    tidying=_tidying,
    serving=_serving,
)
