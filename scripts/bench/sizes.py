"""How large it gets: bytes of an item, bytes of a movement with all that it brings, memory.

    python scripts/bench/sizes.py [--items 20000] [--batches 80]

A server of this checkout is started on an empty SQLite database. Items are imported by the
command, as users do it, and moved in batches of 250 lines over HTTP; after each step the database
is compacted into a copy and that is measured. An item's bytes have its search terms, its level, its
first movement and its first event inside; a movement's have its event and its share of the
idempotency key. Memory is what the server holds in RAM, at its start and at the end.
"""

from __future__ import annotations

import csv
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Annotated

import documents
import typer
from contestants import (
    EMAIL,
    PASSWORD,
    PATH,
    ROOT,
    Running,
    our_command,
    our_database,
    our_env,
    our_program,
)
from processes import await_ready, free_ports, rss_bytes, started
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

LINES = 250  # of a batch: the most there may be
IMPORT_TIMEOUT_S = 900


def write_items(path: Path, count: int) -> None:
    """A CSV file of items as a shop has them."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sku", "name", "category", "unit", "price", "initialStock", "minStock"])
        for number in range(count):
            name = f"Screw, steel, {number % 97} mm, box {number}"
            rows.writerow([f"SCREW-{number:06}", name, "Fasteners", "box", "4.95", 500, 10])


def imported(folder: Path, count: int) -> None:
    """Import that many items. Raises RuntimeError with what the command said."""
    write_items(folder / "items.csv", count)
    done = subprocess.run(
        [*our_program(), "import-items", str(folder / "items.csv")],
        cwd=ROOT,
        env={**os.environ, **our_env(0, folder)},
        check=False,
        capture_output=True,
        timeout=IMPORT_TIMEOUT_S,
    )
    if done.returncode:
        raise RuntimeError(f"import-items: {done.stderr.decode()[-300:].strip()}")


def stored_bytes(folder: Path) -> int:
    """What the database takes when nothing in it is empty."""
    compact = folder / "compact.sqlite3"
    compact.unlink(missing_ok=True)
    with closing(sqlite3.connect(folder / "ours.sqlite3")) as connection:
        connection.execute("VACUUM INTO ?", (str(compact),))
    return compact.stat().st_size


def move(running: Running, items: int, batches: int) -> None:
    """So many batches, over all items in turn."""
    for batch in range(batches):
        lines = [
            {
                "item": {"sku": f"SCREW-{(batch * LINES + line) % items:06}"},
                "quantity": -1,
                "actionType": "SALE",
            }
            for line in range(LINES)
        ]
        wanted = {"idempotencyKey": f"sizes {batch}", "lines": lines}
        told = running.ask(documents.ADJUST_BATCH, {"input": wanted})["adjustStockBatch"]
        if told["userErrors"]:
            raise RuntimeError(f"refused: {told['userErrors'][0]['code']}")


def measured(items: int, batches: int) -> list[tuple[str, str]]:
    """The figures, each with its words."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        our_database(folder)
        (port,) = free_ports(1)
        log = folder / "server.log"
        command = our_command(port, port, folder)
        with started(command, our_env(port, folder), folder, log) as process:
            await_ready(process, port, PATH, log)
            memory = [rss_bytes(process.pid)]
            sizes = [stored_bytes(folder)]
            imported(folder, items)
            sizes.append(stored_bytes(folder))
            running = Running(process.pid, port, port, {})
            who = {"input": {"email": EMAIL, "password": PASSWORD}}
            token = running.ask(documents.LOGIN, who)["login"]["accessToken"]
            running.headers = {"Authorization": f"Bearer {token}"}
            move(running, items, batches)
            sizes.append(stored_bytes(folder))
            memory.append(rss_bytes(process.pid))
    empty, filled, moved = sizes
    return [
        ("an empty database, KB", f"{empty / 1_000:,.0f}"),
        ("an item, bytes", f"{(filled - empty) / items:,.0f}"),
        ("a movement with its event, bytes", f"{(moved - filled) / (batches * LINES):,.0f}"),
        ("memory of a server at its start, MB", f"{memory[0] / 1e6:,.0f}"),
        ("memory after these movements, MB", f"{memory[1] / 1e6:,.0f}"),
    ]


def main(
    items: Annotated[int, typer.Option(min=LINES, help="How many are imported.")] = 20_000,
    batches: Annotated[int, typer.Option(min=1, help="Of 250 movements each.")] = 80,
) -> None:
    """Measure what is stored and what is kept in memory."""
    table = Table("what", "how much", title=f"{items:,} items, {batches * LINES:,} movements")
    for words, figure in measured(items, batches):
        table.add_row(words, figure)
    Console().print(table)


if __name__ == "__main__":
    launch("sizes", main)
