"""Does a page of items take as long at a million items as at a thousand?

    python scripts/bench/scale.py [--items 1000 --items 1000000] [--server postgres://...]
    python scripts/bench/scale.py --items 1000000 --kept sqlite:///tmp/million.sqlite3
    python scripts/bench/scale.py --items 1000000 --copies 10

Fills a database with made-up items for each size and times pages of 50 through the use case that
the schema calls: every sort in both directions, from the middle on, filters, and each kind of
search, by relevance and by name. Prints the median of many pages and their 99th percentile, in
milliseconds, the bytes of the index of terms, and how many items a second were filled in. An SQLite
file, or with --server a PostgreSQL where databases may be created. Filling a million takes minutes:
with --kept a database of yours is filled as far as it is not, timed, and left as it is. With
--copies each item is there so many times, which takes a tenth of the time: a copy is found by no
word, and is an item as all others in lists.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.database.dialect import Dialect
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.categories import Categories
from graphql_api.inventory.item_rows import insert_items
from graphql_api.inventory.items import Item, StockStatus
from graphql_api.inventory.models import ItemRecord
from graphql_api.process import migrate_at, open_services
from graphql_api.services import Services
from graphql_api.settings import read_settings

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import WrongUsage, launch

PAGE = 51  # as the schema asks for 50
TIMES = 100
CHUNK = 500
ADJECTIVES = ("red", "blue", "green", "small", "large", "heavy", "light", "vintage", "modern")
NOUNS = ("hammer", "lantern", "bottle", "basket", "mirror", "candle", "frame", "clock", "drawer")
CATEGORIES = tuple(f"category {number}" for number in range(50))

Page = Callable[[], Awaitable[object]]


PARTS = ("1N{}", "M{}X10", "HAM-{}", "BC{}B")  # part numbers, by how they are written
SCREWS = "不锈钢螺丝"


def made_up(number: int, dice: random.Random) -> Item:
    """An item of a shop: every third has a barcode, every tenth a description, every hundredth a
    name in Chinese."""
    name = f"{dice.choice(ADJECTIVES)} {dice.choice(NOUNS)} {dice.randrange(10**6)}"
    if number % 100 == 0:
        name = f"{SCREWS} {number}"
    if number % 10 == 1:
        name = f"{dice.choice(PARTS).format(dice.randrange(10**5))} {name}"
    return Item(
        id=10_000 + number,
        sku=f"SKU-{number:07d}",
        name=name,
        description="A sturdy tool for the workshop" if number % 10 == 0 else "",
        category=dice.choice(CATEGORIES),
        barcode=f"40{number:011d}" if number % 3 == 0 else None,
        unit="unit",
        price=dice.randrange(10**7),
        cost=None,
        stock=dice.randrange(1_000),
        min_stock=dice.randrange(20),
        admins_only=0,
        version=1,
        deleted_at=None,
        created_at=number,
        updated_at=dice.randrange(10**9),
    )


async def fill(database: Database, url: str, count: int, dice: random.Random) -> float:
    """Insert items as the importer does until there are `count`; how many a second, or NaN."""
    row = await database.scanning.row("SELECT count(*) FROM item")
    assert row is not None
    there = int(row[0])
    if there >= count:
        return math.nan
    began = time.perf_counter()
    for start in range(there, count, CHUNK):
        async with database.transaction() as connection:
            await insert_items(
                connection, [made_up(n, dice) for n in range(start, min(start + CHUNK, count))]
            )
    taken_s = time.perf_counter() - began
    await tidied(database, url)
    return (count - there) / taken_s


APART = 1_000_000_000  # from an item's id to its next copy's
# What is different in a copy: ids and keys must be; the others spread over their indexes.
COPY = {
    "id": "id + {apart}",
    **dict.fromkeys(("sku", "sku_key", "sku_order"), "{column} || '-{n}'"),
    **dict.fromkeys(("name", "name_key"), "{column} || ' {n}'"),
    "price": "(price * 7 + {n} * 1000003) % 10000000",
    "stock": "(stock * 7 + {n}) % 1000",
    "updated_at": "(updated_at * 7 + {n} * 99991) % 1000000000",
}


async def copied(database: Database, url: str, copies: int) -> None:
    """Let each item be there `copies` times."""
    columns = list(ItemRecord._meta.fields_db_projection.values())
    for n in range(1, copies):
        values = (
            COPY.get(column, column).format(n=n, column=column, apart=n * APART)
            for column in columns
        )
        statement = (
            f"INSERT INTO item ({', '.join(columns)}) SELECT {', '.join(values)} FROM item "
            f"WHERE id < {APART} AND NOT EXISTS (SELECT 1 FROM item WHERE id >= {n * APART})"
        )
        if database.writing.dialect is Dialect.SQLITE:
            await database.writing.change(statement)
        else:  # longer than a statement of ours may take
            await at_server(url, statement)
    if copies > 1:
        await tidied(database, url)


async def tidied(database: Database, url: str) -> None:
    """What time does by itself: statistics, and on PostgreSQL what autovacuum notes down, without
    which an index alone answers nothing."""
    if database.writing.dialect is Dialect.SQLITE:
        await database.writing.change("ANALYZE")
    else:  # longer than a statement of ours may take
        await at_server(url, "VACUUM ANALYZE")


async def middle_of(connection: Connection) -> tuple[str, int]:
    """The place in the order of SKUs that as many items are before as behind."""
    row = await connection.row(
        "SELECT sku_order, id FROM item ORDER BY sku_order, id "
        "LIMIT 1 OFFSET (SELECT count(*) / 2 FROM item)"
    )
    assert row is not None
    return row[0], row[1]


def pages(services: Services, count: int, middle: tuple[str, int]) -> dict[str, Page]:
    """The pages to time, by name."""
    catalogue = services.of(Catalogue)
    number = count // 3

    def page(
        wanted: ItemFilter | None = None,
        sort: ItemSort = ItemSort.SKU,
        descending: bool = False,
        after: tuple[object, int] | None = None,
    ) -> Page:
        return lambda: catalogue.page(wanted or ItemFilter(), sort, descending, PAGE, after)

    def search(text: str, **filters: Any) -> Page:
        return lambda: catalogue.ranked(ItemFilter(search=text, **filters), PAGE, None)

    found: dict[str, Page] = {}
    for sort in ItemSort:
        found[f"by {sort.name}"] = page(sort=sort)
        found[f"by {sort.name}, descending"] = page(sort=sort, descending=True)
    found["from the middle"] = page(after=middle)
    found["one category"] = page(ItemFilter(categories=("category 7",)))
    found["low stock, by name"] = page(ItemFilter(statuses=(StockStatus.LOW_STOCK,)), ItemSort.NAME)
    found["categories"] = lambda: services.of(Categories).page(None, False, PAGE, None)
    for name, text in {
        "a rare word": f"{number:07d}",
        "a common word": "hammer",
        "two common words": "red hammer",
        "common and rare": f"sku {number:07d}",
    }.items():
        found[f"{name}, by NAME"] = page(ItemFilter(search=text), ItemSort.NAME)
        found[f"search: {name}"] = search(text)
    found["search: an exact SKU"] = search(f"SKU-{number:07d}")
    found["search: an exact barcode"] = search(f"40{number // 3 * 3:011d}")
    found["search: the beginning of SKUs"] = search("SKU-0")
    found["search: the end of a SKU"] = search(f"{number:07d}"[-4:])
    found["search: an inner part"] = search("4148")
    found["search: M4, before M40"] = search("M4")
    found["search: without punctuation"] = search("HAM16")
    found["search: with punctuation"] = search("HAM-16")
    found["search: 螺丝 in a longer word"] = search("螺丝")
    found["search: one character of it"] = search("丝")
    found["search: one letter"] = search("h")
    found["search: common and a beginning"] = search("hammer 12")
    found["search: in descriptions"] = search("sturdy", search_description=True)
    found["search: in a category"] = search("hammer", categories=("category 7",))
    found["search: nothing, with a typo"] = search("hamer")
    found["suggestions: hamer"] = lambda: catalogue.suggestions(ItemFilter(search="hamer"))
    return found


@dataclass(frozen=True, slots=True)
class Result:
    """times: milliseconds of each page, by name; items_s: filled in a second, NaN when they were
    there; index: bytes an item that the terms take, with their index."""

    times: dict[str, list[float]]
    items_s: float
    index: float


async def time_pages(count: int, copies: int, database_url: str) -> Result:
    await migrate_at(database_url)
    async with open_services(read_settings(database_url=database_url)) as services:
        items_s = await fill(services.database, database_url, count, random.Random(1))  # noqa: S311
        await copied(services.database, database_url, copies)
        middle = await middle_of(services.database.scanning)
        taken: dict[str, list[float]] = {}
        for name, page in pages(services, count, middle).items():
            await page()
            times = []
            for _ in range(TIMES):
                began = time.perf_counter()
                await page()
                times.append((time.perf_counter() - began) * 1_000)
            taken[name] = sorted(times)
        return Result(taken, items_s, await term_bytes(services.database.scanning) / count)


async def term_bytes(connection: Connection) -> int:
    """What the terms take: the table, its key and its index, and the text in each item."""
    if connection.dialect is Dialect.SQLITE:
        tables = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name LIKE 'item_term%'"
    else:
        tables = "SELECT pg_total_relation_size('item_term')"
    row = await connection.row(f"SELECT ({tables}) + (SELECT sum(length(search_text)) FROM item)")
    assert row is not None
    return int(row[0])


@contextmanager
def fresh(server: str | None, kept: str | None) -> Iterator[str]:
    """The URL of an empty database, gone afterwards; or the one that is kept."""
    if kept is not None:
        yield kept
        return
    if server is None:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite://{Path(folder) / 'scale.sqlite3'}"
        return
    name = f"scale_{os.getpid()}"
    asyncio.run(at_server(server, f"CREATE DATABASE {name}"))
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        asyncio.run(at_server(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def at_server(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def main(
    items: Annotated[list[int] | None, typer.Option(help="How many items; repeatable.")] = None,
    server: Annotated[
        str | None, typer.Option(help="A PostgreSQL server's URL; an SQLite file if absent.")
    ] = None,
    copies: Annotated[int, typer.Option(min=1, help="How often each item is there.")] = 1,
    kept: Annotated[
        str | None, typer.Option(help="A database to fill as far as it is not, and to leave.")
    ] = None,
) -> None:
    """Time pages of items at several sizes of the table."""
    if kept is not None and (server is not None or len(items or []) != 1):
        raise WrongUsage("--kept: with one --items, and no --server")
    if any(size < 1 for size in items or []):
        raise WrongUsage("--items: at least 1")
    sizes = items or [1_000, 1_000_000]
    console = Console()
    results: list[Result] = []
    for size in sizes:
        with (
            console.status(f"filling and timing {size * copies:,} items"),
            fresh(server, kept) as url,
        ):
            results.append(asyncio.run(time_pages(size, copies, url)))
    table = Table("page of 50", *(f"{size * copies:,} items: p50, p99 ms" for size in sizes))
    for name in results[0].times:
        row = [result.times[name] for result in results]
        table.add_row(name, *(f"{statistics.median(t):.2f} {t[-1]:.2f}" for t in row))
    table.add_row("items filled in a second", *(f"{result.items_s:,.0f}" for result in results))
    table.add_row("bytes of an item's terms", *(f"{result.index:,.0f}" for result in results))
    console.print(table)


if __name__ == "__main__":
    launch("scale", main)
