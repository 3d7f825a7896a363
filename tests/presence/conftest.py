"""What the tests of presence over sockets share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import Maker
from tests.transport.conftest import faults

__all__ = ["faults"]


@pytest.fixture
def database_url(maker: Maker) -> Iterator[str]:
    """A fresh migrated database of each kind."""
    url = maker.fresh()
    yield url
    maker.discard(url)
