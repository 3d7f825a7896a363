"""Campaigns: random commands by several callers at once, against a small model.

The writer decides the order of what comes at once; each result's place in the log tells it. So
what succeeded is carried out on the model in that order and must come to the same, and what was
refused must have been refusable at some moment in between.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.clock import HOUR_US, HeldClock
from graphql_api.delivery.memory import MemoryBroker, MemoryExchange
from graphql_api.errors import Refusal
from graphql_api.inventory.items import ItemRef, ItemResult, Items
from graphql_api.inventory.reversals import Reversal, Reversals, ReverseMovement
from graphql_api.inventory.stock import BatchRefused, BulkPolicy, StockLedger, StockResult
from graphql_api.process import open_services
from graphql_api.services import Services
from tests import campaigns
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    batch,
    change,
    line,
    make_item,
    make_location,
    new_item,
    removal,
    set_stock,
    transfer,
)
from tests.campaigns import examples
from tests.conftest import OpenServices, settings_for
from tests.databases import Maker
from tests.invariants import ALERTS, assert_sound
from tests.inventory.model import (
    INT32_MAX,
    Adjust,
    Batch,
    Command,
    Count,
    Create,
    Delete,
    Line,
    Model,
    Outcome,
    Reverse,
    StockCommand,
    Transfer,
    Update,
)
from tests.streams import eventually

NOBODYS_ID = 10**17


@dataclass(frozen=True, slots=True)
class Handle:
    """Acknowledge, snooze or resolve the live alert of an item, if there is one."""

    slot: int
    how: str


@dataclass(frozen=True, slots=True)
class Check:
    """The scheduled check, and what the monitoring wakes up."""

    hours: int


Step = Command | Handle | Check

SLOTS = st.integers(0, 2)
PLACES = st.integers(0, 1)
STOCKS = st.integers(0, 12) | st.sampled_from([INT32_MAX, INT32_MAX - 5])
QUANTITIES = st.integers(-8, 8) | st.sampled_from([INT32_MAX, -INT32_MAX])
# Few keys, so that they come again; most of a campaign's have one of their own (see `Campaign`).
KEYS = st.sampled_from(["", "", "", "", "a", "b", "c"])
LINES = st.builds(Line, SLOTS, QUANTITIES, PLACES)
STOCK_COMMANDS: st.SearchStrategy[StockCommand] = st.one_of(
    st.builds(Adjust, KEYS, LINES),
    st.builds(Adjust, KEYS, LINES),
    st.builds(Batch, KEYS, st.lists(LINES, max_size=6).map(tuple), st.booleans()),
    st.builds(Count, KEYS, SLOTS, STOCKS, st.integers(0, 8), PLACES),
    st.builds(Transfer, KEYS, SLOTS, st.integers(0, 5), PLACES, PLACES),
    # Of the newest: what moved long ago was often taken back, or is not there any more.
    st.builds(Reverse, KEYS, st.none() | st.integers(0, 6)),
)
STEPS: st.SearchStrategy[Step] = st.one_of(
    STOCK_COMMANDS,
    STOCK_COMMANDS,
    STOCK_COMMANDS,
    st.builds(Create, SLOTS, STOCKS, STOCKS),
    st.builds(Update, SLOTS, STOCKS),
    st.builds(Handle, SLOTS, st.sampled_from(["acknowledge", "snooze", "resolve"])),
    st.builds(Check, st.sampled_from([0, 1, 30])),
    st.builds(Delete, SLOTS),
)
GROUPS = st.lists(st.lists(STEPS, min_size=1, max_size=7), min_size=1, max_size=8)
FIRST_GROUP: list[Step] = [Create(0, 10, 8), Create(1, 5, 0)]


@dataclass(slots=True)
class Campaign:
    """One run of groups of steps, each group all at once."""

    services: Services
    clock: HeldClock
    model: Model = field(default_factory=Model)
    places: list[int] = field(default_factory=lambda: [MAIN])
    ids: dict[int, int] = field(default_factory=dict)  # slot → item id
    moved: list[int] = field(default_factory=list)  # the model's ledger, by ids
    booked: dict[str, tuple[StockCommand, StockResult]] = field(default_factory=dict)
    expected: dict[str, tuple[StockCommand, Outcome]] = field(default_factory=dict)
    steps: int = 0
    resolved_by_hand: bool = False
    woken: bool = False

    async def run(self, groups: list[list[Step]]) -> None:
        self.places.append((await make_location(self.services)).id)
        for group in [FIRST_GROUP, *groups]:
            await self._run_group([self._prepared(step) for step in group])
            await assert_sound(self.services, resolved_by_hand=self.resolved_by_hand)
        await self.services.of(Alerts).check()
        read = await assert_sound(self.services)
        _assert_alerts_told_truly(read.events, self.woken)
        self._assert_state(read.items)
        await self._assert_reversals()
        self._assert_ledger_holds_what_was_acknowledged(read.movements)
        await self.assert_keys_are_remembered()

    def _prepared(self, step: Step) -> Step:
        """The step as its caller sends it: with a key, and with an id if that is known."""
        self.steps += 1
        match step:
            case Update():
                return Update(step.slot, step.min_stock, known=step.slot in self.ids)
            case Delete():
                return Delete(step.slot, known=step.slot in self.ids)
            case Adjust(key="", line=moved):
                return Adjust(f"own {self.steps}", moved)
            case Batch(key="", lines=lines, skips=skips):
                return Batch(f"own {self.steps}", lines, skips)
            case Count(key=""):
                key = f"own {self.steps}"
                return Count(key, step.slot, step.stock, step.expected, step.place)
            case Transfer(key=""):
                key = f"own {self.steps}"
                return Transfer(key, step.slot, step.quantity, step.origin, step.target)
            case Reverse(key=key, number=back):
                is_there = back is not None and back < len(self.moved)
                number = len(self.moved) - 1 - back if is_there and back is not None else None
                return Reverse(key or f"own {self.steps}", number)
            case _:
                return step

    async def _run_group(self, group: list[Step]) -> None:
        results = await asyncio.gather(*(self._send(step) for step in group))
        done: list[tuple[int, Command, Any]] = []
        others: list[tuple[Command, Any]] = []
        for step, result in zip(group, results, strict=True):
            if isinstance(step, Handle | Check):
                continue
            if isinstance(result, ItemResult) and isinstance(step, Create):
                self.ids[step.slot] = result.item.id
            has_effect = isinstance(result, ItemResult) or (
                isinstance(result, StockResult) and result.movements and not result.replayed
            )
            if has_effect:
                done.append((result.cursor.position, step, result))
            else:
                others.append((step, result))
        done.sort(key=lambda each: each[0])
        moments = [self.model.copy()]
        for _, command, result in done:
            assert self.model.apply(command) == self._outcome(result), command
            moments.append(self.model.copy())
            if isinstance(result, StockResult):
                assert isinstance(command, StockCommand)
                self.moved += [movement.id for movement in result.movements]
                assert command.key not in self.booked, "booked twice"
                self.booked[command.key] = command, result
        for command, result in others:
            outcome = self._outcome(result)
            assert any(moment.copy().apply(command) == outcome for moment in moments), (
                command,
                outcome,
            )
            if isinstance(result, StockResult) and result.replayed:
                assert not isinstance(command, Create | Update | Delete)
                self._assert_same(result, self.booked[command.key][1])

    async def _send(self, step: Step) -> Any:
        services = self.services
        try:
            match step:
                case Handle():
                    return await self._handle(step)
                case Check(hours=hours):
                    self.woken = True
                    self.clock.advance(hours * 3_600)
                    await services.of(Alerts).check()
                    return await services.of(Alerts).wake_up(24)
                case Create():
                    fields = {"initial_stock": step.stock, "min_stock": step.min_stock}
                    return await services.of(Items).create(new_item(f"Slot-{step.slot}", **fields))
                case Update():
                    return await services.of(Items).change(
                        change(self._id(step), minStock=step.min_stock)
                    )
                case Delete():
                    return await services.of(Items).remove(removal(self._id(step)))
                case _:
                    return await self._carry_out(step)
        except Refusal as refusal:
            return refusal

    def _id(self, step: Update | Delete) -> int:
        return self.ids[step.slot] if step.known else NOBODYS_ID

    async def _handle(self, step: Handle) -> Any:
        item_id = self.ids.get(step.slot, NOBODYS_ID)
        alerts = self.services.of(Alerts)
        page = await self.services.of(AlertListing).page(
            AlertFilter(item_ids=(item_id,)), True, 1, None
        )
        if not page:
            return None
        alert = page[0]
        match step.how:
            case "acknowledge":
                return await alerts.acknowledge(alert.id, 5, True)
            case "snooze":
                until_us = self.clock.now_us() + 2 * HOUR_US
                return await alerts.snooze(alert.id, until_us, 5, True)
            case _:
                self.resolved_by_hand = True
                return await alerts.resolve(alert.id, 5, True)

    async def _carry_out(self, command: StockCommand) -> StockResult:
        if isinstance(command, Reverse):
            return await self.services.of(Reversals).reverse(self._domain(command))
        return await self.services.of(StockLedger).carry_out(self._domain(command))

    def _domain(self, command: StockCommand) -> Any:
        match command:
            case Adjust(key=key, line=moved):
                place = self.places[moved.place]
                return adjust(_sku(moved.slot), moved.quantity, key=key, location_id=place)
            case Batch(key=key):
                lines = [
                    line(_sku(moved.slot), moved.quantity, location_id=self.places[moved.place])
                    for moved in command.lines
                ]
                on_error = BulkPolicy.SKIP_FAILED if command.skips else BulkPolicy.ABORT_ALL
                return batch(*lines, on_error=on_error, key=key)
            case Count(key=key, stock=stock, expected=expected):
                place = self.places[command.place]
                return set_stock(_sku(command.slot), stock, expected, location_id=place, key=key)
            case Transfer(key=key, origin=origin, target=target):
                ends = self.places[origin], self.places[target]
                return transfer(_sku(command.slot), command.quantity, *ends, key=key)
            case Reverse(key=key, number=number):
                movement_id = NOBODYS_ID if number is None else self.moved[number]
                return ReverseMovement(key, movement_id, None, USER_ID, True)

    def _outcome(self, result: Any) -> Outcome:
        """What the code under test answered, in the model's words."""
        match result:
            case BatchRefused():
                return result.code, tuple((_number(r), r.code) for r in result.refusals)
            case Refusal():
                return (result.code,)
            case ItemResult():
                return "ok", self._slot(result.item.id), result.item.version
            case StockResult():
                moved = tuple(
                    (
                        self._slot(m.item_id),
                        self.places.index(m.location_id),
                        m.quantity,
                        m.old_stock,
                        m.new_stock,
                    )
                    for m in result.movements
                )
                codes = tuple((_number(r), r.code) for r in result.refusals)
                return "ok", moved, codes, result.replayed
            case _:
                raise AssertionError(f"an answer of no kind: {result!r}")

    def _slot(self, item_id: int) -> int:
        return next(slot for slot, known in self.ids.items() if known == item_id)

    def _assert_state(self, items: dict[int, dict[str, Any]]) -> None:
        found = {
            self._slot(item_id): (
                row["stock"], row["min_stock"], row["version"], row["deleted_at"] is not None,
            )
            for item_id, row in items.items()
        }  # fmt: skip
        assert found == {
            slot: (item.stock, item.min_stock, item.version, item.is_deleted)
            for slot, item in self.model.items.items()
        }

    async def _assert_reversals(self) -> None:
        """Both sides know of each other, and nothing else is a reversal."""
        assert len(self.moved) == len(self.model.ledger)
        assert await self.services.of(Reversals).of(self.moved) == {
            self.moved[number]: Reversal(self.moved[line.other], line.other < number)
            for number, line in enumerate(self.model.ledger)
            if line.other is not None
        }

    def _assert_ledger_holds_what_was_acknowledged(self, rows: list[dict[str, Any]]) -> None:
        """Every acknowledged movement once, and none beyond them but opening stocks."""
        told = Counter(m.id for _, result in self.booked.values() for m in result.movements)
        stored = Counter(row["id"] for row in rows if row["reason"] != "opening stock")
        assert told == stored

    async def assert_keys_are_remembered(self) -> None:
        before = await self.services.log.head()
        for command, result in self.booked.values():
            again = await self._carry_out(command)
            assert again.replayed
            self._assert_same(again, result)
        assert await self.services.log.head() == before

    @staticmethod
    def _assert_same(again: StockResult, first: StockResult) -> None:
        assert (again.movements, again.item, again.cursor) == (
            first.movements,
            first.item,
            first.cursor,
        )


