"""The registry of rules: what it must hold, and two rules of it beside each other."""

from __future__ import annotations

import dataclasses

import pytest

from graphql_api.alerts import book, check, lifecycle, rules
from graphql_api.alerts.check import CheckResult
from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.lifecycle import Alert, together
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.alerts.models import AlertRecord
from graphql_api.alerts.rules import (
    PLACE_RULES,
    RULE_OF,
    RULES,
    STOCK,
    AlertStatus,
    AlertType,
    Condition,
    Rule,
    Severity,
    Subject,
)
from graphql_api.alerts.subjects import ITEMS, subject_of
from graphql_api.notifications.alert_notices import digest_of
from graphql_api.notifications.notifications import Notifications
from graphql_api.notifications.push_payloads import payload_of
from graphql_api.services import Services
from tests.builders import hide, make_item, move
from tests.invariants import ALERTS, events_of, fact_of
from tests.notifications.people import BOB

LOW, OUT = AlertType.LOW_STOCK, AlertType.OUT_OF_STOCK


def _runs_low(item: Subject) -> Condition | None:
    is_low = item.stock <= item.min_stock and not item.is_retired
    return Condition(LOW, Severity.HIGH) if is_low else None


def _is_out(item: Subject) -> Condition | None:
    is_out = item.stock == 0 and not item.is_retired
    return Condition(OUT, Severity.CRITICAL) if is_out else None


# The two types of the one rule, each by a rule of its own.
TWO = (
    dataclasses.replace(
        STOCK,
        kind="low",
        types={LOW: STOCK.types[LOW]},
        candidates="i.stock <= i.min_stock AND i.deleted_at IS NULL",
        judge=_runs_low,
        many="low",
    ),
    dataclasses.replace(
        STOCK,
        kind="out",
        number=7,
        types={OUT: STOCK.types[OUT]},
        candidates="i.stock = 0 AND i.deleted_at IS NULL",
        judge=_is_out,
        many="out of stock",
    ),
)


@pytest.fixture
def two_rules(monkeypatch: pytest.MonkeyPatch) -> tuple[Rule, ...]:
    """Another registry, for all who loop over it."""
    monkeypatch.setattr(rules, "RULES", TWO)
    monkeypatch.setattr(book, "RULES", TWO)
    monkeypatch.setattr(check, "RULES", TWO)
    for rule in TWO:
        for kind in rule.types:
            monkeypatch.setitem(RULE_OF, kind, rule)
    return TWO


async def open_ones(services: Services) -> dict[AlertType, Alert]:
    """The oldest of each type."""
    wanted = AlertFilter(statuses=(AlertStatus.OPEN,))
    alerts = await services.of(AlertListing).page(wanted, True, 100, None)
    return {alert.type: alert for alert in alerts}


async def told(services: Services) -> list[tuple[str, AlertType, AlertStatus]]:
    events = [event for event in await events_of(services) if event["topic"] == ALERTS]
    states = [fact_of(event).alert for event in events]
    return [(e["kind"], s.type, s.status) for e, s in zip(events, states, strict=True)]


def test_every_type_belongs_to_one_rule_and_fits_its_column() -> None:
    owners = [kind for rule in RULES for kind in rule.types]
    assert sorted(kind.value for kind in owners) == sorted(kind.value for kind in AlertType)
    column = AlertRecord._meta.fields_map["type"]
    assert max(len(kind.value) for kind in AlertType) <= column.max_length  # type: ignore[attr-defined]  # of a CharField


def test_no_two_rules_share_a_name_or_a_number_and_the_first_has_items_ids_as_keys() -> None:
    every = (*RULES, *PLACE_RULES)
    assert len({rule.kind for rule in every}) == len({rule.number for rule in every}) == len(every)
    assert all(0 <= rule.number < 2**15 for rule in every), "keys are below 2^63"
    assert STOCK.key(1_001) == 1_001, "as 0.1.0 stored it"


