"""Reading the ledger, newest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from graphql_api.clock import DAY_US, MINUTE_US, SECOND_US, HeldClock
from graphql_api.errors import BadRequest
from graphql_api.inventory import history as history_module
from graphql_api.inventory import movement_search
from graphql_api.inventory.history import History
from graphql_api.inventory.movement_filter import MovementFilter
from graphql_api.inventory.movements import MOVEMENT_COLUMNS, movement_from_row
from graphql_api.inventory.stock import ActionType, Movement, StockLedger
from graphql_api.services import Services
from tests import campaigns
from tests.builders import MAIN, adjust, hide, make_item, make_location, move, transfer
from tests.plans import plan
from tests.statements import counted


async def all_pages(services: Services, item_id: int | None, limit: int) -> list[Movement]:
    movements: list[Movement] = []
    before: int | None = None
    while page := await services.of(History).page(item_id, True, limit, before):
        assert len(page) <= limit
        movements += page
        before = page[-1].id
    return movements


async def test_pages_join_to_the_whole_ledger(services: Services) -> None:
    one = await make_item(services, "A")
    other = await make_item(services, "B", initial_stock=0)
    for quantity in (1, 2, 3):
        await move(services, one, quantity)
        await move(services, other, quantity)
    for limit in (1, 2, 3, 100):
        assert [m.quantity for m in await all_pages(services, one.id, limit)] == [3, 2, 1, 10]
        assert [m.quantity for m in await all_pages(services, other.id, limit)] == [3, 2, 1]
        every = await all_pages(services, None, limit)
        assert [m.quantity for m in every] == [3, 3, 2, 2, 1, 1, 10]
    assert (
        await services.of(History).count(MovementFilter(item_ids=(one.id,), sees_admins=True)) == 4
    )
    assert await services.of(History).count(MovementFilter(sees_admins=True)) == 7


async def test_what_comes_while_one_reads_does_not_shift_the_pages(services: Services) -> None:
    item = await make_item(services)
    for quantity in (1, 2, 3, 4):
        await move(services, item, quantity)
    first = await services.of(History).page(item.id, True, 2, None)
    await move(services, item, 5)
    second = await services.of(History).page(item.id, True, 2, first[-1].id)
    assert [m.quantity for m in (*first, *second)] == [4, 3, 2, 1]


async def test_the_same_page_of_many_items_takes_one_statement(services: Services) -> None:
    items = [await make_item(services, f"SKU-{n}", initial_stock=n) for n in range(6)]
    for item in items:
        for quantity in (1, 2, 3):
            await move(services, item, quantity)
    with counted() as sent:
        pages = await services.of(History).pages([item.id for item in items], 2, None)
    assert len(sent) == 1
    for item in items:
        single = await services.of(History).page(item.id, True, 2, None)
        assert pages[item.id] == single
        assert [m.quantity for m in single] == [3, 2]
    older = pages[items[0].id][-1].id
    pages = await services.of(History).pages([items[0].id, 4711], 5, older)
    assert [m.quantity for m in pages[items[0].id]] == [1]
    assert pages[4711] == []


async def test_both_legs_of_a_transfer_are_there(services: Services) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    result = await services.of(StockLedger).carry_out(transfer(item, 4, 1, shop.id))
    page = await services.of(History).page(item.id, True, 2, None)
    assert page == list(reversed(result.movements))


# ---- filters ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Book:
    """A ledger with something for every filter. movements: oldest first."""

    items: list[int]
    places: list[int]
    movements: list[Movement]


async def filled(services: Services, clock: HeldClock) -> Book:
    """Three users, two places, one hidden item; some was booked long after it happened."""
    items = [(await make_item(services, f"SKU-{n}", initial_stock=50)).id for n in range(4)]
    places = [MAIN, (await make_location(services)).id]
    await hide(services, items[3])
    dice = campaigns.chance(7)
    reasons = [None, "sold at the counter", "Broken on the way", "wet"]
    for number in range(60):
        clock.advance(60)
        happened_us = clock.now_us() - dice.choice([0, 0, 5 * MINUTE_US, DAY_US])
        command = adjust(
            dice.choice(items),
            dice.choice([1, 2]),
            dice.choice([ActionType.RECEIPT, ActionType.CORRECTION, ActionType.RETURN]),
            location_id=dice.choice(places),
            reason=dice.choice(reasons),
            reference=dice.choice([None, f"INV-2026-{number:04d}", "PO77"]),
            occurred_at_us=happened_us,
        )
        await services.of(StockLedger).carry_out(replace(command, user_id=dice.choice([7, 8, 9])))
    rows = await services.database.reading.rows(
        f"SELECT {MOVEMENT_COLUMNS} FROM movement ORDER BY id"
    )
    return Book(items, places, [movement_from_row(row) for row in rows])


def fits(wanted: MovementFilter, movement: Movement, hidden: int) -> bool:
    """The filter, word by word."""
    return (
        (wanted.item_ids is None or movement.item_id in wanted.item_ids)
        and (wanted.location_ids is None or movement.location_id in wanted.location_ids)
        and (wanted.action_types is None or movement.action_type in wanted.action_types)
        and (wanted.user_ids is None or movement.user_id in wanted.user_ids)
        and (wanted.occurred_from_us is None or movement.occurred_at >= wanted.occurred_from_us)
        and (wanted.occurred_to_us is None or movement.occurred_at <= wanted.occurred_to_us)
        and (wanted.reference is None or wanted.reference in (movement.reference or ""))
        and (wanted.reason is None or wanted.reason in (movement.reason or "").lower())
        and (wanted.sees_admins or movement.item_id != hidden)
    )


def filters(book: Book) -> list[MovementFilter]:
    """Each filter alone, with one value, several and one that nothing has; and some of them
    together, with a time and without."""
    at = sorted(movement.occurred_at for movement in book.movements)
    alone: list[dict[str, Any]] = [
        {},
        {"item_ids": (book.items[0],)},
        {"item_ids": (book.items[1], book.items[3], 4711, book.items[1])},
        {"location_ids": (book.places[1],)},
        {"location_ids": tuple(book.places)},
        {"action_types": (ActionType.RETURN,)},
        {"action_types": (ActionType.RETURN, ActionType.SALE, ActionType.RECEIPT)},
        {"user_ids": (8,)},
        {"user_ids": (7, 9, 10)},
        {"user_ids": (10,)},
        {"reference": "PO77"},
        {"reference": "0017"},
        {"reference": "INV-2026"},
        {"reference": "INV-2026-00"},
        {"reason": "counter"},
        {"reason": "wet"},
    ]
    times: list[dict[str, Any]] = [
        {"occurred_from_us": at[20]},
        {"occurred_to_us": at[40]},
        {"occurred_from_us": at[10], "occurred_to_us": at[50]},
        {"occurred_from_us": at[30], "occurred_to_us": at[30]},
    ]
    together = [
        {**alone[4], **alone[7]},
        {**alone[2], **alone[6], **alone[8], **alone[12]},
        {**alone[10], **alone[13]},
        *({**one, **time} for one in alone for time in times),
    ]
    return [
        MovementFilter(**one, sees_admins=sees)
        for one in [*alone, *together]
        for sees in (True, False)
    ]


async def pages_of(services: Services, wanted: MovementFilter, limit: int) -> list[Movement]:
    found: list[Movement] = []
    beyond: tuple[int, ...] | None = None
    while page := await services.of(History).found(wanted, limit, beyond):
        assert len(page) <= limit
        found += page
        beyond = _place(wanted, page[-1])
    return found


def _place(wanted: MovementFilter, movement: Movement) -> tuple[int, ...]:
    return (movement.occurred_at, movement.id) if wanted.by_time else (movement.id,)


@pytest.mark.parametrize(
    ("few", "followed"),
    [(2_000, 50), (3, 50), (3, 1)],
    ids=["all filters are rare", "hardly any is", "nor are words that begin alike"],
)
async def test_every_filter_finds_what_fits_it_page_by_page_from_both_ends(
    services: Services, clock: HeldClock, monkeypatch: pytest.MonkeyPatch, few: int, followed: int
) -> None:
    monkeypatch.setattr(history_module, "PERIOD_WALKED_MAX", few if few > 50 else 10)
    monkeypatch.setattr(history_module, "VALUES_FETCHED_MAX", few if followed > 1 else 20)
    monkeypatch.setattr(movement_search, "MATCHES_FETCHED_MAX", few)
    monkeypatch.setattr(movement_search, "TERMS_FOLLOWED_MAX", followed)
    monkeypatch.setattr(history_module, "ROWS_WALKED", (3, 9))
    book = await filled(services, clock)
    history = services.of(History)
    for wanted in filters(book):
        expected = [m for m in book.movements if fits(wanted, m, book.items[3])]
        expected.sort(key=lambda m: (m.occurred_at if wanted.by_time else 0, m.id), reverse=True)
        assert await pages_of(services, wanted, 7) == expected, wanted
        assert await history.count(wanted) == len(expected), wanted
        assert await history.found(wanted, 5, None, backwards=True) == expected[-5:], wanted
        if len(expected) > 6:
            places = [_place(wanted, expected[n]) for n in (1, 6)]
            between = await history.found(wanted, 9, places[0], until=places[1])
            assert between == expected[2:6], wanted


async def test_words_that_too_many_movements_have_are_refused_but_in_a_time_of_few(
    services: Services, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: two common words, never together, read every match of both."""
    monkeypatch.setattr(movement_search, "MATCHES_FETCHED_MAX", 3)
    monkeypatch.setattr(history_module, "ROWS_WALKED", (3, 9))
    book = await filled(services, clock)
    history = services.of(History)
    at = sorted(movement.occurred_at for movement in book.movements)
    two: dict[str, Any] = {"reference": "INV-2026", "reason": "wet", "sees_admins": True}
    never: dict[str, Any] = {"reference": "PO77", "reason": "counter broken", "sees_admins": True}
    for most, is_refused in ((500_000, False), (30, True)):
        monkeypatch.setattr(movement_search, "MATCHES_READ_MAX", most)
        for until_us in (None, at[-1]):
            wanted = MovementFilter(**never, occurred_to_us=until_us)
            if is_refused:
                with pytest.raises(BadRequest, match="a shorter time"):
                    await history.found(wanted, 5, None)
            else:
                assert await history.found(wanted, 5, None) == []
    few = MovementFilter(**two, occurred_from_us=at[30], occurred_to_us=at[37])
    expected = [m for m in book.movements if fits(few, m, 0)]
    assert {m.id for m in await history.found(few, 9, None)} == {m.id for m in expected}