def _sku(slot: int) -> ItemRef:
    return ItemRef("sku", f"sLOT-{slot}")


def _number(refusal: Refusal) -> int:
    assert refusal.field is not None
    return int(refusal.field[2])


def _assert_alerts_told_truly(events: list[dict[str, Any]], woken: bool) -> None:
    """Along the log: one live alert an item, and none that is silent is raised without a cause."""
    live: dict[int, tuple[int, int, str]] = {}  # item id → alert id, severity told, status
    for event in events:
        if event["topic"] != ALERTS:
            continue
        alert_id, item_id, _, severity, status = event["payload"]["alert"][:5]
        before = live.get(item_id)
        told = severity
        if event["kind"] == "RAISED":
            assert status == "OPEN"
            if before is not None:
                assert before[0] == alert_id, "two live alerts for one item"
                is_woken = woken and before[2] in ("OPEN", "SNOOZED")
                assert severity > before[1] or is_woken, "raised without getting worse"
        else:
            assert before is not None
            assert before[0] == alert_id
            if status == before[2]:  # nobody silenced it now: it says no more than it did
                assert severity <= before[1]
                told = before[1]
        if status == "RESOLVED":
            del live[item_id]
        else:
            live[item_id] = alert_id, told, status


async def run_campaign(url: str, groups: list[list[Step]]) -> None:
    clock = HeldClock()
    async with open_services(settings_for(url), clock=clock) as services:
        campaign = Campaign(services, clock)
        await campaign.run(groups)
    async with open_services(settings_for(url), clock=clock) as services:  # started anew
        campaign.services = services
        await campaign.assert_keys_are_remembered()
        await assert_sound(services)


