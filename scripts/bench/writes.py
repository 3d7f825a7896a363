"""What a change costs: adjustStock and batches over HTTP, in CPU, beside who writes plainly.

    .venv/bin/python scripts/bench/writes.py [--seconds 5] [--rounds 3] [--quick]

Contestants take turns, so that a busy machine is busy for all of them; medians of the rounds. CPU
is the server's own, user and system, so that it says the same on a machine that has other things
to do. adjustStock: 16 clients, 1,000 items. Batches: 250 lines, 4 clients. Beside adjustStock
stands naive_tortoise.py; beside batches raw sqlite3, which inserts as many rows as our movements
alone, 250 in a transaction: no event, level, key or alert. SQLite is synchronous=FULL for all.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated

import contestants
import fixtures
import typer
from contestants import CONTESTANTS, Contestant
from processes import cpu_seconds
from rich.console import Console
from rich.table import Table
from sessions import BATCH_VARIANTS, Bench, Plan, bench

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

WARM_UP_S = 1.0
QUICK_S = 2.0
RAW_ROWS = 50_000
LINES = contestants.BATCH_LINES_MAX

Figures = dict[str, float]


def _quiet(_: str) -> None:
    """Nobody follows the load generator's progress."""


def loaded(at: Bench, bodies: list[str], clients: int) -> tuple[float, float]:
    """Requests a second, and the server's CPU of each in µs."""
    at.http(bodies, clients)  # what is first is dearer
    cpu = cpu_seconds(at.running.pid)
    result = at.http(bodies, clients)
    used = cpu_seconds(at.running.pid) - cpu
    return result["per_second"], used / result["requests"] * 1e6


def adjusting(who: Contestant, plan: Plan) -> Figures:
    with bench(who, plan, _quiet, fixtures.ITEMS_COUNT) as at:
        bodies = [contestants.adjust_body(item) for item in at.running.item_ids]
        rate, cpu_us = loaded(at, bodies, 16)
    return {f"adjustStock, {who.label}: requests/s": rate, f"adjustStock, {who.label}: µs": cpu_us}


def batching(who: Contestant, plan: Plan) -> Figures:
    with bench(who, plan, _quiet, fixtures.ITEMS_COUNT) as at:
        ids = cycle(at.running.item_ids)
        bodies = [
            contestants.batch_body(",".join(map(contestants.stock_line, islice(ids, LINES))))
            for _ in range(BATCH_VARIANTS)
        ]
        rate, cpu_us = loaded(at, bodies, 4)
    name = f"batches, {who.label}"
    return {f"{name}: movements/s": rate * LINES, f"{name}: µs a movement": cpu_us / LINES}


def raw_sqlite() -> Figures:
    """Rows like a movement's, without anything beside them."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "raw.sqlite3", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(
            "CREATE TABLE movement (id INTEGER PRIMARY KEY, item INTEGER, place INTEGER, "
            "action TEXT, quantity INTEGER, old INTEGER, new INTEGER, at INTEGER)"
        )
        connection.execute("CREATE INDEX by_item ON movement (item, id)")
        began, cpu = time.perf_counter(), time.process_time()
        for first in range(0, RAW_ROWS, LINES):
            connection.execute("BEGIN")
            connection.executemany(
                "INSERT INTO movement VALUES (?, ?, 1, 'RECEIPT', 1, ?, ?, ?)",
                [(n, n % 1_000, n, n + 1, n) for n in range(first, first + LINES)],
            )
            connection.execute("COMMIT")
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        connection.close()
    name = "raw sqlite3, grouped"
    return {f"{name}: movements/s": RAW_ROWS / took, f"{name}: µs a movement": cpu / RAW_ROWS * 1e6}


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Of each measure.")] = 5.0,
    rounds: Annotated[int, typer.Option(min=1, help="Of all measures.")] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="One round of 2 s.")] = False,
) -> None:
    """Print medians of all rounds."""
    if quick:
        seconds, rounds = QUICK_S, 1
    plan = Plan(http_s=seconds, http_warmup_s=WARM_UP_S)
    ours, naive = (next(c for c in CONTESTANTS if c.key == key) for key in ("ours", "naive"))
    found: dict[str, list[float]] = {}
    measures: list[Callable[[], Figures]] = [
        lambda: adjusting(ours, plan),
        lambda: adjusting(naive, plan),
        lambda: batching(ours, plan),
        raw_sqlite,
    ]
    for _ in range(rounds):
        for measure in measures:
            for name, value in measure().items():
                found.setdefault(name, []).append(value)
    table = Table("what", "median", *(str(n + 1) for n in range(rounds)))
    for name, values in found.items():
        table.add_row(name, f"{statistics.median(values):,.0f}", *(f"{v:,.0f}" for v in values))
    Console().print(table)


if __name__ == "__main__":
    launch("writes", main)
