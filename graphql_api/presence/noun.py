"""Who is at which item, and who edits it, as process.py takes it in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import Users
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.items import Items
from graphql_api.operations.supervision import close_safely
from graphql_api.presence import leases
from graphql_api.presence.leases import Leases
from graphql_api.presence.live import LivePresence
from graphql_api.presence.reports import MESSAGE
from graphql_api.services import Listening, Living, Noun, Services


def _use_cases(services: Services) -> None:
    edit_leases = services.add(Leases(services.reading, services.writer))
    services.of(Items).check_leases_by(edit_leases.check)
    services.add(
        LivePresence(
            services.clock,
            services.broker,
            services.of(Catalogue),
            services.of(Users),
            services.of(Sessions),
            edit_leases,
            services.settings.presence_entries_max,
        )
    )


def _listening(services: Services) -> Iterable[Listening]:
    presence = services.of(LivePresence)
    return [Listening(presence.heed, failed=presence.begin_anew, replaced=presence.begin_anew)]


@asynccontextmanager
async def _open(services: Services) -> AsyncIterator[Iterable[asyncio.Task[None]]]:
    presence = services.of(LivePresence)
    presence.open()
    try:
        yield presence.tasks
    finally:
        await close_safely("presence", presence.close)


def _living(services: Services) -> Iterable[Living]:
    return [_open(services)]


NOUN = Noun(
    name="presence",
    kinds=(MESSAGE,),
    use_cases=_use_cases,
    reactors=lambda _: [leases.react],
    listening=_listening,
    living=_living,
)
