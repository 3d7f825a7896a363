"""Reading alerts, newest first, by filters."""

from __future__ import annotations

import pytest

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.lifecycle import Alert
from graphql_api.alerts.listing import AlertFilter, AlertListing, AlertSort, place_of
from graphql_api.alerts.rules import AlertStatus, AlertType, Severity
from graphql_api.services import Services
from tests.builders import make_item, move
from tests.statements import counted

FILTERS = [
    AlertFilter(),
    AlertFilter(types=(AlertType.LOW_STOCK,)),
    AlertFilter(types=tuple(AlertType)),
    AlertFilter(types=()),
    AlertFilter(min_severity=Severity.LOW),
    AlertFilter(min_severity=Severity.MEDIUM),
    AlertFilter(min_severity=Severity.CRITICAL),
    AlertFilter(statuses=(AlertStatus.OPEN,)),
    AlertFilter(statuses=(AlertStatus.RESOLVED, AlertStatus.ACKNOWLEDGED)),
    AlertFilter(statuses=()),
    AlertFilter(item_ids=()),
    AlertFilter(item_ids=(-1, 4711)),
    AlertFilter(
        types=(AlertType.LOW_STOCK,), min_severity=Severity.MEDIUM, statuses=(AlertStatus.OPEN,)
    ),
]


async def varied(services: Services) -> list[Alert]:
    """Alerts of every type, severity and status; newest first."""
    for number, stock in enumerate((0, 2, 5, 8, 12)):
        await make_item(services, f"SKU-{number}", min_stock=10, initial_stock=stock)
    items = await services.database.reading.rows("SELECT id FROM item ORDER BY id")
    await move(services, items[0][0], 13)  # ends one
    await move(services, items[0][0], -10)  # raises another
    await move(services, items[4][0], -12)
    alerts = await services.of(AlertListing).page(AlertFilter(), True, 100, None)
    await services.of(Alerts).acknowledge(alerts[0].id, 5, True)
    await services.of(Alerts).snooze(alerts[1].id, services.clock.now_us() + 1, 5, True)
    found = await services.of(AlertListing).page(AlertFilter(), True, 100, None)
    assert {alert.status for alert in found} == set(AlertStatus)
    assert {alert.severity for alert in found} == set(Severity)
    assert [a.id for a in found] == sorted((a.id for a in found), reverse=True)
    return found


def keeps(wanted: AlertFilter, alert: Alert) -> bool:
    return (
        (wanted.types is None or alert.type in wanted.types)
        and (wanted.min_severity is None or alert.severity >= wanted.min_severity)
        and (wanted.statuses is None or alert.status in wanted.statuses)
        and (wanted.item_ids is None or alert.item_id in wanted.item_ids)
    )


@pytest.mark.parametrize("sort", AlertSort)
@pytest.mark.parametrize("limit", [1, 3, 50])
async def test_pages_join_to_what_the_filter_keeps(
    services: Services, limit: int, sort: AlertSort
) -> None:
    newest = await varied(services)
    every = newest if sort is AlertSort.NEWEST else sorted(newest, key=lambda a: -a.severity)
    listing = services.of(AlertListing)
    for wanted in FILTERS:
        kept = [alert for alert in every if keeps(wanted, alert)]
        found: list[Alert] = []
        place: list[int] | None = None
        while page := await listing.page(wanted, True, limit, place, sort=sort):
            assert len(page) <= limit
            found += page
            place = place_of(page[-1], sort)
        assert found == kept, wanted
        if kept:  # and from the other end
            before = place_of(kept[-1], sort)
            last = await listing.page(
                wanted, True, limit, None, until=before, backwards=True, sort=sort
            )
            assert last == kept[:-1][-limit:], wanted
        assert await listing.count(wanted, True) == len(kept), wanted


async def test_alerts_of_chosen_items_are_kept(services: Services) -> None:
    every = await varied(services)
    ids = (every[0].item_id, every[2].item_id)
    wanted = AlertFilter(item_ids=ids)
    found = await services.of(AlertListing).page(wanted, True, 50, None)
    assert found == [alert for alert in every if alert.item_id in ids]


async def test_the_same_page_of_many_items_takes_one_statement(services: Services) -> None:
    every = await varied(services)
    ids = sorted({alert.item_id for alert in every})
    with counted() as sent:
        pages = await services.of(AlertListing).pages([*ids, 4711], 1, None)
    assert len(sent) == 1
    for item_id in ids:
        of_item = [alert for alert in every if alert.item_id == item_id]
        assert pages[item_id] == of_item[:1]
        older = await services.of(AlertListing).pages([item_id], 5, of_item[0].id)
        assert older[item_id] == of_item[1:]
    assert pages[4711] == []
