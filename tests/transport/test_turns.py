"""Turns: one a round of the loop, callers in rotation, nobody forgotten."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

from graphql_api.transport.turns import Turns
from tests.patience import PATIENCE_S


async def test_who_comes_to_an_idle_loop_goes_on_at_once() -> None:
    with suppress(StopIteration):
        Turns(1).take("a").send(None)
        raise AssertionError("it waited")


async def test_callers_are_in_rotation_and_each_has_a_round_of_its_own() -> None:
    """250 new documents of one address were all prepared before anybody else's was read."""
    turns, rounds = Turns(1), 0
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
    turns = Turns(1)
    await turns.take("a")
    first, second, third = (asyncio.create_task(turns.take("a")) for _ in range(3))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert second.cancelled()
    await asyncio.wait_for(turns.take("b"), PATIENCE_S)


async def test_in_a_round_begin_as_many_as_may_and_the_crowd_does_not_go_before_others() -> None:
    """250 sign-ins at once made each round a tenth of a second long, for everybody."""
    turns, rounds = Turns(4), 0
    order: list[tuple[str, int]] = []

    async def come(caller: str) -> None:
        await turns.take(caller)
        order.append((caller, rounds))

    tasks = [asyncio.create_task(come("crowd")) for _ in range(50)]
    tasks.append(asyncio.create_task(come("honest")))
    while not all(task.done() for task in tasks):
        rounds += 1
        await asyncio.sleep(0)
    each = Counter(seen for _, seen in order)
    assert max(each.values()) == 4
    assert len(each) == 13, "no round goes by without one"
    assert [caller for caller, _ in order].index("honest") <= 5


async def test_after_dear_ones_the_loop_is_left_to_others_for_as_long() -> None:
    """A query of twenty rounds had a new document of a stranger's before it in each."""
    turns = Turns(1, rests=True)
    loop = asyncio.get_running_loop()
    ends: list[float] = []

    async def prepare() -> None:
        await turns.take("crowd")
        begun = loop.time()
        while loop.time() < begun + 0.01:
            pass
        ends.append(loop.time())
        begins.append(begun)

    begins: list[float] = []
    await asyncio.wait_for(asyncio.gather(*(prepare() for _ in range(5))), PATIENCE_S)
    rests = [begin - end for begin, end in zip(begins[1:], ends, strict=False)]
    assert min(rests) >= 0.009, rests
