"""Turns: one a round of the loop, callers in rotation, nobody forgotten."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from graphql_api.transport.turns import Turns


async def test_who_comes_to_an_idle_loop_goes_on_at_once() -> None:
    with suppress(StopIteration):
        Turns().take("a").send(None)
        raise AssertionError("it waited")


async def test_callers_are_in_rotation_and_each_has_a_round_of_its_own() -> None:
    """250 new documents of one address were all prepared before anybody else's was read."""
    turns, rounds = Turns(), 0
    order: list[tuple[str, int]] = []

    async def come(caller: str) -> None:
        await turns.take(caller)
        order.append((caller, rounds))

    tasks = [asyncio.create_task(come("crowd")) for _ in range(50)]
    tasks.append(asyncio.create_task(come("honest")))
    while not all(task.done() for task in tasks):
        rounds += 1
        await asyncio.sleep(0)
    callers = [caller for caller, _ in order]
    assert callers.index("honest") <= 2
    assert len({seen for _, seen in order}) == 51, "no two in one round"


async def test_who_gives_up_leaves_its_turn_to_the_next() -> None:
    turns = Turns()
    await turns.take("a")
    first, second, third = (asyncio.create_task(turns.take("a")) for _ in range(3))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert second.cancelled()
    await asyncio.wait_for(turns.take("b"), 5)
