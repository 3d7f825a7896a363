"""Here the use cases are opened with a user of each role, signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from graphql_api.clock import HeldClock
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings
from tests.notifications.people import add_people


@pytest.fixture
async def services(settings: Settings, clock: HeldClock) -> AsyncIterator[Services]:
    """All use cases, on a fresh database of each kind, with people."""
    async with open_services(settings, clock=clock) as opened:
        await add_people(opened)
        yield opened
