"""Searches in the order of how well items are found, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from graphql_api.database.dialect import Dialect
from graphql_api.inventory import abreast
from graphql_api.inventory import catalogue as catalogue_module
from graphql_api.inventory import ranked as ranked_module
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.items import Item, Items
from graphql_api.inventory.matching import Tier, query_of, rank_of
from graphql_api.inventory.ranked import SPELT, Place
from graphql_api.inventory.sorted_read import SortedRead
from graphql_api.services import Services
from graphql_api.texts.sorting import sort_key
from graphql_api.texts.terms import glued, terms_of, text_of
from graphql_api.values import folded
from tests import campaigns
from tests.builders import change, hide, make_item, new_item, removal


async def search(services: Services, text: str, **filters: Any) -> list[Item]:
    """All pages of a search, one after the other, checked against the same backwards."""
    wanted = ItemFilter(search=text, **filters)
    size = filters.pop("size", 7)
    found: list[tuple[Place, Item]] = []
    while True:
        page = await services.of(Catalogue).ranked(wanted, size, found[-1][0] if found else None)
        found += page
        if len(page) < size:
            break
    places = [place for place, _ in found]
    assert places == sorted(set(places)), text
    if found:
        last = await services.of(Catalogue).ranked(wanted, size, None, None, backwards=True)
        assert [place for place, _ in last] == places[-size:], text
        before = await services.of(Catalogue).ranked(wanted, 3, None, places[-1], backwards=True)
        assert [place for place, _ in before] == places[:-1][-3:], text
    assert await services.of(Catalogue).count(wanted) == len(found), text
    return [item for _, item in found]


THINGS: list[dict[str, Any]] = [
    {"sku": "1N4148", "name": "Diode"},
    {"sku": "BOLT-A", "name": "Bolt M3X10"},
    {"sku": "BOLT-B", "name": "Bolt M3 x 12"},
    {"sku": "HAM-16", "name": "Claw hammer 16 oz"},
    {"sku": "HAM20", "name": "Claw hammer 20 oz"},
    {"sku": "PIPE-1", "name": "Pipe 50 mm", "description": "Of copper, seamless"},
    {"sku": "PIPE-2", "name": "Pipe 63mm"},
    {"sku": "S-1", "name": "不锈钢螺丝"},
    {"sku": "S-2", "name": "Łożysko 6205-2RS/C3"},
    {"sku": "S-3", "name": "Öltank"},
    {"sku": "S-4", "name": "Oeltank, old"},
    {"sku": "S-5", "name": "Straßenlampe"},
    {"sku": "S-6", "name": "ガラス"},
    {"sku": "S-7", "name": "カラス"},
    {"sku": "S-8", "name": "Bjørn's Smørkniv"},
    {"sku": "S-9", "name": "ёлка"},
    {"sku": "NUT-40", "name": "Nut M40"},
    {"sku": "NUT-4", "name": "Nut M4"},
    {"sku": "NUT-400", "name": "Nut M400"},
    {"sku": "B-1", "name": "Cable RJ-45", "barcode": "4006381333931", "category": "Netzgeräte"},
    {"sku": "%", "name": "Percent"},
    {"sku": "---", "name": "Dashes"},
    {"sku": "T-1", "name": "ที่กรองน้ำ"},
    {"sku": "T-2", "name": "스테인리스나사"},
    {"sku": "T-3", "name": "हिन्दी पेंच"},
    {"sku": "A.B/C 12", "name": "Slashes"},
]
FINDS: list[tuple[str, list[str]]] = [
    ("4148", ["1N4148"]),
    ("148", ["1N4148"]),
    ("n4148", ["1N4148"]),
    ("1n-4148", ["1N4148"]),
    ("3X10", ["BOLT-A"]),
    ("m3 x 10", ["BOLT-A"]),
    ("M3×12", ["BOLT-B"]),
    ("x12", ["BOLT-B"]),
    ("HAM16", ["HAM-16"]),
    ("HAM-20", ["HAM20"]),
    ("ham 20", ["HAM20"]),
    ("50mm", ["PIPE-1"]),
    ("63 mm", ["PIPE-2"]),
    ("16oz", ["HAM-16"]),
    ("螺丝", ["S-1"]),
    ("丝", ["S-1"]),
    ("不锈钢", ["S-1"]),
    ("锈钢螺", ["S-1"]),
    ("钢 螺丝", ["S-1"]),
    ("螺钉", []),
    ("lozysko", ["S-2"]),
    ("ŁOŻYSKO", ["S-2"]),
    ("62052rs", ["S-2"]),
    ("2rs c3", ["S-2"]),
    ("oltank", ["S-3", "S-4"]),
    ("Oeltank", ["S-3", "S-4"]),
    ("Öltank", ["S-3", "S-4"]),
    ("strassenlampe", ["S-5"]),
    ("STRAẞE", ["S-5"]),
    ("ガラス", ["S-6"]),
    ("カラス", ["S-7"]),
    ("ｶﾞﾗｽ", ["S-6"]),
    ("ガ", ["S-6"]),
    ("bjorn smorkniv", ["S-8"]),
    ("bjoern", ["S-8"]),
    ("елка", ["S-9"]),
    ("nut m4", ["NUT-4", "NUT-40", "NUT-400"]),
    ("M4", ["NUT-4", "NUT-40", "NUT-400"]),
    ("m40", ["NUT-40", "NUT-400"]),
    ("nut-4", ["NUT-4", "NUT-40", "NUT-400"]),
    ("4006381333931", ["B-1"]),
    (" 4006381333931 ", ["B-1"]),
    ("333931", ["B-1"]),
    ("3931", ["B-1"]),
    ("rj45", ["B-1"]),
    ("netzgerate", ["B-1"]),
    ("netzgeraete cable", ["B-1"]),
    ("%", ["%"]),
    ("---", ["---"]),
    ("--", []),
    ("กรอง", ["T-1"]),
    ("น้ำ", ["T-1"]),
    ("나사", ["T-2"]),
    ("हिन्दी", ["T-3"]),
    ("abc12", ["A.B/C 12"]),
    ("A.B/C\u200b 12", ["A.B/C 12"]),
    ("copper", []),
    ("hammer nut", []),
    ("1-N-4148", ["1N4148"]),
    ("H-AM/16", ["HAM-16"]),
    ("4006381-333931", ["B-1"]),
]


async def make_all(services: Services, things: Sequence[dict[str, Any]]) -> list[Item]:
    """Items in their order, in few transactions."""
    made = await asyncio.gather(*(services.of(Items).create(new_item(**thing)) for thing in things))
    return [result.item for result in made]


async def test_people_find_what_they_look_for(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_all(services, THINGS)
    for fetched_max in (1_000, 0):  # ranked in memory, and walked
        monkeypatch.setattr(ranked_module, "FETCHED_MAX", fetched_max)
        for text, skus in FINDS:
            assert [item.sku for item in await search(services, text)] == skus, text
    told = {"search_description": True}
    assert [i.sku for i in await search(services, "copper", **told)] == ["PIPE-1"]
    assert [i.sku for i in await search(services, "pipe seamless", **told)] == ["PIPE-1"]
    assert [i.sku for i in await search(services, "pipe", **told)] == ["PIPE-1", "PIPE-2"]


async def test_what_is_exact_comes_before_sixty_that_contain_it(services: Services) -> None:
    things = [{"sku": f"A{n:02}-HX-7-{n}", "name": "HX-7 holder HX-7"} for n in range(60)]
    things += [
        {"sku": "HX-7"},
        {"sku": "ZZ", "barcode": "HX-7"},
        {"sku": "HX-70"},
        {"sku": "hx7"},
    ]
    await make_all(services, things)
    for text in ("HX-7", " HX-7 "):
        found = [item.sku for item in await search(services, text)]
        assert found[:4] == ["HX-7", "ZZ", "hx7", "HX-70"]
        assert len(found) == 64
    found = [item.sku for item in await search(services, "hx-7")]  # a barcode has its case
    assert found[:3] == ["HX-7", "hx7", "HX-70"]
    assert "ZZ" not in found
    assert [item.sku for item in await search(services, " ＨＸ-7")][:2] == ["HX-7", "ZZ"]
    # What is spelt otherwise comes behind, though none of its words is in it.
    assert [item.sku for item in await search(services, "H-X-7")] == ["HX-7", "hx7"]


async def test_a_name_comes_before_words_and_words_before_beginnings(services: Services) -> None:
    names = ["Hammerhead shark", "Claw hammer", "HAMMER", "Hammer drill"]
    things = [{"sku": str(number), "name": name} for number, name in enumerate(names, 1)]
    things.append({"sku": "hammer-5", "name": "Thing"})
    await make_all(services, [{**thing, "description": "hammer"} for thing in things])
    await make_item(services, "6", name="Anvil", description="Goes with a hammer")
    found = [i.sku for i in await search(services, "hammer", search_description=True)]
    assert found == ["hammer-5", "3", "2", "4", "1", "6"]


# ---- the oracle ------------------------------------------------------------------------------

SKUS = ["AB", "AB-1", "ab12", "1N41", "N-41", "HAM", "HAM-16", "X", "M3X10"]
WORDS = [
    "hammer",
    "ham",
    "Äxte",
    "axe",
    "50 mm",
    "M4",
    "M40",
    "螺丝钉",
    "钉",
    "Oel",
    "Öl",
    "ガ",
    "カ",
]


async def stock(services: Services, count: int) -> list[Item]:
    """Items of few words, so that each way of being found has many."""
    chance = campaigns.chance(11)
    things = [
        {
            "sku": SKUS[number]
            if number < len(SKUS)
            else f"{chance.choice(SKUS)}{chance.choice(['', '-', '/'])}{number}",
            "name": " ".join(chance.sample(WORDS, chance.randrange(1, 4))),
            "barcode": f"40{number:05}" if number % 3 else None,
            "category": chance.choice(["Tools", "TOOLS", None]),
            "description": chance.choice(["", "steel hammer", "for M4"]),
        }
        for number in range(count)
    ]
    items = await make_all(services, things)
    await asyncio.gather(
        *(services.of(Items).remove(removal(item)) for item in items[::11]),
        *(hide(services, item) for n, item in enumerate(items) if n % 7 == 0 and n % 11),
    )
    return list((await services.of(Catalogue).by_ids([item.id for item in items], True)).values())


def oracle(items: list[Item], wanted: ItemFilter) -> list[int]:
    """What a search finds, item by item."""
    query = query_of(wanted.search, wanted.search_description)
    assert query is not None
    found: list[tuple[int, str, int]] = []
    for item in items:
        if (item.deleted_at and not wanted.include_deleted) or (
            item.admins_only and not wanted.sees_admins
        ):
            continue
        if wanted.categories is not None and (
            item.category is None or folded(item.category) not in map(folded, wanted.categories)
        ):
            continue
        has = item.barcode is not None and not item.deleted_at
        if folded(item.sku) == query.sku_key or (has and item.barcode == query.text):
            found.append((Tier.EXACT, "", item.id))
            continue
        if query.spelt is not None and glued(item.sku) == query.spelt:
            found.append((Tier.EXACT, SPELT, item.id))
            continue
        barcodes = [item.barcode] if item.barcode else []
        terms = terms_of(item.sku, item.name, barcodes, item.category, item.description)
        rank = rank_of(query, text_of(terms), sort_key(item.name))
        if rank is not None:
            found.append((*rank, item.id))
    return [item_id for _, _, item_id in sorted(found)]


@pytest.mark.parametrize("count", [150, pytest.param(1_500, marks=pytest.mark.long)])
async def test_a_search_is_what_looking_at_each_item_finds(
    services: Services, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    items = await stock(services, count)
    chance = campaigns.chance(12)
    ways = [
        (0, 1, 2, (1,)), (0, 3, 400, (2, 5)), (10, 2, 30, (1, 3)), (0, 1, 400, (3, 400)),
        (1_000, 150, 9_000, abreast.STEPS),
    ]  # fmt: skip
    parts = [*WORDS, *SKUS, "400", "4", "1", "m", "steel", "too", "x10", "41", "-", "hammr"]
    for turn in range(count // 3):
        text = " ".join(chance.sample(parts, chance.randrange(1, 4)))
        fetched_max, walk_begin, walked_max, steps = ways[turn % len(ways)]
        monkeypatch.setattr(ranked_module, "FETCHED_MAX", fetched_max)
        monkeypatch.setattr(ranked_module, "WALK_BEGIN", walk_begin)
        monkeypatch.setattr(ranked_module, "WALKED_MAX", walked_max)
        monkeypatch.setattr(abreast, "STEPS", steps)
        monkeypatch.setattr(abreast, "ROWS_MAX", walked_max)
        filters: dict[str, Any] = {
            "search_description": bool(chance.randrange(2)),
            "include_deleted": bool(chance.randrange(2)),
            "sees_admins": bool(chance.randrange(2)),
            "categories": chance.choice([None, None, ("tools",), ("Tools", "TOOLS", "none")]),
        }
        found = await search(services, text, **filters)
        expected = oracle(items, ItemFilter(search=text, **filters))
        assert [item.id for item in found] == expected, (text, filters, ways[turn % len(ways)])


@pytest.mark.parametrize("steps", [(1,), (2, 3), abreast.STEPS])
@pytest.mark.parametrize(
    "categories", [("tools",), ("Tools", "TOOLS"), ("tools", "kitchen"), ("tools", "a", "b", "c")]
)
async def test_a_common_word_in_categories_is_found_with_what_only_admins_see(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    categories: tuple[str, ...],
    steps: tuple[int, ...],
) -> None:
    """The list of a category, without what is hidden, is read beside those of words: not for who
    sees what is hidden, nor of several categories."""
    monkeypatch.setattr(ranked_module, "FETCHED_MAX", 0)
    monkeypatch.setattr(ranked_module, "WALK_BEGIN", 1)
    monkeypatch.setattr(abreast, "STEPS", steps)
    kinds = ("Tools", "Kitchen", "Garden", None)
    things = [
        {
            "sku": f"S-{n:02}",
            "name": ("old hammer", "big red hammer", "saw")[n % 3],
            "category": kinds[n % 4],
        }
        for n in range(24)
    ]
    items = await make_all(services, things)
    await asyncio.gather(*(hide(services, item) for item in items[::5]))
    await services.of(Items).remove(removal(items[13]))
    items = list((await services.of(Catalogue).by_ids([item.id for item in items], True)).values())
    for text in ("hammer", "red hammer"):
        for sees_admins in (False, True):
            filters: dict[str, Any] = {"categories": categories, "sees_admins": sees_admins}
            found = [item.id for item in await search(services, text, **filters)]
            assert found == oracle(items, ItemFilter(search=text, **filters)), (text, sees_admins)


async def test_a_walk_along_a_sort_goes_in_short_steps(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For 2,400 rows at once, of 100,000, PostgreSQL read the whole table: 150 ms each time."""
    await make_item(services, "HAM-1", name="hammer")
    for number in range(11):
        await make_item(services, f"CAN-{number}", name="candle")
    steps: list[int] = []
    walking = SortedRead.walking

    def seen(read: Any, tests: Any, size: int, limit: int) -> Any:
        steps.append(size)
        return walking(read, tests, size, limit)

    monkeypatch.setattr(ranked_module, "FETCHED_MAX", 0)
    monkeypatch.setattr(catalogue_module, "WALK_BEGIN", 1)
    monkeypatch.setattr(catalogue_module, "SORT_GO", dict.fromkeys(Dialect, 4))
    monkeypatch.setattr(catalogue_module, "SIGNED_GO", 4)
    monkeypatch.setattr(catalogue_module, "ROWS_WALKED_MAX", 10)
    monkeypatch.setattr(SortedRead, "walking", seen)
    wanted = ItemFilter(search="hammer")
    page = await services.of(Catalogue).page(wanted, ItemSort.NAME, False, 5, None)
    assert [item.sku for _, item in page] == ["HAM-1"], "what the walk did not reach is found"
    assert steps == [1, 4, 4, 1]


