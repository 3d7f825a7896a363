"""The running application with a place for attachments: a folder, or a bucket of a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from graphql_api.clock import HeldClock
from graphql_api.settings import Settings
from tests.attachments.bucket import Bucket, served
from tests.databases import Maker
from tests.schema.api import Api, running

STORES = ("folder", "s3")


@pytest.fixture
def maker(request: pytest.FixtureRequest) -> Maker:
    """SQLite's, or that of the kind which the test is parametrized with."""
    kind = getattr(request, "param", "sqlite")
    made: Maker = request.getfixturevalue(f"{kind}_maker")
    return made


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    """An S3-compatible server over HTTP."""
    with served() as made:
        yield made


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """ATTACHMENTS_STORE: a folder, or a bucket where a test is parametrized with it."""
    if getattr(request, "param", "folder") == "folder":
        return str(tmp_path / "attached")
    bucket: Bucket = request.getfixturevalue("bucket")
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return bucket.fresh()


@pytest.fixture
def attaching(settings: Settings, place: str) -> Settings:
    """Settings under which files are attached."""
    return settings.model_copy(
        update={
            "attachments_store": place,
            "attachment_bytes_max": 300_000,
            "attachment_pixels_max": 1_000_000,
            "rate_limit": "off",
        }
    )


@pytest.fixture
async def api(attaching: Settings, clock: HeldClock) -> AsyncIterator[Api]:
    async with running(attaching, clock) as opened:
        yield opened
