"""What a question costs through the models, and by hand: why hot paths write their SQL.

    .venv/bin/python scripts/bench/models.py

Prints the median of 400 for each, in µs, on a new SQLite file.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from graphql_api.accounts.models import SessionRecord, UserRecord
from graphql_api.accounts.users import COLUMNS, user_from_row
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.process import migrate

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

TIMES, ROWS = 400, 200
ONE = f"SELECT {COLUMNS} FROM user_account WHERE id = ?"
PAGE = f"SELECT {COLUMNS} FROM user_account WHERE id > ? ORDER BY id LIMIT 50"
JOINED = (
    "SELECT s.id, u.role, u.active FROM session s JOIN user_account u ON u.id = s.user_id "
    "WHERE s.id = ?"
)
Ask = Callable[[], Awaitable[object]]


async def fill(writing: Connection) -> None:
    """Users with a session each."""
    for number in range(1, ROWS + 1):
        await writing.create(
            UserRecord, id=number, email=f"{number}", email_key=f"{number}", name="n", role="USER",
            active=True, password_hash="x", created_at=0,
        )  # fmt: skip
        await writing.create(
            SessionRecord, id=number, user_id=number, created_at=0, expires_at=number
        )


def questions(reading: Connection) -> dict[str, tuple[Ask, Ask]]:
    """What is asked → by hand, and through the models."""

    async def page() -> object:
        return [user_from_row(row) for row in await reading.rows(PAGE, 50)]

    return {
        "one row": (
            lambda: reading.row(ONE, 50),
            lambda: reading.models(UserRecord, lambda users: users.get(id=50)),
        ),
        "one row and what it refers to": (
            lambda: reading.row(JOINED, 50),
            lambda: reading.models(SessionRecord, lambda s: s.select_related("user").get(id=50)),
        ),
        "a page of 50": (
            page,
            lambda: reading.models(
                UserRecord, lambda users: users.filter(id__gt=50).order_by("id").limit(50)
            ),
        ),
    }


async def median_us(ask: Ask) -> float:
    """Of TIMES, after as many to get warm."""
    took = []
    for _ in range(2 * TIMES):
        began = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - began)
    return statistics.median(took[TIMES:]) * 1e6


async def measured() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite://{folder}/models.sqlite3")
        await database.open()
        try:
            await migrate(database)
            async with database.transaction() as connection:
                await fill(connection)
            for name, (by_hand, models) in questions(database.reading).items():
                print(f"{name:32}{await median_us(by_hand):8.0f}{await median_us(models):8.0f}")
        finally:
            await database.close()


def main() -> None:
    """Print the table."""
    asyncio.run(measured())


if __name__ == "__main__":
    launch("models", main)
