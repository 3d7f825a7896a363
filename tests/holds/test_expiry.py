"""The expiry: ends holds by itself at their time, and asks the database for nothing meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from graphql_api.clock import SECOND_US, HeldClock, SystemClock
from graphql_api.holds.expiry import HoldExpiry
from graphql_api.holds.holds import Holds
from graphql_api.holds.lifecycle import Hold, HoldChange, HoldLine, HoldStatus, told
from graphql_api.holds.listing import HoldListing
from graphql_api.process import open_services
from graphql_api.settings import Settings
from tests.builders import make_item
from tests.holds.making import done, place, units
from tests.invariants import assert_sound, events_of
from tests.patience import PATIENCE_S
from tests.streams import eventually


async def test_two_processes_end_a_hold_once_and_by_themselves(settings: Settings) -> None:
    clock = SystemClock()
    async with (
        open_services(settings, clock=clock) as one,
        open_services(settings, clock=clock) as other,
        running(one.of(HoldExpiry)),
        running(other.of(HoldExpiry)),
    ):
        item = await make_item(one)
        later = (await done(one, place(units(item, 1), seconds=3_600))).hold
        hold = (await done(one, place(units(item, 4), seconds=1))).hold

        async def ended() -> bool:
            row = await one.reading.row("SELECT ended_at FROM hold WHERE id = ?", hold.id)
            return row is not None and row[0] == hold.expires_at

        async with asyncio.timeout(PATIENCE_S):
            while not await ended():  # noqa: ASYNC110  # what brings it about sets no event
                await asyncio.sleep(0.02)
        kinds = [e["kind"] for e in await events_of(one) if e["subject"] == hold.id]
        assert kinds == ["PLACED", "EXPIRED"]
        (item_now,) = (await assert_sound(one)).items.values()
        assert item_now["held"] == 1
        left = await one.of(HoldListing).by_ids([later.id], True)
        assert left[later.id].status is HoldStatus.HELD


@asynccontextmanager
async def running(expiry: HoldExpiry) -> AsyncIterator[None]:
    expiry.start()
    try:
        yield
    finally:
        await expiry.close()


class Ledger:
    """What the expiry asks of listing and holds. next_us: when the first of them runs out."""

    def __init__(self) -> None:
        self.next_us: int | None = None
        self.looks = 0
        self.ended = 0
        self.fails = False

    async def next_expiry_us(self) -> int | None:
        self.looks += 1
        if self.fails:
            raise OSError("the database is away")
        return self.next_us

    async def expire_due(self) -> int:
        self.ended += 1
        self.next_us = None
        return 1


def placed(expires_at_us: int) -> Any:
    lines = [HoldLine(1, 1, 1)]
    hold = Hold(1, HoldStatus.HELD, None, None, None, 0, expires_at_us, lines=lines)
    return told(HoldChange.PLACED, hold, False, None)


async def test_it_sleeps_until_the_next_and_wakes_for_an_earlier_one() -> None:
    """Looking is asking the database: once, however many later holds are placed meanwhile."""
    clock, ledger = HeldClock(), Ledger()
    ledger.next_us = clock.now_us() + 3_000 * SECOND_US
    expiry = HoldExpiry(cast(Holds, ledger), cast(HoldListing, ledger), clock)
    async with running(expiry):
        await eventually(lambda: ledger.looks == 1)
        for n in range(100):
            expiry.heed([placed(ledger.next_us + n)])
        for _ in range(20):
            await asyncio.sleep(0)
        assert (ledger.looks, ledger.ended) == (1, 0)
        ledger.next_us = clock.now_us()
        expiry.heed([placed(ledger.next_us)])
        await eventually(lambda: ledger.ended == 1)
        assert ledger.looks == 3, "before and after"


async def test_it_goes_on_after_a_failure(monkeypatch: Any) -> None:
    monkeypatch.setattr("graphql_api.holds.expiry.AGAIN_S", 0.01)
    clock, ledger = HeldClock(), Ledger()
    ledger.fails, ledger.next_us = True, clock.now_us()
    async with running(HoldExpiry(cast(Holds, ledger), cast(HoldListing, ledger), clock)):
        await eventually(lambda: ledger.looks > 2)
        ledger.fails = False
        await eventually(lambda: ledger.ended == 1)
