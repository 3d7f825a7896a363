"""A crowd of one caller's queries waits for itself, over both transports; changes never do."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from contextlib import AsyncExitStack

from graphql_api.accounts.roles import Role
from graphql_api.transport.slots import AT_WORK_MAX
from tests.builders import make_item
from tests.patience import PATIENCE_S
from tests.schema.api import USER_IDS, Api
from tests.streams import eventually

ITEMS = "{ items(first: 1) { nodes { id } } }"
MORE_ITEMS = "{ items(first: 2) { nodes { id } } }"  # the same would share one reading
UPDATES = "subscription { inventoryUpdated { item { id } } }"
ADJUST = "movement { id }"


async def test_queries_beyond_a_users_slots_wait_while_others_and_mutations_go_on(api: Api) -> None:
    item = await make_item(api.services)
    assert api.app.backend is not None
    slots, key = api.app.backend.slots, f"user {USER_IDS[Role.USER]}"
    socket = await api.socket(Role.USER)
    async with AsyncExitStack() as held:
        for _ in range(AT_WORK_MAX):
            await held.enter_async_context(slots.entered(key))
        posted = asyncio.create_task(api.user.query(ITEMS))
        await socket.subscribe(MORE_ITEMS, "q")
        await socket.subscribe(UPDATES, "s")
        await eventually(lambda: len(slots._callers[key].waiting) == 2)
        await api.subscribed(1)  # those that come back together are read for together
        assert (await api.admin.query(ITEMS))["items"]["nodes"]
        change = {"item": {"id": str(item.id)}, "quantity": 1, "actionType": "RECEIPT"}
        given = {**change, "idempotencyKey": "while reads wait"}
        assert (await api.user.mutate("adjustStock", ADJUST, input=given))["movement"]
        assert (await socket.event())["item"]["id"] == str(item.id)
        assert not posted.done()
    assert (await asyncio.wait_for(posted, PATIENCE_S))["items"]["nodes"]
    assert (await socket.event())["nodes"]
    await eventually(lambda: key not in slots._callers)
    await socket.close()


async def test_requests_of_an_address_begin_in_turns(api: Api) -> None:
    """Each request begins after a turn of its address, and one of a user after one of the user."""
    assert api.app.backend is not None
    turns = api.app.backend.requests
    came: list[Hashable] = []
    take = turns.take

    async def heed(caller: Hashable) -> None:
        came.append(caller)
        await take(caller)

    turns.take = heed  # type: ignore[method-assign]  # to look at; it goes on as ever
    await api.user.query(ITEMS)
    await api.nobody.query("{ __typename }")
    socket = await api.socket(Role.USER)
    await socket.subscribe(ITEMS, "q")
    await socket.event()
    address, user = "address 127.0.0.1", f"user {USER_IDS[Role.USER]}"
    assert came == [address, user, address, address, user]
    await socket.close()
