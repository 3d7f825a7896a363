"""The door to Argon2: who is let in, who waits, who is sent away."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from graphql_api.accounts.attempts import network_of
from graphql_api.accounts.door import (
    AT_WORK_MAX,
    AT_WORK_PER_ADDRESS_MAX,
    WAITING_MAX,
    WAITING_PER_ADDRESS_MAX,
    Door,
)
from graphql_api.errors import RateLimited


class House:
    """Guests who stay until they are told to go."""

    def __init__(self) -> None:
        self.door = Door()
        self.inside: list[str] = []
        self._go = asyncio.Event()

    def come(self, address: str, account: str = "") -> asyncio.Task[None]:
        async def stay() -> None:
            async with self.door.entered(address, account or f"account {len(self.inside)}"):
                self.inside.append(address)
                await self._go.wait()

        return asyncio.create_task(stay())

    async def settled(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    def empty(self) -> None:
        self._go.set()


def refused(tasks: list[asyncio.Task[None]]) -> int:
    return sum(task.done() and isinstance(task.exception(), RateLimited) for task in tasks)


async def test_a_storm_from_one_address_is_sent_away_and_leaves_room_for_others() -> None:
    house = House()
    storm = [house.come("192.0.2.1", f"account {n}") for n in range(250)]
    await house.settled()
    assert house.inside == ["192.0.2.1"] * AT_WORK_PER_ADDRESS_MAX
    assert refused(storm) == 250 - AT_WORK_PER_ADDRESS_MAX - WAITING_PER_ADDRESS_MAX
    honest = house.come("192.0.2.2", "somebody")
    await house.settled()
    assert house.inside[-1] == "192.0.2.2", "at once"
    house.empty()
    await asyncio.gather(honest, *storm, return_exceptions=True)
    assert len(house.inside) == AT_WORK_PER_ADDRESS_MAX + WAITING_PER_ADDRESS_MAX + 1


async def test_so_many_wait_in_all_and_no_more() -> None:
    house = House()
    crowd = [house.come(f"192.0.2.{n}", f"account {n}") for n in range(100)]
    await house.settled()
    assert len(house.inside) == AT_WORK_MAX
    assert refused(crowd) == 100 - AT_WORK_MAX - WAITING_MAX
    with pytest.raises(RateLimited) as told:
        await house.come("198.51.100.1")
    assert told.value.extensions["retryAfterSeconds"] >= 1
    house.empty()
    await asyncio.gather(*crowd, return_exceptions=True)
    async with house.door.entered("198.51.100.1", "a"):
        pass


async def test_guesses_of_one_address_at_one_account_take_turns() -> None:
    house = House()
    guesses = [house.come("192.0.2.1", "ada") for _ in range(3)]
    await house.settled()
    assert len(house.inside) == 1
    house.empty()
    await asyncio.gather(*guesses)


async def test_who_gives_up_leaves_the_place_to_the_next() -> None:
    door = Door()
    async with AsyncExitStack() as stack:
        for number in range(AT_WORK_MAX):
            await stack.enter_async_context(door.entered(f"192.0.2.{number}", "a"))
        waiting = [asyncio.create_task(_pass(door, f"198.51.100.{n}")) for n in range(WAITING_MAX)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        after = asyncio.create_task(_pass(door, "198.51.100.99"))
        await asyncio.sleep(0)
    await after


async def test_who_is_cancelled_when_the_turn_has_come_leaves_it_to_the_next() -> None:
    door = Door()
    async with door.entered("192.0.2.1", "a"):
        first, second = (asyncio.create_task(_pass(door, "192.0.2.1", "a")) for _ in range(2))
        await asyncio.sleep(0)
    first.cancel()  # its turn has been given, and it has not noticed yet
    await second
    assert first.cancelled() or first.done()


async def _pass(door: Door, address: str, account: str = "a") -> None:
    async with door.entered(address, account):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_who_gives_up_in_the_moment_its_turn_comes_is_gone_and_that_is_no_fault() -> None:
    """How the bug came about: it was passed over, and then not found among those who wait."""
    door = Door()
    async with door.entered("192.0.2.1", "a"):
        second = asyncio.create_task(_pass(door, "192.0.2.1", "a"))
        await asyncio.sleep(0)
        second.cancel()  # and, before it hears of that, the first leaves
    with pytest.raises(asyncio.CancelledError):
        await second
    async with door.entered("192.0.2.1", "a"):
        pass