async def test_a_rules_candidates_hold_every_item_that_it_calls_an_alert_for(
    services: Services,
) -> None:
    """The scheduled check looks at no others. Each kind of past too: what had stock once counts."""
    figures = [(stock, minimum) for stock in (0, 1, 9, 1_000) for minimum in (0, 1, 8)]
    for number, (stock, minimum) in enumerate(figures):
        await make_item(services, f"SKU-{number}", initial_stock=stock, min_stock=minimum)
    await move(services, await make_item(services, "SOLD", initial_stock=1), -1)
    await services.database.writing.change("UPDATE item SET deleted_at = 1 WHERE sku = 'SKU-1'")
    await services.database.writing.change("UPDATE item SET archived_at = 1 WHERE sku = 'SKU-2'")
    rows = await services.database.reading.rows(f"SELECT {ITEMS.columns} FROM {ITEMS.tables}")
    subjects = [subject_of(row) for row in rows]
    for rule in RULES:
        found = await services.database.reading.rows(
            f"SELECT i.id FROM item i WHERE {rule.candidates}"
        )
        called_for = {item.item_id for item in subjects if rule.judge(item) is not None}
        assert called_for, "or this shows nothing"
        assert called_for <= {row[0] for row in found}


@pytest.mark.usefixtures("two_rules")
async def test_alerts_of_two_rules_live_beside_each_other_and_end_alone(
    services: Services,
) -> None:
    item = await make_item(services, min_stock=5, initial_stock=9)
    before = services.writer.transactions
    await move(services, item, -9)
    assert services.writer.transactions == before + 1
    both = await open_ones(services)
    assert both.keys() == {LOW, OUT}
    await services.of(Alerts).acknowledge(both[LOW].id, 5, True)
    await move(services, item, 2)
    assert await open_ones(services) == {}, "one is acknowledged, one ended"
    await move(services, item, 9)
    assert (await told(services))[2:] == [
        ("CHANGED", LOW, AlertStatus.ACKNOWLEDGED),
        ("CHANGED", OUT, AlertStatus.RESOLVED),
        ("CHANGED", LOW, AlertStatus.RESOLVED),
    ]


@pytest.mark.usefixtures("two_rules")
async def test_a_check_makes_the_alerts_of_every_rule_agree(services: Services) -> None:
    await make_item(services, min_stock=5, initial_stock=0)
    await make_item(services, "SKU-2", min_stock=5, initial_stock=3)
    well = await make_item(services, "WELL", min_stock=5, initial_stock=9)
    raised = len(await told(services))
    change = services.database.writing.change
    await change("DELETE FROM alert")
    assert await services.of(Alerts).check() == CheckResult(3, 3, 0)
    assert await services.of(Alerts).check() == CheckResult(3, 0, 0)
    assert (await told(services))[raised:].count(("RAISED", LOW, AlertStatus.OPEN)) == 2
    await change(f"UPDATE alert SET severity = 1 WHERE type = '{OUT.value}'")
    await services.of(Alerts).check()
    assert (await open_ones(services))[OUT].severity is Severity.CRITICAL
    await change("DELETE FROM alert WHERE severity = 3")
    key = TWO[1].key(well.id)
    await change(f"UPDATE alert SET item_id = {well.id}, live_item_id = {key}")
    assert await services.of(Alerts).check() == CheckResult(3, 3, 1)


@pytest.mark.usefixtures("two_rules")
async def test_two_alerts_of_one_item_are_told_as_one_item(services: Services) -> None:
    """The one raised later used to hide the other: alerts were told apart by their items."""
    item = await make_item(services, min_stock=5, initial_stock=0)
    (notification,) = await services.of(Notifications).page(BOB, False, 10, None)
    assert notification.title == "1 item is in need of attention"
    assert "1 CRITICAL, 1 HIGH: Item SKU-1 (SKU-1)." in notification.message
    assert notification.data["count"] == 2
    await hide(services, item)
    assert await services.of(Notifications).page(BOB, False, 10, None) == []


@pytest.mark.usefixtures("two_rules")
def test_alerts_of_one_rule_are_told_together_in_its_words() -> None:
    low, out = (
        lifecycle.raised(
            number,
            Subject(number, "S", "N", 0, 5, 0, False, True),
            Condition(kind, Severity.CRITICAL),
            1,
        )
        for number, kind in ((1, LOW), (2, OUT))
    )
    assert together([out]) == "1 item is out of stock"
    assert together([low, low]) == "1 item is low"
    assert together([low, out]) == "2 items are in need of attention"
    assert digest_of([low, out]).title == payload_of([low, out])["title"] == together([low, out])
