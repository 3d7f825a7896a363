"""Does a page of the ledger take as long at a million movements as at a thousand?

    python scripts/bench/ledger.py [--movements 1000 --movements 1000000] [--database URL]

Fills a database with two years of made-up movements for each size, and times pages of 50 by every
filter through the use case that the schema calls, and the figures of 90 days. Some people, places
and words are of the oldest movements only, which a walk from the newest would find last. Prints
the median of many, in milliseconds. --database: an empty PostgreSQL database instead of an SQLite
file; with one size only.
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

from graphql_api.clock import DAY_US
from graphql_api.database.connection import Connection
from graphql_api.inventory.figures import CountedBy, Figures
from graphql_api.inventory.history import History
from graphql_api.inventory.movement_filter import MovementFilter
from graphql_api.inventory.movements import ActionType, Movement, insert_movements
from graphql_api.process import migrate_at, open_services
from graphql_api.services import Services
from graphql_api.settings import read_settings

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import WrongUsage, launch

PAGE = 51  # as the schema asks for 50
TIMES = 20
CHUNK = 5_000
SPAN_US = 2 * 365 * DAY_US
ITEMS = 20_000
FIRST_ID = 10_000_000  # of items; movements come after them
OLD = 3_000  # movements of a person and a place that nothing newer has
GONE_USER, GONE_PLACE = 999, 77
REVERSED = 0.005  # the part of the movements that was taken back
KINDS = [ActionType.SALE] * 60 + [ActionType.RECEIPT] * 25 + [ActionType.CORRECTION] * 15

Asked = Callable[[], Awaitable[object]]


def made_up(number: int, count: int, now_us: int, dice: random.Random) -> Movement:
    """The movement of this number, the oldest first."""
    recorded_us = now_us - SPAN_US + SPAN_US * number // count
    is_late = dice.random() < 0.1
    is_old = number < min(OLD, count // 10)
    reason = dice.choice([None, None, "sold at the counter", "broken seal"])
    return Movement(
        id=FIRST_ID + ITEMS + number,
        item_id=FIRST_ID + dice.randrange(ITEMS),
        location_id=GONE_PLACE if is_old else dice.randrange(1, 6),
        action_type=ActionType.WRITE_OFF if 5 <= number < 8 else dice.choice(KINDS),
        quantity=-1,
        old_stock=1,
        new_stock=0,
        reason="an elephant stepped on it" if number == count // 20 else reason,
        reference=f"INV-{2024 + 2 * number // count}-{number // 20:06d}",
        user_id=GONE_USER if is_old else dice.randrange(1, 30),
        occurred_at=recorded_us - (dice.randrange(7 * DAY_US) if is_late else 0),
        recorded_at=recorded_us,
    )


async def fill(connection: Connection, count: int, now_us: int, dice: random.Random) -> None:
    """Insert `count` movements with their words, and items for them."""
    await connection.change_many(
        "INSERT INTO item (id, sku, sku_key, name, name_key, search_text, description, unit, "
        "price, stock, min_stock, admins_only, version, created_at, updated_at) "
        "VALUES (?, ?, ?, '', '', '', '', '', 1, 1, 0, ?, 1, 0, 0)",
        [(FIRST_ID + n, f"s{n}", f"s{n}", int(n % 1_000 == 0)) for n in range(ITEMS)],
    )
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        await insert_movements(connection, [made_up(n, count, now_us, dice) for n in numbers])
    pairs = range(0, count - 1, max(2, round(1 / REVERSED)))
    ids = [FIRST_ID + ITEMS + n for n in pairs]
    await connection.change_many(
        "INSERT INTO reversal (id, other_id, reverses) VALUES (?, ?, ?)",
        [row for one in ids for row in ((one, one + 1, 0), (one + 1, one, 1))],
    )
    await connection.change("ANALYZE")


def asked(services: Services, count: int, now_us: int) -> dict[str, Asked]:
    """What to time, by name."""
    history, figures = services.of(History), services.of(Figures)
    year = {"occurred_from_us": now_us - SPAN_US, "occurred_to_us": now_us - SPAN_US // 2}
    week = {"occurred_from_us": now_us - 600 * DAY_US, "occurred_to_us": now_us - 593 * DAY_US}
    some = tuple(FIRST_ID + n for n in range(50))
    filters = {
        "all": {},
        "one item": {"item_ids": some[:1]},
        "fifty items": {"item_ids": some},
        "a place": {"location_ids": (3,)},
        "a place of long ago, and two others": {"location_ids": (1, 2, GONE_PLACE)},
        "a type": {"action_types": (ActionType.SALE,)},
        "a type that is rare": {"action_types": (ActionType.WRITE_OFF,)},
        "a person": {"user_ids": (7,)},
        "a person of long ago": {"user_ids": (GONE_USER,)},
        "reference: one invoice's number": {"reference": f"{count // 40:06d}"},
        "reference: a year's, long ago": {"reference": "INV-2024"},
        "reference: all": {"reference": "INV"},
        "reason: a rare word": {"reason": "elephant"},
        "reason: two common words": {"reason": "sold counter"},
        "a week, long ago": week,
        "a year": year,
        "a year, a person of long ago": {**year, "user_ids": (GONE_USER,)},
        "a year, one item": {**year, "item_ids": some[:1]},
    }

    def page(wanted: MovementFilter) -> Asked:
        return lambda: history.found(wanted, PAGE, None)

    found: dict[str, Asked] = {
        name: page(MovementFilter(**given, sees_admins=False))  # type: ignore[arg-type]  # mixed values
        for name, given in filters.items()
    }

    async def series() -> None:
        figures.forget()
        await figures.movement_series(90, False, "Europe/Berlin", CountedBy.OCCURRED)

    async def sellers() -> None:
        figures.forget()
        await figures.fastest_sellers(90, 10, False)

    return found | {"90 days, Berlin's": series, "what sells in 90 days": sellers}


async def time_all(count: int, url: str) -> dict[str, float]:
    """Milliseconds, by name."""
    if not url.startswith("sqlite:"):
        await migrate_at(url)
    async with open_services(read_settings(database_url=url)) as services:
        now_us = services.clock.now_us()
        await fill(services.database.writing, count, now_us, random.Random(1))  # noqa: S311
        taken: dict[str, float] = {}
        for name, ask in asked(services, count, now_us).items():
            await ask()
            times = []
            for _ in range(TIMES):
                began = time.perf_counter()
                await ask()
                times.append((time.perf_counter() - began) * 1_000)
            taken[name] = statistics.median(times)
        return taken


def main(
    movements: Annotated[
        list[int] | None, typer.Option(help="How many movements; repeatable.")
    ] = None,
    database: Annotated[str, typer.Option(help="An empty PostgreSQL database.")] = "",
) -> None:
    """Time pages of the ledger and figures at several sizes."""
    sizes = movements or [1_000, 1_000_000]
    if any(size < 100 for size in sizes):
        raise WrongUsage("--movements: at least 100")
    if database and len(sizes) > 1:
        raise WrongUsage("--database: with one size of --movements only")
    console = Console()
    results = []
    for size in sizes:
        with (
            console.status(f"filling and timing {size:,} movements"),
            tempfile.TemporaryDirectory() as folder,
        ):
            url = database or f"sqlite://{Path(folder) / 'ledger.sqlite3'}"
            results.append(asyncio.run(time_all(size, url)))
    table = Table("page of 50", *(f"{size:,} movements, ms" for size in sizes))
    for name in results[0]:
        table.add_row(name, *(f"{result[name]:.2f}" for result in results))
    console.print(table)


if __name__ == "__main__":
    launch("ledger", main)
