"""What fields of one operation wait for together."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.services import Services
from schema.loaders import Loaders
from tests.streams import eventually


async def test_a_field_that_is_given_up_takes_nothing_from_those_that_wait_for_the_same(
    services: Services,
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def read(_: Services, keys: list[int]) -> dict[int, str]:
        begun.set()
        await go_on.wait()
        return {key: f"number {key}" for key in keys}

    loader = Loaders(services, sees_admins=True).of(read)
    given_up, wanted = (asyncio.ensure_future(loader.load(7)) for _ in range(2))
    await begun.wait()
    given_up.cancel()
    await eventually(given_up.cancelled)
    go_on.set()
    assert await wanted == "number 7"
    with pytest.raises(asyncio.CancelledError):
        await given_up
