"""Categories: counted without case and form, and only what a viewer may see."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.inventory import categories as categories_module
from graphql_api.inventory.categories import Categories, Category
from graphql_api.inventory.items import Items
from graphql_api.services import Services
from tests.builders import change, hide, make_item, move, new_item, removal
from tests.conftest import OpenServices
from tests.statements import counted

ITEMS = [
    ("A-1", "Tools"),
    ("A-2", "TOOLS"),
    ("A-3", "\uff54ools\u200b"),  # full width, and something that nobody sees
    ("A-4", "Garden"),
    ("A-5", None),
    ("A-6", "Secrets"),
    ("A-7", "SECRET plans"),
    ("A-8", "Gone"),
    ("A-9", "toolbox"),
]


async def test_categories_are_counted_paged_and_hidden(services: Services) -> None:
    made = await asyncio.gather(
        *(
            services.of(Items).create(new_item(sku, category=category, initial_stock=0))
            for sku, category in ITEMS
        )
    )
    items = {result.item.sku: result.item for result in made}
    for sku in ("A-1", "A-6", "A-7"):
        await hide(services, items[sku])
    await services.of(Items).remove(removal(items["A-8"]))
    categories = services.of(Categories)

    garden, toolbox = Category("garden", "Garden", 1), Category("toolbox", "toolbox", 1)
    tools = Category("tools", "TOOLS", 2)
    assert await categories.page(None, False, 9, None) == [garden, toolbox, tools]
    assert await categories.count(None, False) == 3
    seen = await categories.page(None, True, 9, None)
    assert [(one.name, one.items) for one in seen] == [
        ("Garden", 1), ("SECRET plans", 1), ("Secrets", 1), ("toolbox", 1), ("Tools", 3),
    ]  # fmt: skip
    assert await categories.count(None, True) == 5

    for prefix, wanted in (
        ("TOOL", [toolbox, tools]),
        (" tools\u00ad", [tools]),
        ("secret", []),
        ("x" * 300, []),
        ("\u200b", []),
        ("", [garden, toolbox, tools]),
    ):
        assert await categories.page(prefix, False, 9, None) == wanted, prefix
        assert await categories.count(prefix, False) == len(wanted), prefix

    assert await categories.page(None, False, 2, None) == [garden, toolbox]
    assert await categories.page(None, False, 2, "toolbox") == [tools]
    assert await categories.page(None, False, 1, None, "tools", backwards=True) == [toolbox]


async def names(services: Services) -> list[tuple[str, int]]:
    return [
        (one.name, one.items) for one in await services.of(Categories).page(None, False, 9, None)
    ]


async def test_the_list_is_counted_again_after_a_change_of_items_in_any_process(
    open_again: OpenServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right after the answer to it, too, and not for a change of stock."""
    async with open_again() as one, open_again() as other:
        item = await make_item(one, "A", category="Tools")
        assert await names(one) == [("Tools", 1)]
        with counted() as sent:
            await move(one, item, 5)
            assert await names(one) == [("Tools", 1)]
        assert sent.over(one.scanning) == 0
        second = await make_item(other, "B", category="tools")
        assert await names(one) == [("Tools", 2)]
        await one.of(Items).change(change(item, category="Other"))
        assert await names(one) == [("Other", 1), ("tools", 1)]
        await other.of(Items).remove(removal(second))
        assert await names(one) == await names(other) == [("Other", 1)]
        assert await one.of(Categories).count(None, False) == 1
        monkeypatch.setattr(categories_module, "KEPT_MAX", 0)
        await make_item(one, "C", category="Third")
        assert await names(one) == [("Other", 1), ("Third", 1)]
        assert await one.of(Categories).count("th", False) == 1
