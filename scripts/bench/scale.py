"""Does a page of items take as long at a million items as at a thousand?

    python scripts/bench/scale.py [--items 1000 --items 1000000]

Fills an SQLite file with made-up items for each size and times pages of 50 through the use case
that the schema calls: every sort in both directions, from the middle on, filters, and searches
for a rare word, a common one, and both. Prints the median of many pages, in milliseconds.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from graphql_api.database.connection import Connection
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.item import StockStatus, made_item
from graphql_api.inventory.item_rows import insert_items
from graphql_api.process import open_services
from graphql_api.settings import read_settings

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import WrongUsage, launch

PAGE = 51  # as the schema asks for 50
TIMES = 40
CHUNK = 5_000
ADJECTIVES = ("red", "blue", "green", "small", "large", "heavy", "light", "vintage", "modern")
NOUNS = ("hammer", "lantern", "bottle", "basket", "mirror", "candle", "frame", "clock", "drawer")
CATEGORIES = tuple(f"category {number}" for number in range(50))

Page = Callable[[], Awaitable[object]]


async def fill(connection: Connection, count: int, dice: random.Random) -> None:
    """Insert `count` items with their search terms."""
    for start in range(0, count, CHUNK):
        items = []
        for number in range(start, min(start + CHUNK, count)):
            columns = {
                "sku": f"SKU-{number:07d}",
                "name": f"{dice.choice(ADJECTIVES)} {dice.choice(NOUNS)} {dice.randrange(10**6)}",
                "category": dice.choice(CATEGORIES),
                "price": dice.randrange(10**7),
                "min_stock": dice.randrange(20),
            }
            item = made_item(10_000 + number, number, columns)
            item.stock, item.updated_at = dice.randrange(1_000), dice.randrange(10**9)
            items.append(item)
        await insert_items(connection, items)
    await connection.change("ANALYZE")


def pages(catalogue: Catalogue, count: int) -> dict[str, Page]:
    """The pages to time, by name."""
    middle = f"sku-{count // 2:07d}"

    def page(
        wanted: ItemFilter | None = None,
        sort: ItemSort = ItemSort.SKU,
        descending: bool = False,
        after: tuple[object, int] | None = None,
    ) -> Page:
        return lambda: catalogue.page(wanted or ItemFilter(), sort, descending, PAGE, after)

    found: dict[str, Page] = {}
    for sort in ItemSort:
        found[f"by {sort.name}"] = page(sort=sort)
        found[f"by {sort.name}, descending"] = page(sort=sort, descending=True)
    found["from the middle"] = page(after=(middle, 10_000 + count // 2))
    found["one category"] = page(ItemFilter(categories=("category 7",)))
    found["low stock, by name"] = page(ItemFilter(statuses=(StockStatus.LOW_STOCK,)), ItemSort.NAME)
    found["search: a rare word"] = page(ItemFilter(search=f"{count // 3:07d}"))
    found["search: a common word"] = page(ItemFilter(search="hammer"), ItemSort.NAME)
    found["search: two common words"] = page(ItemFilter(search="red hammer"), ItemSort.NAME)
    found["search: common and rare"] = page(ItemFilter(search=f"sku {count // 3:07d}"))
    return found


async def time_pages(count: int) -> dict[str, float]:
    """Milliseconds a page, by name."""
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(database_url=f"sqlite://{Path(folder) / 'scale.sqlite3'}")
        async with open_services(settings) as services:
            await fill(services.database.writing, count, random.Random(1))  # noqa: S311
            taken: dict[str, float] = {}
            for name, page in pages(services.of(Catalogue), count).items():
                await page()
                times = []
                for _ in range(TIMES):
                    began = time.perf_counter()
                    await page()
                    times.append((time.perf_counter() - began) * 1_000)
                taken[name] = statistics.median(times)
            return taken


def main(
    items: Annotated[list[int] | None, typer.Option(help="How many items; repeatable.")] = None,
) -> None:
    """Time pages of items at several sizes of the table."""
    if any(size < 1 for size in items or []):
        raise WrongUsage("--items: at least 1")
    sizes = items or [1_000, 1_000_000]
    console = Console()
    results = []
    for size in sizes:
        with console.status(f"filling and timing {size:,} items"):
            results.append(asyncio.run(time_pages(size)))
    table = Table("page of 50", *(f"{size:,} items, ms" for size in sizes), "last ÷ first")
    for name in results[0]:
        row = [result[name] for result in results]
        table.add_row(name, *(f"{ms:.2f}" for ms in row), f"{row[-1] / row[0]:.2f}")
    console.print(table)


if __name__ == "__main__":
    launch("scale", main)
