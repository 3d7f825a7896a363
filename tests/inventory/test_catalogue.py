"""Reading items: filters, search, every sort, and pages that hold while rows change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from graphql_api import values
from graphql_api.clock import HeldClock
from graphql_api.inventory import catalogue as catalogue_module
from graphql_api.inventory import ranked as ranked_module
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.items import Item, ItemRef, Items, StockStatus, status_of
from graphql_api.inventory.search import terms_of, words_of
from graphql_api.services import Services
from graphql_api.texts.sorting import sort_key
from tests import campaigns
from tests.builders import change, item_now, make_item, move, new_item, removal
from tests.invariants import assert_sound
from tests.statements import counted

SORTS = [(sort, descending) for sort in ItemSort for descending in (False, True)]
EVERY_SORT = pytest.mark.parametrize("sort", list(ItemSort), ids=lambda sort: sort.name)

SORT_KEYS: dict[ItemSort, Callable[[Item], Any]] = {
    ItemSort.SKU: lambda item: sort_key(item.sku),
    ItemSort.NAME: lambda item: sort_key(item.name),
    ItemSort.STOCK: lambda item: item.stock,
    ItemSort.PRICE: lambda item: item.price,
    ItemSort.UPDATED_AT: lambda item: item.updated_at,
}


async def stocked(services: Services, clock: HeldClock, count: int = 40) -> list[Item]:
    """Items with many ties in every sort but SKU."""
    chance = campaigns.chance(7)
    made: list[Item] = []
    for number in range(0, count, 4):
        clock.advance(1)
        results = await asyncio.gather(
            *(
                services.of(Items).create(
                    new_item(
                        f"{chance.choice(['AR', 'ar', 'Br', '日'])}-{place:03d}",
                        name=chance.choice(["Hammer", "hammer", "Äxte", "anvil", "Zange"]),
                        category=chance.choice([None, "Tools", "tools", "Garden"]),
                        price=chance.choice([0, 10_000, 25_000]),
                        min_stock=chance.choice([0, 2, 5]),
                        initial_stock=chance.randrange(6),
                    )
                )
                for place in range(number, number + 4)
            )
        )
        made += [result.item for result in results]
    return made


def in_order(items: Sequence[Item], sort: ItemSort, descending: bool) -> list[int]:
    def key(item: Item) -> Any:
        return SORT_KEYS[sort](item), item.id

    return [item.id for item in sorted(items, key=key, reverse=descending)]


async def walk(
    services: Services,
    wanted: ItemFilter,
    sort: ItemSort,
    descending: bool,
    limit: int,
    between: Callable[[int], Any] | None = None,
) -> list[Item]:
    """All pages, one after the other; `between` is awaited after each."""
    found: list[Item] = []
    after: tuple[Any, int] | None = None
    while True:
        page = await services.of(Catalogue).page(wanted, sort, descending, limit, after)
        assert len(page) <= limit
        found += [item for _, item in page]
        if len(page) < limit:
            return found
        after = page[-1][0], page[-1][1].id
        if between is not None:
            await between(len(found))


async def test_pages_join_to_the_whole_sorted_list(services: Services, clock: HeldClock) -> None:
    items = await stocked(services, clock)
    for sort, descending in SORTS:
        for limit in (1, 7, 40, 100):
            found = await walk(services, ItemFilter(), sort, descending, limit)
            assert [item.id for item in found] == in_order(items, sort, descending)
    first = found[0]
    now = await item_now(services, first)
    now.level_quantities = None  # a list does not load levels
    assert first == now


@EVERY_SORT
async def test_while_rows_change_what_stays_is_met_once_and_in_order(
    services: Services, clock: HeldClock, sort: ItemSort
) -> None:
    items = await stocked(services, clock)
    changing, staying = items[::3], [item for n, item in enumerate(items) if n % 3]
    chance = campaigns.chance(3)

    async def between(count: int) -> None:
        clock.advance(1)
        await make_item(services, f"NEW-{clock.now_us()}", name="Hammer", initial_stock=count % 6)
        item = changing[(count // 3) % len(changing)]
        match chance.randrange(4):
            case 0:
                await services.of(Items).change(change(item, price=Decimal(chance.choice("09"))))
            case 1:
                await services.of(Items).change(change(item, name=chance.choice(["a", "Zz"])))
            case 2:
                await move(services, item, 3)
            case _:
                sku = f"{chance.choice('AZ')}-{clock.now_us()}"
                await services.of(Items).change(change(item, sku=sku))

    kept = {item.id for item in staying}
    for descending in (False, True):
        found = await walk(services, ItemFilter(), sort, descending, 3, between)
        assert [i.id for i in found if i.id in kept] == in_order(staying, sort, descending)
        keys = [(SORT_KEYS[sort](item), item.id) for item in found]
        assert keys == sorted(keys, reverse=descending)
        assert len(set(keys)) == len(keys)
    await assert_sound(services)


async def test_a_place_far_outside_is_before_or_after_everything(
    services: Services, clock: HeldClock
) -> None:
    # A page cursor is the client's: it may name a place that no row can have.
    await stocked(services, clock, 8)
    for sort in ItemSort:
        is_text = sort in catalogue_module.SORTS_BY_TEXT
        low, high = ("", "\U0010ffff") if is_text else (-(2**63), 2**63 - 1)
        for place, count in ((low, 8), (high, 0)):
            page = await services.of(Catalogue).page(ItemFilter(), sort, False, 50, (place, 0))
            assert len(page) == count, sort


FILTERS: list[tuple[ItemFilter, Callable[[Item], bool]]] = [
    (ItemFilter(), lambda item: True),
    (ItemFilter(categories=(" TOOLS\u200b",)), lambda item: item.category in ("Tools", "tools")),
    (
        ItemFilter(categories=("Garden", "tools", "nowhere")),
        lambda item: item.category is not None,
    ),
    (ItemFilter(categories=()), lambda item: False),
    (ItemFilter(statuses=()), lambda item: False),
    (ItemFilter(skus=()), lambda item: False),
    (
        ItemFilter(skus=("AR-001", " ar-002 ", "nowhere")),
        lambda item: values.folded(item.sku) in ("ar-001", "ar-002"),
    ),
    *(
        (
            ItemFilter(statuses=statuses),
            lambda item, statuses=statuses: status_of(item.stock, item.min_stock) in statuses,
        )
        for statuses in (
            (StockStatus.OUT_OF_STOCK,),
            (StockStatus.LOW_STOCK,),
            (StockStatus.IN_STOCK,),
            (StockStatus.LOW_STOCK, StockStatus.OUT_OF_STOCK),
            (StockStatus.LOW_STOCK, StockStatus.LOW_STOCK),
            tuple(StockStatus),
        )
    ),
    (
        ItemFilter(categories=("Tools",), statuses=(StockStatus.IN_STOCK,)),
        lambda item: item.category in ("Tools", "tools") and item.stock > item.min_stock,
    ),
]


async def test_a_filter_keeps_what_it_says(services: Services, clock: HeldClock) -> None:
    items = await stocked(services, clock)
    for wanted, matches in FILTERS:
        kept = [item for item in items if matches(item)]
        found = await walk(services, wanted, ItemSort.NAME, False, 7)
        assert [item.id for item in found] == in_order(kept, ItemSort.NAME, False), wanted
        assert await services.of(Catalogue).count(wanted) == len(kept), wanted


async def test_deleted_items_are_listed_only_when_asked_for(services: Services) -> None:
    item = await make_item(services, "A")
    other = await make_item(services, "B")
    await services.of(Items).remove(removal(item))
    for include, wanted in ((False, [other.id]), (True, [item.id, other.id])):
        chosen = ItemFilter(include_deleted=include)
        found = await walk(services, chosen, ItemSort.SKU, False, 5)
        assert [each.id for each in found] == wanted
        assert await services.of(Catalogue).count(chosen) == len(wanted)


# ---- search ----------------------------------------------------------------------------------


def has_words(item: Item, text: str) -> bool:
    """The oracle: every word of `text` begins some term of the item, or it is its SKU or
    barcode."""
    found_by = terms_of(item.sku, item.name, [item.barcode or ""], item.category)
    words = words_of(text)
    is_exact = values.folded(text) == values.folded(item.sku) or text.strip() == item.barcode
    begins = [any(term.startswith(word) for term in found_by) for word in words]
    return is_exact or (bool(words) and all(begins))


NAMES = ["Claw hammer", "HAMMER drill", "Crème brûlée torch", "Hand saw 5", "ham", "Säge (klein)"]


async def shelf(services: Services) -> list[Item]:
    """Items with names of few words, so that some words are common and some are rare."""
    return [
        await make_item(
            services,
            f"AR-{number:02d}/{'x' if number % 2 else 'Y'}",
            name=f"{NAMES[number % len(NAMES)]} {number % 5}",
            barcode=f"40{number:03d}" if number % 3 else None,
            category=["Tools", "Kitchen aids", None][number % 3],
            initial_stock=number % 4,
        )
        for number in range(24)
    ]


TEXTS = [
    "ham",
    "HAMMER",
    "hamm cl",
    "creme",
    "CRÈME BRÛL",
    "sage",
    "ar",
    "ar 0",
    "ar-0",
    "x tools",
    "40 ham tools 3",
    "5",
    "hammerx",
    "ammer",
    "AR00",
    "ar01/x",
    "001",
    "Saege",
    "AR-03/x",
    "40001",
    "too kit",
    "ham ham ham",
    "drill hammer ar tools 1 2 3 4",
    "%",
    "_",
    "ham % _",
    "'; DROP TABLE item; --",
    "\U0001f528",
]


# Whether a word counts as common, and how far a sort is walked, decide the way that a search
# goes, but not its answer.
WAYS = [(0, 1), (0, 7), (0, 10_000), (2, 7), (10, 7), (10, 10_000), (2_000, 10_000)]


async def test_a_search_finds_by_the_beginnings_of_all_its_words(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = await shelf(services)
    for fetched_max, walked_max in WAYS:
        monkeypatch.setattr(ranked_module, "FETCHED_MAX", fetched_max)
        monkeypatch.setattr(catalogue_module, "ROWS_WALKED_MAX", walked_max)
        for text in TEXTS:
            wanted = [i for i in items if has_words(i, text)]
            for sort, descending in ((ItemSort.NAME, False), (ItemSort.STOCK, True)):
                found = await walk(services, ItemFilter(search=text), sort, descending, 5)
                assert [i.id for i in found] == in_order(wanted, sort, descending), text
            counted = await services.of(Catalogue).count(ItemFilter(search=text))
            assert counted == len(wanted), text


@pytest.mark.parametrize("walk_begin", [150, 3])
async def test_a_walk_ends_where_its_sort_does(
    services: Services, monkeypatch: pytest.MonkeyPatch, walk_begin: int
) -> None:
    """How the bug came about: it asked on to the 10,000th row of a table that had fewer, and then
    read the words' whole lists beside."""
    monkeypatch.setattr(ranked_module, "FETCHED_MAX", 0)
    monkeypatch.setattr(catalogue_module, "WALK_BEGIN", walk_begin)
    for number in range(20):
        await make_item(services, f"S{number:02}", name="Hammer Steel" if number == 9 else "Hammer")
    catalogue = services.of(Catalogue)
    after: tuple[str, int] | None = None
    for found in (["S09"], []):  # the second page begins behind it
        with counted() as sent:
            rows = await catalogue.page(
                ItemFilter(search="hammer steel"), ItemSort.NAME, False, 5, after
            )
        assert [item.sku for _, item in rows] == found
        assert 0 < sent.over(services.reading) <= 9
        assert sent.over(services.scanning) == 0, "all that there is was looked at"
        after = (rows[0][0], rows[0][1].id) if rows else None


