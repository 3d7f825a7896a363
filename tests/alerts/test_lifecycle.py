"""The life of alerts, from the movement that raises one to its end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.facts import AlertTold
from graphql_api.alerts.lifecycle import Alert, alert_in
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.alerts.rules import AlertStatus, AlertType, Severity
from graphql_api.clock import HOUR_US, SECOND_US, HeldClock
from graphql_api.delivery import audience
from graphql_api.errors import InvalidInput, InvalidTransition, NotFound
from graphql_api.inventory.items import Item, Items
from graphql_api.inventory.stock import StockLedger
from graphql_api.services import Services
from tests.builders import adjust, batch, change, line, make_item, move, removal, set_stock
from tests.invariants import ALERTS, assert_sound, events_of, fact_of

ME, ANOTHER = 901, 902
HOUR_S = 3_600
STALE_HOURS = 24

LOW, OUT = AlertType.LOW_STOCK, AlertType.OUT_OF_STOCK
OPEN, ACKNOWLEDGED = AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED
SNOOZED, RESOLVED = AlertStatus.SNOOZED, AlertStatus.RESOLVED


async def item_at(services: Services, stock: int, min_stock: int = 20) -> Item:
    return await make_item(services, min_stock=min_stock, initial_stock=stock)


async def go_to(services: Services, item: Item, stock: int) -> None:
    """Move the item's stock to `stock`, in one movement."""
    row = await services.database.reading.row("SELECT stock FROM item WHERE id = ?", item.id)
    assert row is not None
    await move(services, item, stock - row[0])


async def alerts_of(services: Services, item: Item) -> list[Alert]:
    """All alerts of the item, newest first."""
    return await services.of(AlertListing).page(AlertFilter(item_ids=(item.id,)), True, 100, None)


async def live(services: Services, item: Item) -> Alert:
    (alert,) = [alert for alert in await alerts_of(services, item) if alert.is_live]
    return alert


async def told(services: Services) -> list[tuple[str, str, str, int]]:
    """The alert events so far: kind, type, status, severity."""
    events = [e for e in await events_of(services) if e["topic"] == ALERTS]
    return [
        (e["kind"], a.type.value, a.status.value, int(a.severity))
        for e in events
        for a in [alert_in(fact_of(e))]
    ]


# ---- raising and clearing --------------------------------------------------------------------


async def test_crossing_the_minimum_raises_an_alert_in_the_same_transaction(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 30)
    assert await alerts_of(services, item) == []
    clock.advance(5)
    before = services.writer.transactions
    result = await move(services, item, -11)
    assert services.writer.transactions == before + 1
    (alert,) = await alerts_of(services, item)
    assert (alert.type, alert.severity, alert.status) == (LOW, Severity.LOW, OPEN)
    assert (alert.current_stock, alert.min_stock) == (19, 20)
    assert alert.timestamp == alert.touched_at == clock.now_us()
    assert alert.title == "Low stock: Item SKU-1 (SKU-1)"
    assert "down to 19" in alert.message
    last = (await events_of(services))[-1]
    assert (last["topic"], last["kind"]) == (ALERTS, "RAISED")
    assert last["position"] == result.cursor.position + 1, "right after what caused it"
    assert alert_in(fact_of(last)) == alert
    await assert_sound(services)


@pytest.mark.parametrize("stock", [0, 3, 20])
async def test_an_item_can_be_born_with_an_alert(services: Services, stock: int) -> None:
    item = await item_at(services, stock)
    assert (await live(services, item)).current_stock == stock
    await assert_sound(services)


async def test_raising_the_minimum_raises_an_alert_too(services: Services) -> None:
    item = await item_at(services, 10, min_stock=0)
    await services.of(Items).change(change(item, minStock=10))
    assert (await live(services, item)).min_stock == 10
    await services.of(Items).change(change(item, minStock=9))
    assert (await alerts_of(services, item))[0].status is RESOLVED
    await assert_sound(services)


