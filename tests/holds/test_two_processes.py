"""Two processes on one database: never more held than there is, and one end for each hold."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from graphql_api.clock import HeldClock
from graphql_api.holds.holds import Holds
from graphql_api.holds.lifecycle import TOPIC
from tests.builders import item_now, make_item
from tests.conftest import OpenServices
from tests.holds.making import code_of, consume, done, place, units
from tests.invariants import assert_sound


async def test_of_fifty_holds_on_ten_units_ten_are_placed(open_again: OpenServices) -> None:
    async with open_again() as one, open_again() as other:
        item = await make_item(one)
        wanted = [code_of((one, other)[n % 2], place(units(item, 1))) for n in range(50)]
        codes = Counter(await asyncio.gather(*wanted))
        assert codes == {"ok": 10, "INSUFFICIENT_STOCK": 40}
        now = await item_now(other, item)
        assert (now.stock, now.held, now.available) == (10, 10, 0)
        await assert_sound(one)


@pytest.mark.parametrize("early_s", [0.0, 0.000_001])
async def test_of_a_consumption_and_an_expiry_one_is(
    open_again: OpenServices, clock: HeldClock, early_s: float
) -> None:
    async with open_again() as one, open_again() as other:
        item = await make_item(one, initial_stock=40)
        holds = [(await done(one, place(units(item, 2), seconds=60))).hold for _ in range(20)]
        clock.advance(60 - early_s)
        codes, _ = await asyncio.gather(
            asyncio.gather(*(code_of(one, consume(hold)) for hold in holds)),
            asyncio.gather(*((one, other)[n % 2].of(Holds).expire_due() for n in range(6))),
        )
        clock.advance(1)
        await asyncio.gather(one.of(Holds).expire_due(), other.of(Holds).expire_due())
        told = (await assert_sound(one)).events
        ends = Counter(event["kind"] for event in told if event["topic"] == TOPIC)
        end = "CONSUMED" if early_s else "EXPIRED"
        assert ends == {"PLACED": 20, end: 20}
        assert Counter(codes) == {"ok" if early_s else "INVALID_TRANSITION": 20}
        now = await item_now(other, item)
        assert (now.stock, now.held) == (0 if early_s else 40, 0)