@pytest.mark.parametrize("fetched_max", [1, 2_000])
async def test_a_search_joins_with_filters(
    services: Services, monkeypatch: pytest.MonkeyPatch, fetched_max: int
) -> None:
    monkeypatch.setattr(ranked_module, "FETCHED_MAX", fetched_max)
    items = await shelf(services)
    wanted = ItemFilter(search="ham", categories=("Tools",), statuses=(StockStatus.IN_STOCK,))
    found = await walk(services, wanted, ItemSort.SKU, False, 3)
    kept = [i for i in items if has_words(i, "ham") and i.category == "Tools" and i.stock]
    assert kept
    assert [i.id for i in found] == in_order(kept, ItemSort.SKU, False)


async def test_a_blank_search_filters_nothing(services: Services) -> None:
    await make_item(services)
    for blank in ("", "   ", "\n"):
        assert len(await walk(services, ItemFilter(search=blank), ItemSort.SKU, False, 5)) == 1


async def test_a_search_for_what_is_no_word_finds_nothing(services: Services) -> None:
    await make_item(services)
    for text in ("%", "_", "-", "'", "🔩", "a" * 500, "\x00", "\uffff"):
        assert await walk(services, ItemFilter(search=text), ItemSort.SKU, False, 5) == [], text
        assert await services.of(Catalogue).count(ItemFilter(search=text)) == 0, text


