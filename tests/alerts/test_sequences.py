"""Whatever happens to an item in whatever order: what is raised when, against a small model.

The model is written from the promise about alerts, without the code under test: one live alert an
item, which speaks when it is worse than what it said last or when it was silenced.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.clock import HOUR_US, HeldClock
from graphql_api.errors import Refusal
from graphql_api.inventory.items import Items
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.builders import archival, change, make_item, move, removal, restoration
from tests.campaigns import examples
from tests.conftest import settings_for
from tests.databases import Maker
from tests.invariants import ALERTS, alert_called_for, assert_sound, events_of

HOUR_S = 3_600
STALE_HOURS = 24
STEPS = st.one_of(
    st.tuples(st.just("stock"), st.integers(0, 12)),
    st.tuples(st.just("stock"), st.integers(0, 12)),
    st.tuples(st.just("minimum"), st.sampled_from([0, 0, 1, 4, 10, 40])),
    st.tuples(st.just("acknowledge"), st.none()),
    st.tuples(st.just("snooze"), st.integers(1, 30)),
    st.tuples(st.just("resolve"), st.none()),
    st.tuples(st.just("check"), st.none()),
    st.tuples(st.just("wake"), st.sampled_from([0, 1, 12, 25])),
    st.tuples(st.sampled_from(("archive", "delete", "restore")), st.none()),
)


@dataclass(slots=True)
class Model:
    """The item, its live alert (status None: it has none) and how often it must have spoken."""

    stock: int
    min_stock: int
    had_stock: bool = False
    is_deleted: bool = False
    is_archived: bool = False
    status: str | None = None
    severity: int = 0
    told: int = 0
    touched_h: int = 0
    until_h: int = 0
    now_h: int = 0
    raised: int = 0

    @property
    def is_retired(self) -> bool:
        return self.is_deleted or self.is_archived

    def evaluate(self) -> None:
        self.had_stock = self.had_stock or self.stock > 0
        wanted = alert_called_for(self.stock, self.min_stock, self.is_retired, self.had_stock)
        if wanted is None:
            self.status = None
            return
        is_new = self.status is None
        self.severity = wanted[1]
        if is_new or self.severity > self.told:
            self.speak()

    def speak(self) -> None:
        self.status, self.told, self.touched_h = "OPEN", self.severity, self.now_h
        self.raised += 1

    def handle(self, how: str, hours: int) -> None:
        if self.status is None or (how == "acknowledge" and self.status == "ACKNOWLEDGED"):
            return
        if how == "resolve":
            self.status = None
            return
        self.status = "ACKNOWLEDGED" if how == "acknowledge" else "SNOOZED"
        self.told, self.until_h = self.severity, self.now_h + hours

    def wake(self, hours: int) -> None:
        self.now_h += hours
        is_over = self.status == "SNOOZED" and self.until_h <= self.now_h
        is_stale = self.status == "OPEN" and self.now_h - self.touched_h >= STALE_HOURS
        if is_over or is_stale:
            self.speak()


async def _carry_out(
    services: Services, clock: HeldClock, item: Any, model: Model, what: str, number: Any
) -> None:
    match what:
        case "stock" if not model.is_deleted:
            if number == model.stock:
                return
            await move(services, item, number - model.stock)
            model.stock = number
            model.evaluate()
        case "minimum" if not model.is_deleted:
            await services.of(Items).change(change(item, minStock=number))
            model.min_stock = number
            model.evaluate()
        case "delete" if not model.is_deleted:
            await services.of(Items).remove(removal(item))
            model.is_deleted, model.is_archived = True, False
            model.evaluate()
        case "archive" if not model.is_retired:
            await services.of(Items).archive(archival(item))
            model.is_archived = True
            model.evaluate()
        case "restore" if model.is_retired:
            await services.of(Items).restore(restoration(item))
            model.is_deleted = model.is_archived = False
            model.evaluate()
        case "check":
            await services.of(Alerts).check()
            model.evaluate()
        case "wake":
            clock.advance(number * HOUR_S)
            await services.of(Alerts).wake_up(STALE_HOURS)
            model.wake(number)
        case "acknowledge" | "snooze" | "resolve":
            model.handle(what, number or 0)
            await _handle(services, clock, item, what, number)


async def _handle(services: Services, clock: HeldClock, item: Any, how: str, hours: Any) -> None:
    found = await services.of(AlertListing).page(AlertFilter(item_ids=(item.id,)), True, 1, None)
    if not found:
        return
    alerts = services.of(Alerts)
    try:
        match how:
            case "acknowledge":
                await alerts.acknowledge(found[0].id, 1, True)
            case "snooze":
                await alerts.snooze(found[0].id, clock.now_us() + hours * HOUR_US, 1, True)
            case _:
                await alerts.resolve(found[0].id, 1, True)
    except Refusal:
        pass  # it has ended, or is acknowledged already: the model knows


async def _sequence(url: str, stock: int, min_stock: int, steps: list[tuple[str, Any]]) -> None:
    clock = HeldClock()
    async with open_services(settings_for(url), clock=clock) as services:
        item = await make_item(services, min_stock=min_stock, initial_stock=stock)
        model = Model(stock, min_stock)
        model.evaluate()
        by_hand = False
        for what, number in [*steps, ("check", None)]:
            await _carry_out(services, clock, item, model, what, number)
            events = [e for e in await events_of(services) if e["topic"] == ALERTS]
            assert sum(e["kind"] == "RAISED" for e in events) == model.raised, (what, number)
            live = await services.database.reading.rows(
                "SELECT status, severity FROM alert WHERE live_item_id IS NOT NULL"
            )
            wanted = [] if model.status is None else [(model.status, model.severity)]
            assert [tuple(row) for row in live] == wanted, (what, number)
            by_hand = by_hand or what == "resolve"
            await assert_sound(services, resolved_by_hand=by_hand)


def _walk(maker: Maker, short: int, long: int) -> None:
    @settings(examples(short, long), suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 12), st.sampled_from([0, 10]), st.lists(STEPS, max_size=14))
    def walk(stock: int, min_stock: int, steps: list[tuple[str, Any]]) -> None:
        url = maker.fresh()
        asyncio.run(_sequence(url, stock, min_stock, steps))
        maker.discard(url)

    walk()


def test_on_sqlite_an_alert_speaks_when_the_model_says_so(sqlite_maker: Maker) -> None:
    _walk(sqlite_maker, short=60, long=2_000)


def test_on_postgres_an_alert_speaks_when_the_model_says_so(postgres_maker: Maker) -> None:
    _walk(postgres_maker, short=10, long=300)
