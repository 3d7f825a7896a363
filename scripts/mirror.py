"""Keeps a copy of the stock in a file, up to date within a second; run by people and by cron.

    .venv/bin/python scripts/mirror.py stock.sqlite3 --email viewer@example.com

An example of a client that may be killed at any instant: its place in the log is kept together
with the rows (clients/copies.py), so the next run goes on from exactly what the file holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from clients.copies import FIELDS, Copy, copy_in
from clients.options import (
    URL_DEFAULT,
    EmailOption,
    PasswordOption,
    UrlOption,
    endpoint,
    interruption,
    launch,
    run,
)

from graphql_api.client import Change, CursorRefused, InventoryClient, State
from graphql_api.client.tasks import first_to_end

PAGE = 100  # the server's limit
ITEMS = f"""query Items($first: Int!, $after: String) {{
  syncCursor items(first: $first, after: $after) {{
    nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
UPDATES = f"""subscription Updates($after: Cursor) {{
  inventoryUpdated(after: $after) {{ cursor item {{ {FIELDS} deletedAt archivedAt }} }}
}}"""


class Mirror:
    """Follows the stock into a copy, and keeps what it has every `every_s` seconds."""

    def __init__(self, copy: Copy, every_s: float) -> None:
        self._copy = copy
        self._every_s = every_s
        self._place: str | None = None  # of what was taken and not kept yet
        self._is_connected = False
        self._busy_at = time.monotonic()

    async def follow(self, client: InventoryClient) -> NoReturn:
        """Until cancelled. Raises Failed."""
        cursor = self._copy.place() or await self._begin(client)
        while True:
            try:
                await self._events(client, cursor)
            except CursorRefused as refused:
                _say(f"the server cannot tell what happened since ({refused.code}): all afresh")
                self._place = None  # what is not kept yet belongs to the old state
                cursor = await self._begin(client)

    async def keeping(self) -> NoReturn:
        """Keep what was taken, from time to time."""
        while True:
            await asyncio.sleep(self._every_s)
            self.keep()

    def keep(self) -> None:
        """Make what was taken last."""
        if self._place is not None:
            self._copy.keep(self._place)
            self._place = None

    def changed(self, change: Change) -> None:
        """Tell of the connection."""
        self._is_connected = change.state is State.CONNECTED
        self._busy_at = time.monotonic()
        if change.state is not State.CONNECTING:
            _say(": ".join(part for part in (change.state.value, change.reason) if part))

    async def idleness(self, quiet_s: float) -> None:
        """Till nothing has come for `quiet_s` while connected."""
        while True:
            left_s = self._busy_at + quiet_s - time.monotonic()
            if left_s <= 0 and self._is_connected:
                return
            await asyncio.sleep(max(left_s, 0.1))

    async def _begin(self, client: InventoryClient) -> str:
        """Read everything; the place before which the server stood when it was asked first."""
        self._copy.clear()
        cursor, after, count = "", None, 0
        while True:
            page = await client.execute(ITEMS, first=PAGE, after=after)
            cursor = cursor or page["syncCursor"]
            self._copy.put(page["items"]["nodes"])
            count += len(page["items"]["nodes"])
            if not page["items"]["pageInfo"]["hasNextPage"]:
                break
            after = page["items"]["pageInfo"]["endCursor"]
        self._copy.keep(cursor)
        _say(f"{count:,} items")
        return cursor

    async def _events(self, client: InventoryClient, cursor: str) -> None:
        async for event in client.subscribe(UPDATES, after=cursor, heartbeats=True):
            if "item" in event:
                item = event["item"]
                is_listed = item.pop("deletedAt") is None and item.pop("archivedAt") is None
                if is_listed:
                    self._copy.put([item])
                else:
                    self._copy.remove(item["id"])
                self._busy_at = time.monotonic()
            self._place = event["cursor"]


def _say(words: str) -> None:
    print(f"mirror: {words}", file=sys.stderr, flush=True)


async def mirror(
    url: str, email: str, password: str, copy: Copy, every_s: float, until_idle_s: float | None
) -> None:
    """Sign in and follow, until interrupted or idle. Raises Failed."""
    mirrored = Mirror(copy, every_s)
    async with InventoryClient(url, email, password, on_change=mirrored.changed) as client:
        works = [mirrored.follow(client), mirrored.keeping(), interruption()]
        if until_idle_s is not None:
            works.append(mirrored.idleness(until_idle_s))
        try:
            await first_to_end(works)
        finally:
            mirrored.keep()


EPILOG = """
Into SQLite, for ever; into CSV, from cron, only what is new since the last run:

  mirror.py stock.sqlite3

  mirror.py stock.csv --until-idle 2

What the role may not see is not in the copy. An item that is hidden from the
role later stays in it as it was; mirror as an ADMIN, or begin a new file.

Exit codes: 0 interrupted or idle; 1 failed; 2 wrong usage.
"""


def main(
    file: Annotated[
        Path,
        typer.Argument(help="The copy: .csv, or else SQLite.", show_default=False, dir_okay=False),
    ],
    email: EmailOption,
    password: PasswordOption,
    url: UrlOption = URL_DEFAULT,
    every: Annotated[
        float, typer.Option(min=0.01, help="Seconds between writes; a CSV file is written whole.")
    ] = 0.5,
    until_idle: Annotated[
        float | None, typer.Option(min=0.1, help="End after so many seconds without an event.")
    ] = None,
) -> None:
    """Mirror the stock into a file: all of it at first, then every change as it happens."""
    with contextlib.closing(copy_in(file)) as copy, contextlib.suppress(KeyboardInterrupt):
        run(mirror(endpoint(url), email, password, copy, every, until_idle))


if __name__ == "__main__":
    launch("mirror", main, EPILOG)