@pytest.mark.parametrize("fetched_max", [0, 2_000])
async def test_letters_beyond_the_basic_plane_are_letters_too(
    services: Services, monkeypatch: pytest.MonkeyPatch, fetched_max: int
) -> None:
    # How the bug came about: a range of terms ended at U+FFFF, below the letters beyond it.
    monkeypatch.setattr(ranked_module, "FETCHED_MAX", fetched_max)
    await make_item(services, "A", name="\U00020bb7\U0002a6b2 bowl")
    for text in ("\U00020bb7", "\U00020bb7\U0002a6b2", "bow"):
        assert len(await walk(services, ItemFilter(search=text), ItemSort.SKU, False, 5)) == 1


async def test_a_search_follows_a_changed_name_and_forgets_the_old_one(
    services: Services,
) -> None:
    item = await make_item(services, name="Claw hammer", category="Tools")
    await services.of(Items).change(change(item, name="Claw saw", category=None))
    for text, count in (("hammer", 0), ("tools", 0), ("claw", 1), ("saw", 1), ("sku", 1)):
        page = await walk(services, ItemFilter(search=text), ItemSort.SKU, False, 5)
        assert len(page) == count, text
    rows = await services.database.reading.rows("SELECT term FROM item_term ORDER BY term")
    assert [row[0] for row in rows] == ["1", "=sku1", "claw", "saw", "sku", "sku1"]