async def test_an_alert_gets_graver_as_stock_falls_and_says_so_each_time(
    services: Services,
) -> None:
    item = await item_at(services, 30)
    for stock in (20, 15, 11, 10, 6, 5, 1):
        await go_to(services, item, stock)
        await assert_sound(services)
    assert len(await alerts_of(services, item)) == 1
    assert [(kind, severity) for kind, _, _, severity in await told(services)] == [
        ("RAISED", 1),
        ("RAISED", 2),
        ("RAISED", 3),
    ]
    assert (await live(services, item)).current_stock == 1, "the figures follow the stock"


async def test_an_alert_that_gets_milder_changes_without_being_raised(
    services: Services,
) -> None:
    item = await item_at(services, 5)
    await go_to(services, item, 8)
    await go_to(services, item, 20)
    assert await told(services) == [
        ("RAISED", "LOW_STOCK", "OPEN", 3),
        ("CHANGED", "LOW_STOCK", "OPEN", 2),
        ("CHANGED", "LOW_STOCK", "OPEN", 1),
    ]
    await assert_sound(services)


async def test_an_alert_clears_by_itself_above_the_minimum(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 5)
    clock.advance(7)
    await go_to(services, item, 21)
    (alert,) = await alerts_of(services, item)
    assert (alert.status, alert.resolved_at) == (RESOLVED, clock.now_us())
    assert alert.current_stock == 21
    assert (await told(services))[-1] == ("CHANGED", "LOW_STOCK", "RESOLVED", 3)
    await go_to(services, item, 22)
    assert len(await told(services)) == 2, "what is over stays silent"
    await assert_sound(services)


async def test_one_alert_follows_its_item_through_both_types(services: Services) -> None:
    item = await item_at(services, 5)
    (first,) = await alerts_of(services, item)
    await go_to(services, item, 0)
    await assert_sound(services)
    (out,) = await alerts_of(services, item)
    assert (out.id, out.type, out.severity, out.status) == (
        first.id, OUT, Severity.CRITICAL, OPEN,
    )  # fmt: skip
    assert out.title == "Out of stock: Item SKU-1 (SKU-1)"
    await go_to(services, item, 3)
    await assert_sound(services)
    (low,) = await alerts_of(services, item)
    assert (low.id, low.type, low.severity, low.status) == (first.id, LOW, Severity.HIGH, OPEN)
    assert await told(services) == [
        ("RAISED", "LOW_STOCK", "OPEN", 3),
        ("RAISED", "OUT_OF_STOCK", "OPEN", 4),
        ("CHANGED", "LOW_STOCK", "OPEN", 3),
    ]


async def test_the_words_say_whether_it_rose_or_fell_and_carry_the_sku(
    services: Services,
) -> None:
    item = await item_at(services, 30)
    who = "Item SKU-1 (SKU-1)"
    for stock, said in (
        (19, f"{who} is down to 19; its minimum is 20."),
        (0, f"{who} is out of stock; its minimum is 20."),
        (2, f"{who} is up to 2, still low; its minimum is 20."),
        (1, f"{who} is down to 1; its minimum is 20."),
        (21, f"{who} is up to 21, above its minimum of 20."),
    ):
        await go_to(services, item, stock)
        (alert,) = await alerts_of(services, item)
        assert alert.message == said
        if stock in (19, 0, 2):
            last = [e for e in await events_of(services) if e["topic"] == ALERTS][-1]
            assert alert_in(fact_of(last)).message == said, "as live readers are told"
        assert who in alert.title
    await services.of(Items).change(change(item, minStock=21))
    assert (await live(services, item)).message == f"{who} has 21; its minimum is 21."
    await services.of(Items).change(change(item, sku="NEW"))
    assert (await live(services, item)).title == "Low stock: Item SKU-1 (NEW)"


async def test_an_alert_of_an_older_log_is_told_without_its_sku(services: Services) -> None:
    item = await item_at(services, 5)
    alert = alert_in(AlertTold((await live(services, item)).told().alert))
    assert (alert.title, alert.sku) == ("Low stock: Item SKU-1", None)