async def test_an_empty_list_and_a_text_without_a_word_find_nothing_and_a_blank_one_all(
    services: Services,
) -> None:
    await make_item(services)
    history = services.of(History)
    for given in ({"item_ids": ()}, {"user_ids": ()}, {"reference": "--"}, {"reason": "\0"}):
        wanted = MovementFilter(**given, sees_admins=True)
        assert await history.found(wanted, 5, None) == []
        assert await history.count(wanted) == 0
    for text in ("", "  "):
        wanted = MovementFilter(reference=text, reason=text, sees_admins=True)
        assert len(await history.found(wanted, 5, None)) == 1


async def test_each_filter_reads_an_index_of_its_own(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among thousands of movements, none of which it has to look at."""
    now_us = 1_700_000_000 * SECOND_US
    await services.database.writing.change_many(
        "INSERT INTO movement (id, item_id, location_id, action_type, quantity, old_stock, "
        "new_stock, user_id, occurred_at, recorded_at) VALUES (?, ?, ?, ?, 1, 0, 1, ?, ?, ?)",
        [
            (10_000 + n, n % 500, n % 100, "SALE", n % 300, now_us + n, now_us + n)
            for n in range(20_000)
        ],
    )
    await services.database.writing.change("ANALYZE movement")
    asked: list[tuple[str, tuple[Any, ...]]] = []
    history = services.of(History)
    reading = services.database.reading

    async def rows(sql: str, *parameters: Any) -> Any:
        asked.append((sql, parameters))
        return await reading.rows(sql, *parameters)

    monkeypatch.setattr(history, "_reading", SimpleNamespace(rows=rows, dialect=reading.dialect))
    given: list[tuple[str, dict[str, Any]]] = [
        ("movement_by_item", {"item_ids": (77,)}),
        ("movement_by_location", {"location_ids": (7,)}),
        ("movement_by_user", {"user_ids": (7,)}),
        ("movement_by_occurrence", {"occurred_from_us": now_us, "occurred_to_us": now_us + 9}),
    ]
    for index, wanted in given:
        await history.found(MovementFilter(**wanted, sees_admins=True), 26, None)
        sql, parameters = asked[-1]
        assert index in await plan(services, sql, *parameters), wanted