# ---- single items ----------------------------------------------------------------------------


async def test_an_item_is_found_by_a_reference_or_not_at_all(services: Services) -> None:
    item = await make_item(services, "AR-1", barcode="777")
    for by, value, is_found in (
        ("sku", "ar-1", True),
        ("sku", " AR-1 ", True),
        ("sku", "AR", False),
        ("barcode", "777", True),
        ("barcode", " 777", True),
        ("barcode", "77", False),
        ("id", "x", False),
        ("id", "9" * 18, False),
        ("id", "9" * 30, False),
        ("id", "", False),
        ("sku", "a\x00", False),
        ("barcode", "\x00", False),
    ):
        found = await services.of(Catalogue).find(ItemRef(by, value), sees_admins=False)
        assert (found.id if found else None) == (item.id if is_found else None), (by, value)


async def test_a_filter_by_what_nothing_can_be_finds_nothing(services: Services) -> None:
    await make_item(services)
    for wanted in (ItemFilter(skus=("a\x00",)), ItemFilter(categories=("\x00",))):
        assert await walk(services, wanted, ItemSort.SKU, False, 5) == []


async def test_items_are_found_by_their_ids_in_one_statement(services: Services) -> None:
    items = [await make_item(services, f"SKU-{n}") for n in range(5)]
    with counted() as sent:
        found = await services.of(Catalogue).by_ids([item.id for item in items] + [1, 4711], False)
    assert len(sent) == 1
    assert list(found) == [item.id for item in items]


async def test_levels_of_many_items_take_one_statement(services: Services) -> None:
    items = [await make_item(services, f"SKU-{n}", initial_stock=n) for n in range(3)]
    with counted() as sent:
        levels = await services.of(Catalogue).levels([item.id for item in items] + [4711])
    assert len(sent) == 1
    assert list(levels.values()) == [{}, {1: 1}, {1: 2}, {}]


async def test_counting_holds_up_no_other_reader(services: Services) -> None:
    await make_item(services)
    with counted() as sent:
        assert await services.of(Catalogue).count(ItemFilter()) == 1
    assert len(sent) == sent.over(services.scanning) > 0, "counts have a connection of their own"
