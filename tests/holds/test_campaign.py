"""Campaigns: random commands on holds, many at once, against a small model.

The clock moves by whole seconds and holds run out after whole seconds, so that consumptions and
ends fall on the same instant again and again: of each hold there must be one end alone.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from graphql_api.clock import HeldClock
from graphql_api.errors import Refusal
from graphql_api.holds.commands import Until, WantedUnits
from graphql_api.holds.holds import ConsumeHold, ExtendHold, Holds, PlaceHold, ReleaseHold
from graphql_api.holds.lifecycle import TOPIC
from graphql_api.inventory.ledger_check import check_ledger
from graphql_api.inventory.stock import ActionType, BatchRefused, StockLedger
from graphql_api.services import Services
from tests import campaigns
from tests.builders import MAIN, USER_ID, adjust, make_item, make_location, ref
from tests.campaigns import is_long
from tests.holds.model import Act, Command, Expire, Model, Move, Put

STEPS = 3_000
STEPS_LONG = 100_000
TOGETHER = 25
KEPT = 60  # holds that commands still speak of: ended ones too
NO_HOLD = 10**15


@dataclass(slots=True)
class Campaign:
    """One run. ids: of the holds, by the step that placed them."""

    services: Services
    clock: HeldClock
    chance: random.Random
    items: list[int]
    places: list[int]
    model: Model
    ids: dict[int, int] = field(default_factory=dict)
    ends: dict[int, list[str]] = field(default_factory=dict)
    step: int = 0

    async def run(self, steps: int) -> None:
        while self.step < steps:
            group = [self._drawn() for _ in range(TOGETHER)]
            outcomes = await asyncio.gather(*(self._send(command) for command in group))
            for command, outcome in zip(group, outcomes, strict=True):
                assert self.model.apply(command) == outcome, (self.step, command)
            self._forget()
            seconds = self.chance.choice([0, 0, 1, 1, 2])
            self.clock.advance(seconds)
            self.model.now_s += seconds
            if self.step % (TOGETHER * 20) == 0:
                await self._compare()
        await self._compare()

    def _drawn(self) -> Command:
        self.step += 1
        draw, known = self.chance, [*self.model.holds, -1]
        match draw.choice("pppppccccrexmml"):
            case "p":
                lines = tuple(
                    (draw.randrange(2), draw.randrange(2), draw.choice([1, 1, 2, 3]))
                    for _ in range(draw.choice([1, 1, 2, 3]))
                )
                return Put(self.step, lines, draw.choice([1, 1, 2, 3]))
            case "c":
                return Act("consume", draw.choice(known[-12:]))
            case "r":
                return Act("release", draw.choice(known))
            case "e":
                return Act("extend", draw.choice(known), draw.choice([1, 2, 4]))
            case "x":
                return Expire()
            case "m":
                how = draw.choice(["sell", "receive"])
                return Move(draw.randrange(2), draw.randrange(2), draw.randrange(1, 6), how)
            case _:
                quantity = draw.choice([-4, -2, -1, 1])
                return Move(draw.randrange(2), draw.randrange(2), quantity, "correct")

    async def _send(self, command: Command) -> str:
        holds, key = self.services.of(Holds), f"step {self.step} {id(command)}"
        try:
            match command:
                case Put(step=step, lines=lines, seconds=seconds):
                    wanted = tuple(
                        WantedUnits(ref(self.items[slot]), quantity, self.places[place])
                        for slot, place, quantity in lines
                    )
                    until = Until(None, seconds)
                    put = PlaceHold(f"put {step}", wanted, until, None, None, USER_ID, True)
                    self.ids[step] = (await holds.carry_out(put)).hold.id
                case Act(how=how, step=step, seconds=seconds):
                    of_hold = (self.ids.get(step, NO_HOLD), USER_ID, True)
                    acts: dict[str, Any] = {
                        "consume": ConsumeHold(*of_hold, key, None, None),
                        "release": ReleaseHold(*of_hold),
                        "extend": ExtendHold(*of_hold, Until(None, seconds or 1)),
                    }
                    await holds.carry_out(acts[how])
                case Expire():
                    await holds.expire_due()
                case Move():
                    await self.services.of(StockLedger).carry_out(self._booked(command))
        except BatchRefused as refused:
            (code,) = {one.code for one in refused.refusals}
            return code
        except Refusal as refused:
            return refused.code
        return "ok"

    def _booked(self, command: Move) -> Any:
        action = {"sell": ActionType.SALE, "receive": ActionType.RECEIPT}
        sign = -1 if command.how == "sell" else 1
        return adjust(
            self.items[command.slot],
            sign * command.quantity,
            action.get(command.how, ActionType.CORRECTION),
            location_id=self.places[command.place],
        )

    def _forget(self) -> None:
        """Speak of the newer holds only; each ended at most once."""
        over = [step for step, hold in self.model.holds.items() if hold.status != "HELD"]
        for step in over[: max(len(over) - KEPT, 0)]:
            ended = self.model.holds.pop(step)
            assert len(ended.ends) == 1
            self.ends[self.ids.pop(step)] = ended.ends

    async def _compare(self) -> None:
        rows = await self.services.reading.rows(
            "SELECT item_id, location_id, quantity, held FROM level"
        )
        for item_id, location_id, quantity, held in rows:
            at = (self.items.index(item_id), self.places.index(location_id))
            assert (quantity, held) == (self.model.levels[at], self.model.held(at)), self.step
        assert (await check_ledger(self.services.scanning)).ok

    async def ends_told(self) -> dict[int, list[str]]:
        """What the log says of each hold's end."""
        rows = await self.services.reading.rows(
            "SELECT subject, kind FROM event WHERE topic = ? AND kind IN "
            "('CONSUMED', 'RELEASED', 'EXPIRED') ORDER BY position",
            TOPIC,
        )
        told: defaultdict[int, list[str]] = defaultdict(list)
        for subject, kind in rows:
            told[subject].append(kind)
        return told


async def campaign(services: Services, clock: HeldClock, steps: int) -> Campaign:
    """Run one, and compare what the log says with the model."""
    items = [(await make_item(services, sku, initial_stock=20)).id for sku in "AB"]
    shop = await make_location(services)
    for item in items:
        await services.of(StockLedger).carry_out(
            adjust(item, 20, ActionType.RECEIPT, location_id=shop.id)
        )
    levels = {(slot, place): 20 for slot in range(2) for place in range(2)}
    run = Campaign(services, clock, campaigns.chance(7), items, [MAIN, shop.id], Model(levels))
    await run.run(steps)
    for step, hold in run.model.holds.items():
        run.ends[run.ids[step]] = hold.ends
    told = await run.ends_told()
    assert all(len(ends) == 1 for ends in told.values()), "one end alone"
    assert told == {hold_id: ends for hold_id, ends in run.ends.items() if ends}
    return run


@pytest.mark.timeout(1_800)  # with --long: four minutes on a machine with others
async def test_what_any_sequence_comes_to_is_what_the_model_says(
    services: Services, clock: HeldClock
) -> None:
    run = await campaign(services, clock, STEPS_LONG if is_long() else STEPS)
    ends = {end for ended in run.ends.values() for end in ended}
    assert ends == {"CONSUMED", "RELEASED", "EXPIRED"}, "all of them happened"