async def test_pages_hold_while_items_come_go_and_change(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranked_module, "FETCHED_MAX", 3)
    things = [{"sku": f"S-{n}", "name": f"hammer {n % 5}"} for n in range(30)]
    made = await make_all(services, things)
    staying = [item.id for item in made if item.id % 3]
    met: list[int] = []
    after: Place | None = None
    wanted = ItemFilter(search="hammer")
    for turn in range(30):
        page = await services.of(Catalogue).ranked(wanted, 4, after)
        if not page:
            break
        after = page[-1][0]
        met += [item.id for _, item in page]
        await make_item(services, f"NEW-{turn}", name="hammer" if turn % 2 else "hammers")
        going = made[turn * 3 % 30]
        if going.id not in staying and turn < 10:
            await services.of(Items).change(change(going, name=f"candle {turn}"))
    assert len(met) == len(set(met))
    assert [item_id for item_id in met if item_id in staying] == staying


# ---- suggestions -----------------------------------------------------------------------------


async def test_a_typo_is_answered_with_what_may_have_been_meant(services: Services) -> None:
    names = ["Claw hammer", "Hammer drill", "Lantern", "подшипник", "不锈钢螺丝"]
    await make_all(services, [{"sku": f"A-{n}", "name": name} for n, name in enumerate(names)])
    await hide(services, await make_item(services, "A-6", name="Secretium"))
    for text, suggested in (
        ("hamer", ["hammer"]),
        ("hamar", ["hammer"]),
        ("ahmmer", ["hammer"]),
        ("hammmer", ["hammer"]),
        ("claw hamer", ["claw hammer"]),
        ("latnern", ["lantern"]),
        ("подшипик", ["подшипник"]),
        ("hammer", []),
        ("ham", []),
        ("lantern hamer", []),  # each is there, but nowhere together
        ("secretum", []),
        ("zzzzzzz", []),
        ("x", []),
        ("螺母", []),
        ("", []),
        ("%", []),
    ):
        wanted = ItemFilter(search=text)
        assert await services.of(Catalogue).suggestions(wanted) == suggested, text
    admins = ItemFilter(search="secretum", sees_admins=True)
    assert await services.of(Catalogue).suggestions(admins) == ["secretium"]
