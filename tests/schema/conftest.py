"""The running application: on SQLite, and on PostgreSQL too where a test asks for both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache

import pytest

from graphql_api import app as application
from graphql_api.clock import HeldClock
from graphql_api.engine.schema import PreparedSchema
from graphql_api.settings import Settings
from schema import build_schema
from tests.databases import Maker
from tests.schema.api import Api, running


@pytest.fixture
def maker(request: pytest.FixtureRequest) -> Maker:
    """SQLite's, or that of the kind which the test is parametrized with (`on_both`)."""
    kind = getattr(request, "param", "sqlite")
    made: Maker = request.getfixturevalue(f"{kind}_maker")
    return made


@lru_cache
def _built(limits: Settings) -> PreparedSchema:
    return build_schema(limits)


@pytest.fixture(autouse=True)
def _schemas_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building one takes longer than most tests here; nothing of an operation stays in it."""

    def built(limits: Settings) -> PreparedSchema:
        return _built(limits.model_copy(update={"database_url": "", "frontend_url": ()}))

    monkeypatch.setattr(application, "build_schema", built)


@pytest.fixture
async def api(settings: Settings, clock: HeldClock) -> AsyncIterator[Api]:
    """The running application. Rate limits are off: the clock of their buckets stands still."""
    async with running(settings.model_copy(update={"rate_limit": "off"}), clock) as opened:
        yield opened