async def _measured(maker: Maker, groups: list[list[Step]]) -> None:
    url = maker.fresh()
    await run_campaign(url, groups)
    maker.discard(url)


def campaign_on(maker: Maker, short: int, long: int) -> None:
    @settings(examples(short, long), suppress_health_check=list(HealthCheck))
    @given(GROUPS)
    def campaign(groups: list[list[Step]]) -> None:
        asyncio.run(_measured(maker, groups))

    campaign()


def test_on_sqlite_whatever_callers_do_at_once_is_as_if_done_one_by_one(
    sqlite_maker: Maker,
) -> None:
    campaign_on(sqlite_maker, short=60, long=3_000)


def test_on_postgres_whatever_callers_do_at_once_is_as_if_done_one_by_one(
    postgres_maker: Maker,
) -> None:
    campaign_on(postgres_maker, short=15, long=1_000)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
async def test_two_servers_under_load_agree_on_one_ledger(
    open_again: OpenServices, seed: int
) -> None:
    chance = campaigns.chance(seed)
    exchange = MemoryExchange()
    brokers = MemoryBroker(exchange), MemoryBroker(exchange)
    async with open_again(brokers[0]) as one, open_again(brokers[1]) as other:
        told: dict[int, list[int]] = {0: [], 1: []}
        for number, services in enumerate((one, other)):
            services.hub.listen(
                lambda events, number=number: told[number].extend(e.position for e in events)  # type: ignore[misc]
            )
        items = [await make_item(one, f"SKU-{n}", min_stock=10) for n in range(4)]

        async def caller(services: Services) -> None:
            for _ in range(100):
                item = chance.choice(items)
                command = adjust(item, chance.choice([-9, -3, -1, 1, 4]), key=f"k{chance.random()}")
                sent = [command] * chance.choice([1, 1, 2])
                await asyncio.gather(
                    *(services.of(StockLedger).carry_out(c) for c in sent), return_exceptions=True
                )
                if chance.random() < 0.1:
                    minimum = chance.randrange(20)
                    await services.of(Items).change(change(item, minStock=minimum))
                if chance.random() < 0.05:
                    await services.of(Alerts).check()

        await asyncio.gather(*(caller(services) for services in (one, other) * 4))
        read = await assert_sound(one)
        positions = [event["position"] for event in read.events]
        await eventually(lambda: told[0][-1] == told[1][-1] == positions[-1])
        assert told[0] == told[1] == positions


@pytest.mark.parametrize(
    "wrong",
    [
        ("ok", ((0, 0, -3, 10, 8),), (), False),
        ("ok", ((0, 0, -3, 10, 7),), (), True),
        ("INSUFFICIENT_STOCK",),
    ],
)
def test_the_model_itself_tells_right_from_wrong(wrong: Outcome) -> None:
    model = Model()
    model.apply(Create(0, 10, 8))
    outcome = model.apply(Adjust("k", Line(0, -3, 0)))
    assert outcome == ("ok", ((0, 0, -3, 10, 7),), (), False)
    assert outcome != wrong
    assert model.apply(Adjust("k", Line(0, -3, 0)))[-1] is True
    assert model.apply(Adjust("k", Line(0, -4, 0))) == ("IDEMPOTENCY_KEY_REUSED",)
    assert model.apply(Adjust("l", Line(0, -8, 0))) == ("INSUFFICIENT_STOCK",)