async def test_wobbling_over_a_severitys_edge_raises_once(services: Services) -> None:
    item = await item_at(services, 11)
    for stock in (10, 11, 10, 12, 10, 5, 6, 5, 0, 1, 0):
        await go_to(services, item, stock)
        await assert_sound(services)
    raised = [severity for kind, _, _, severity in await told(services) if kind == "RAISED"]
    assert raised == [1, 2, 3, 4]
    assert len(await alerts_of(services, item)) == 1


@pytest.mark.parametrize("how", ["acknowledge", "snooze"])
async def test_what_is_silent_speaks_only_when_it_is_worse_than_when_it_was_silenced(
    services: Services, clock: HeldClock, how: str
) -> None:
    item = await item_at(services, 5)
    await move(services, item, -5)
    alert = await live(services, item)
    if how == "acknowledge":
        await services.of(Alerts).acknowledge(alert.id, ME, False)
    else:
        await services.of(Alerts).snooze(alert.id, clock.now_us() + HOUR_US, ME, False)
    silenced = (await live(services, item)).status
    before = len(await told(services))
    for stock in (2, 10, 5, 0, 20, 11, 1, 0):
        await go_to(services, item, stock)
        await services.of(Alerts).check()
        assert await services.of(Alerts).wake_up(STALE_HOURS) == 0
        assert (await live(services, item)).status is silenced
        await assert_sound(services)
    assert all(kind == "CHANGED" for kind, *_ in (await told(services))[before:])
    assert [each.id for each in await alerts_of(services, item)] == [alert.id]


async def test_silenced_anew_while_it_is_milder_it_speaks_when_it_is_worse_again(
    services: Services,
) -> None:
    item = await item_at(services, 0)
    await go_to(services, item, 12)
    await services.of(Alerts).acknowledge((await live(services, item)).id, ME, False)
    await go_to(services, item, 10)
    assert (await live(services, item)).status is OPEN
    assert (await told(services))[-1] == ("RAISED", "LOW_STOCK", "OPEN", 2)


# ---- never stocked ---------------------------------------------------------------------------


async def test_an_item_that_never_had_stock_and_has_no_minimum_is_quiet(
    services: Services,
) -> None:
    item = await item_at(services, 0, min_stock=0)
    await services.of(Items).change(change(item, name="Mallet"))
    await services.of(StockLedger).carry_out(set_stock(item, 0, 0))  # counted: still none
    assert (await services.of(Alerts).check()).raised == 0
    assert await alerts_of(services, item) == []
    await assert_sound(services)
    await move(services, item, 4)
    assert await alerts_of(services, item) == []
    await move(services, item, -4)
    assert (await live(services, item)).type is OUT
    await services.of(Items).change(change(item, name="Hammer"))
    assert (await live(services, item)).message == "Hammer (SKU-1) is out of stock."
    await assert_sound(services)


async def test_an_item_that_never_had_stock_is_missed_while_it_has_a_minimum(
    services: Services,
) -> None:
    item = await item_at(services, 0, min_stock=0)
    await services.of(Items).change(change(item, minStock=3))
    assert (await live(services, item)).type is OUT
    await services.of(Items).change(change(item, minStock=0))
    assert [alert.status for alert in await alerts_of(services, item)] == [RESOLVED]
    await assert_sound(services)


async def test_an_item_without_a_minimum_has_an_alert_only_when_it_is_out(
    services: Services,
) -> None:
    item = await item_at(services, 2, min_stock=0)
    await go_to(services, item, 1)
    assert await alerts_of(services, item) == []
    await go_to(services, item, 0)
    assert (await live(services, item)).type is OUT
    await go_to(services, item, 1)
    assert not (await alerts_of(services, item))[0].is_live
    await assert_sound(services)


