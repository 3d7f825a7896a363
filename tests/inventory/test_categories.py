"""Categories: counted without case and form, and only what a viewer may see."""

from __future__ import annotations

import asyncio

from graphql_api.inventory.categories import Categories, Category
from graphql_api.inventory.items import Items
from graphql_api.services import Services
from tests.builders import hide, new_item, removal

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
