"""Retention: old events go, and the floor moves with them."""

from __future__ import annotations

import pytest

from graphql_api.clock import HeldClock
from graphql_api.errors import CursorTooOld
from graphql_api.events import retention as retention_module
from graphql_api.events.cursor import Cursor
from graphql_api.events.retention import Retention
from graphql_api.services import Services
from tests.builders import make_item, move
from tests.invariants import assert_sound
from tests.streams import events_after, next_run, positions_after, stream

DAY_S = 86_400


async def days(services: Services, clock: HeldClock, count: int) -> list[Cursor]:
    """An item, and one change of it a day: an event each; the cursor of each."""
    item = await make_item(services)
    cursors = [(await services.log.head()).cursor]
    for _ in range(count - 1):
        clock.advance(DAY_S)
        cursors.append((await move(services, item, 1)).cursor)
    return cursors


async def test_only_events_older_than_the_days_go(services: Services, clock: HeldClock) -> None:
    await days(services, clock, 10)
    assert await Retention(services.writer, clock, days=3).run() == 6
    head = await services.log.head()
    assert (head.floor, head.position) == (6, 10)
    read = await assert_sound(services)
    assert [event["position"] for event in read.events] == [7, 8, 9, 10]
    assert len(read.movements) == 10, "movements are no events: they stay"


async def test_a_second_run_has_nothing_to_do(services: Services, clock: HeldClock) -> None:
    await days(services, clock, 5)
    retention = Retention(services.writer, clock, days=2)
    assert await retention.run() == 2
    assert await retention.run() == 0


async def test_long_work_is_cut_into_bounded_transactions(
    services: Services, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_module, "EVENTS_PER_TRANSACTION", 2)
    await days(services, clock, 8)
    before = services.writer.transactions
    assert await Retention(services.writer, clock, days=1).run() == 6
    assert services.writer.transactions >= before + 3
    assert (await services.log.head()).floor == 6


async def test_all_events_may_go_and_the_log_goes_on_where_it_stood(
    services: Services, clock: HeldClock
) -> None:
    cursors = await days(services, clock, 3)
    clock.advance(40 * DAY_S)
    assert await Retention(services.writer, clock, days=30).run() == 3
    head = await services.log.head()
    assert (head.floor, head.position) == (3, 3)
    assert head.cursor == cursors[-1]
    await services.log.check_cursor(cursors[-1])
    item = await make_item(services, "SKU-2")
    assert (await services.log.head()).position == 4
    assert await positions_after(services.hub, cursors[-1], 1) == [4]
    assert (await move(services, item, 1)).cursor.position == 5


async def test_a_reader_whose_next_event_was_deleted_is_told(
    services: Services, clock: HeldClock
) -> None:
    cursors = await days(services, clock, 6)
    services.hub._ring.clear()  # as after a restart
    await Retention(services.writer, clock, days=2).run()
    with pytest.raises(CursorTooOld) as refused:
        await events_after(services.hub, cursors[0], 1)
    assert refused.value.code == "CURSOR_TOO_OLD"
    assert await positions_after(services.hub, cursors[2], 3) == [4, 5, 6]


async def test_a_reader_overtaken_by_retention_is_told_and_never_skips(
    services: Services, clock: HeldClock
) -> None:
    cursors = await days(services, clock, 6)
    services.hub._ring.clear()
    services.hub._ring_bytes_max = 0  # so the ring holds the newest event only
    async with stream(services.hub, cursors[0]) as runs:
        assert await next_run(runs) == [2, 3, 4, 5, 6]
        await make_item(services, "SKU-2")
        await make_item(services, "SKU-3")
        clock.advance(10 * DAY_S)
        await Retention(services.writer, clock, days=1).run()
        await make_item(services, "SKU-4")
        with pytest.raises(CursorTooOld):
            await next_run(runs)


async def test_a_reader_in_the_ring_is_served_though_the_log_let_go(
    services: Services, clock: HeldClock
) -> None:
    cursors = await days(services, clock, 4)
    clock.advance(40 * DAY_S)
    await Retention(services.writer, clock, days=1).run()
    assert await positions_after(services.hub, cursors[1], 2) == [3, 4]