async def test_an_item_that_comes_and_goes_within_one_batch_tells_the_whole_story(
    services: Services,
) -> None:
    item = await item_at(services, 30)
    await services.of(StockLedger).carry_out(
        batch(*(line(item, quantity) for quantity in (-30, 5, 30, -20, 6)))
    )
    assert [each[:3] for each in await told(services)] == [
        ("RAISED", "OUT_OF_STOCK", "OPEN"),
        ("CHANGED", "LOW_STOCK", "OPEN"),
        ("CHANGED", "LOW_STOCK", "RESOLVED"),
        ("RAISED", "LOW_STOCK", "OPEN"),
        ("CHANGED", "LOW_STOCK", "RESOLVED"),
    ]
    assert not any(alert.is_live for alert in await alerts_of(services, item))
    await assert_sound(services)


async def test_deleting_an_item_clears_its_alert(services: Services) -> None:
    item = await item_at(services, 0)
    await services.of(Items).remove(removal(item))
    (alert,) = await alerts_of(services, item)
    assert alert.status is RESOLVED
    assert (await told(services))[-1][:3] == ("CHANGED", "OUT_OF_STOCK", "RESOLVED")
    await assert_sound(services)


async def test_renaming_an_item_renames_its_alert_silently(services: Services) -> None:
    item = await item_at(services, 5)
    await services.of(Items).change(change(item, name="Mallet"))
    assert (await live(services, item)).title == "Low stock: Mallet (SKU-1)"
    assert len(await told(services)) == 1


async def test_a_refused_movement_raises_nothing(services: Services) -> None:
    item = await item_at(services, 30)
    with pytest.raises(Exception, match="are wanted"):
        await move(services, item, -31)
    assert await alerts_of(services, item) == []


async def test_many_at_once_raise_one_alert(services: Services) -> None:
    item = await item_at(services, 60)
    await asyncio.gather(*(services.of(StockLedger).carry_out(adjust(item, -1)) for _ in range(60)))
    kinds = [(kind, severity) for kind, _, status, severity in await told(services)]
    assert kinds == [
        ("RAISED", 1),
        ("RAISED", 2),
        ("RAISED", 3),
        ("RAISED", 4),
    ]
    await assert_sound(services)


# ---- handling --------------------------------------------------------------------------------


