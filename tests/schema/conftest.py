"""The running application: on SQLite, and on PostgreSQL too where a test asks for both."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from graphql_api.clock import HeldClock
from graphql_api.settings import Settings
from tests.databases import Maker
from tests.schema.api import Api, running


@pytest.fixture
def maker(request: pytest.FixtureRequest) -> Maker:
    """SQLite's, or that of the kind which the test is parametrized with (`on_both`)."""
    kind = getattr(request, "param", "sqlite")
    made: Maker = request.getfixturevalue(f"{kind}_maker")
    return made


@pytest.fixture
async def api(settings: Settings, clock: HeldClock) -> AsyncIterator[Api]:
    """The running application. Rate limits are off: the clock of their buckets stands still."""
    async with running(settings.model_copy(update={"rate_limit": "off"}), clock) as opened:
        yield opened
