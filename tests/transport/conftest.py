"""What the tests of real sockets share: fresh SQLite files, and that nothing goes on for ever."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from tests.databases import SqliteMaker

TEST_TIMEOUT_S, LONG_TEST_TIMEOUT_S = 240, 900  # only what hangs takes so long

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """No test of this folder waits for ever, whatever it waits for: as long as it says itself, or
    as all others."""
    timeout_s = LONG_TEST_TIMEOUT_S if config.getoption("--long") else TEST_TIMEOUT_S
    for item in items:
        if not isinstance(item, pytest.Function) or HERE not in item.path.parents:
            continue
        if inspect.iscoroutinefunction(item.obj):
            own = item.get_closest_marker("timeout")
            item.obj = _bounded(item.obj, timeout_s if own is None else own.args[0])


def _bounded(
    test: Callable[..., Awaitable[None]], timeout_s: float
) -> Callable[..., Awaitable[None]]:
    @wraps(test)
    async def bounded(*args: Any, **kwargs: Any) -> None:
        async with asyncio.timeout(timeout_s):
            await test(*args, **kwargs)

    return bounded


@pytest.fixture
def database_url(sqlite_maker: SqliteMaker) -> Iterator[str]:
    """A fresh migrated SQLite file. Delivery above the log does not know the database."""
    url = sqlite_maker.fresh()
    yield url
    sqlite_maker.discard(url)


@pytest.fixture(autouse=True)
def faults(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """No fault of ours may have been logged. A test that provokes one clears the records."""
    caplog.set_level(logging.WARNING)
    yield caplog
    told = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not told, [f"{record.name}: {record.getMessage()}" for record in told]