async def test_an_acknowledged_alert_names_who_takes_care_and_is_told(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    clock.advance(9)
    result = await services.of(Alerts).acknowledge(alert.id, ME, sees_admins=False)
    assert result.alert == await live(services, item)
    assert result.alert.status is ACKNOWLEDGED
    assert (result.alert.acknowledged_by_id, result.alert.acknowledged_at) == (ME, clock.now_us())
    assert result.alert.timestamp == alert.timestamp
    assert result.cursor == (await services.log.head()).cursor
    assert (await told(services))[-1] == ("CHANGED", "LOW_STOCK", "ACKNOWLEDGED", 1)


async def test_an_acknowledged_alert_is_silent_until_it_gets_worse(services: Services) -> None:
    item = await item_at(services, 12)
    await services.of(Alerts).acknowledge((await live(services, item)).id, ME, False)
    before = len(await told(services))
    for stock in (11, 14, 20, 11):
        await go_to(services, item, stock)
    assert (await live(services, item)).status is ACKNOWLEDGED
    assert len(await told(services)) == before
    await go_to(services, item, 10)
    alert = await live(services, item)
    assert (alert.status, alert.severity) == (OPEN, Severity.MEDIUM)
    assert (alert.acknowledged_by_id, alert.acknowledged_at) == (None, None)
    assert (await told(services))[before:] == [("RAISED", "LOW_STOCK", "OPEN", 2)]
    await assert_sound(services)


async def test_an_acknowledged_alert_that_gets_milder_stays_acknowledged(
    services: Services,
) -> None:
    item = await item_at(services, 5)
    await services.of(Alerts).acknowledge((await live(services, item)).id, ME, False)
    await go_to(services, item, 8)
    alert = await live(services, item)
    assert (alert.status, alert.severity) == (ACKNOWLEDGED, Severity.MEDIUM)
    assert (await told(services))[-1] == ("CHANGED", "LOW_STOCK", "ACKNOWLEDGED", 2)
    await go_to(services, item, 21)
    assert (await alerts_of(services, item))[0].status is RESOLVED


async def test_running_out_is_worse_than_anything_that_was_acknowledged(
    services: Services,
) -> None:
    item = await item_at(services, 1)
    await services.of(Alerts).acknowledge((await live(services, item)).id, ME, False)
    await go_to(services, item, 0)
    assert (await live(services, item)).status is OPEN
    assert (await told(services))[-1][:3] == ("RAISED", "OUT_OF_STOCK", "OPEN")


async def test_a_snoozed_alert_is_silent_until_its_time_and_is_then_raised_again(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    until_us = clock.now_us() + HOUR_US
    result = await services.of(Alerts).snooze(alert.id, until_us, ME, False)
    assert (result.alert.status, result.alert.snoozed_until) == (SNOOZED, until_us)
    await go_to(services, item, 11)
    before = len(await told(services))
    clock.advance(HOUR_S - 1)
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 0
    assert len(await told(services)) == before
    clock.advance(1)
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 1
    alert = await live(services, item)
    assert (alert.status, alert.snoozed_until) == (OPEN, None)
    assert (await told(services))[before:] == [("RAISED", "LOW_STOCK", "OPEN", 1)]
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 0, "once is enough"
    await assert_sound(services)


async def test_a_snoozed_alert_that_gets_worse_is_raised_before_its_time(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    await services.of(Alerts).snooze(alert.id, clock.now_us() + HOUR_US, ME, False)
    await go_to(services, item, 3)
    alert = await live(services, item)
    assert (alert.status, alert.snoozed_until) == (OPEN, None)
    clock.advance(2 * HOUR_S)
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 0


async def test_a_snooze_ends_in_the_future(services: Services, clock: HeldClock) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    for until_us in (clock.now_us(), clock.now_us() - 1, 0):
        with pytest.raises(InvalidInput) as refused:
            await services.of(Alerts).snooze(alert.id, until_us, ME, False)
        assert refused.value.field == ("input", "until")
    await services.of(Alerts).snooze(alert.id, clock.now_us() + 1, ME, False)


async def test_a_snooze_can_be_given_anew_and_be_taken_care_of_instead(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    for hours in (1, 5):
        await services.of(Alerts).snooze(alert.id, clock.now_us() + hours * HOUR_US, ME, False)
    clock.advance(2 * HOUR_S)
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 0
    result = await services.of(Alerts).acknowledge(alert.id, ANOTHER, False)
    assert (result.alert.status, result.alert.snoozed_until) == (ACKNOWLEDGED, None)


async def test_an_alert_resolved_by_hand_ends_and_the_next_check_raises_a_new_one(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    clock.advance(3)
    result = await services.of(Alerts).resolve(alert.id, ME, False)
    assert (result.alert.status, result.alert.resolved_at) == (RESOLVED, clock.now_us())
    await assert_sound(services, resolved_by_hand=True)
    assert (await services.of(Alerts).check()).raised == 1
    assert (await live(services, item)).id != alert.id
    await assert_sound(services)


async def test_a_movement_after_it_was_resolved_by_hand_raises_a_new_one(
    services: Services,
) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    await services.of(Alerts).resolve(alert.id, ME, False)
    await go_to(services, item, 11)
    assert (await live(services, item)).id != alert.id
    await assert_sound(services)


@pytest.mark.parametrize("ended_by", ["hand", "stock"])
async def test_a_resolved_alert_cannot_be_handled_any_more(
    services: Services, clock: HeldClock, ended_by: str
) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    if ended_by == "hand":
        await services.of(Alerts).resolve(alert.id, ME, False)
    else:
        await go_to(services, item, 50)
    before = await services.log.head()
    alerts: Alerts = services.of(Alerts)
    commands: list[Any] = [
        alerts.acknowledge(alert.id, ME, False),
        alerts.snooze(alert.id, clock.now_us() + HOUR_US, ME, False),
        alerts.resolve(alert.id, ME, False),
    ]
    for command, state in zip(commands, ("ACKNOWLEDGED", "SNOOZED", "RESOLVED"), strict=True):
        with pytest.raises(InvalidTransition, match=f"A RESOLVED alert cannot be {state}"):
            await command
    assert await services.log.head() == before


async def test_an_alert_is_acknowledged_once(services: Services) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    results = await asyncio.gather(
        *(services.of(Alerts).acknowledge(alert.id, user, False) for user in (ME, ANOTHER)),
        return_exceptions=True,
    )
    assert isinstance(results[1], InvalidTransition)
    assert (await live(services, item)).acknowledged_by_id == ME


async def test_an_unknown_alert_is_not_found(services: Services, clock: HeldClock) -> None:
    for alert_id in (0, -1, 1, 10**17):
        for command in (
            services.of(Alerts).acknowledge(alert_id, ME, True),
            services.of(Alerts).snooze(alert_id, clock.now_us() + 1, ME, True),
            services.of(Alerts).resolve(alert_id, ME, True),
        ):
            with pytest.raises(NotFound):
                await command


# ---- waking up -------------------------------------------------------------------------------


async def test_an_open_alert_that_nobody_touched_is_raised_again_once_a_day(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 12)
    raised_at = (await live(services, item)).timestamp
    clock.advance(STALE_HOURS * HOUR_S - 1)
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 0
    clock.advance(1)
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 1
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 0
    alert = await live(services, item)
    assert (alert.status, alert.timestamp) == (OPEN, raised_at), "a reminder of the same alert"
    assert [kind for kind, *_ in await told(services)] == ["RAISED", "RAISED"]
    clock.advance(STALE_HOURS * HOUR_S)
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 1


async def test_alerts_that_somebody_handled_or_that_ended_do_not_grow_stale(
    services: Services, clock: HeldClock
) -> None:
    items = [await make_item(services, f"SKU-{n}", min_stock=20) for n in range(3)]
    first, second, third = [(await live(services, item)).id for item in items]
    await services.of(Alerts).acknowledge(first, ME, False)
    await services.of(Alerts).snooze(second, clock.now_us() + 100 * HOUR_US, ME, False)
    await services.of(Alerts).resolve(third, ME, False)
    clock.advance(50 * HOUR_S)
    assert await services.of(Alerts).wake_up(STALE_HOURS) == 0


async def test_waking_up_twice_at_once_raises_once(services: Services, clock: HeldClock) -> None:
    for number in range(4):
        await make_item(services, f"SKU-{number}", min_stock=20)
    clock.advance(STALE_HOURS * HOUR_S)
    woken = await asyncio.gather(*(services.of(Alerts).wake_up(STALE_HOURS) for _ in range(3)))
    assert sorted(woken) == [0, 0, 4]


# ---- what others may know --------------------------------------------------------------------


async def test_an_alert_is_for_those_who_may_see_its_item(services: Services) -> None:
    await make_item(services, "A", min_stock=20)
    await make_item(services, "B", min_stock=20, admins_only=1)
    events = [e for e in await events_of(services) if e["topic"] == ALERTS]
    assert [event["roles"] for event in events] == [audience.EVERYONE, audience.ADMINS]


async def test_an_alerts_state_reads_back_as_it_was_written(
    services: Services, clock: HeldClock
) -> None:
    item = await item_at(services, 12)
    alert = await live(services, item)
    await services.of(Alerts).acknowledge(alert.id, ME, False)
    await services.of(Alerts).snooze(alert.id, clock.now_us() + SECOND_US, ME, False)
    alert = await live(services, item)
    assert alert_in(alert.told()) == alert
    assert alert.acknowledged_by_id == ME
