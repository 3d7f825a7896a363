"""Watches the stock live in a terminal, or as lines of JSON for another program; run by people.

    .venv/bin/python scripts/watch.py --url http://127.0.0.1:8000

An example of a client that misses nothing: it queries `syncCursor` together with the items, then
subscribes after that place, and comes back to its newest place after whatever interrupts it.
Both subscriptions share one socket; each has its own place in the log (graphql_api/client).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from clients.journal import EventFile, Journal, PlaceFile, Places
from clients.options import (
    URL_DEFAULT,
    AttemptsOption,
    EmailOption,
    PasswordOption,
    UrlOption,
    endpoint,
    interruption,
    launch,
    run,
)
from endings import writable
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphql_api.client.account import Account, Credentials, Failed, Operation, signed_in
from graphql_api.client.feed import Change, Feed, State, Stream
from graphql_api.client.tasks import first_to_end

PAGE = 100  # the server's limit
POLLING_MINUTES = {State.CONNECTED: 10.0, State.OFFLINE: 5.0}  # unless connection_ack tells others
INVENTORY, ALERT = "inventory", "alert"  # the streams, and the kinds of their events

ITEMS = Operation(
    "query Items($first: Int!, $after: String) { syncCursor"
    " items(first: $first, after: $after, orderBy: { by: SKU })"
    " { nodes { sku name stock minStock status price } pageInfo { hasNextPage endCursor } } }"
)
ALERTS = Operation(
    "query LiveAlerts($first: Int!, $after: String) {"
    " alerts(first: $first, after: $after, where: { statuses: [OPEN, ACKNOWLEDGED, SNOOZED] })"
    " { nodes { severity } pageInfo { hasNextPage endCursor } } }"
)
UPDATES = Operation(
    "subscription Updates($after: Cursor) { inventoryUpdated(after: $after) { cursor timestamp type"
    " item { id sku name stock minStock status version }"
    " details { oldStock newStock quantity actionType } } }"
)
RAISED = Operation(
    "subscription Raised($after: Cursor) { alertRaised(after: $after) { cursor timestamp"
    " alert { id type severity status title message itemId itemName currentStock minStock } } }"
)

STATUS_STYLES = {"IN_STOCK": "green", "LOW_STOCK": "yellow", "OUT_OF_STOCK": "red"}
SEVERITY_STYLES = {"LOW": "cyan", "MEDIUM": "yellow", "HIGH": "magenta", "CRITICAL": "bold red"}
STATE_STYLES = {State.CONNECTING: "yellow", State.CONNECTED: "green", State.OFFLINE: "red"}


def streams_from(places: Places) -> list[Stream]:
    """The two subscriptions at their places."""
    return [
        Stream(INVENTORY, "inventoryUpdated", UPDATES, places[INVENTORY]),
        Stream(ALERT, "alertRaised", RAISED, places[ALERT]),
    ]


def polling_of(greeting: dict[str, Any]) -> dict[State, float]:
    """Minutes between polls of the alerts, as connection_ack's payload has them."""
    told = greeting.get("polling")
    polling = dict(POLLING_MINUTES)
    for state, name in (
        (State.CONNECTED, "alertsMinutes"),
        (State.OFFLINE, "disconnectedAlertsMinutes"),
    ):
        minutes = told.get(name) if isinstance(told, dict) else None
        if isinstance(minutes, int | float) and minutes > 0:
            polling[state] = float(minutes)
    return polling


def words_of_change(change: Change) -> str:
    """A change of state, for people."""
    attempt = f"attempt {change.attempt} of {change.attempts}"
    match change:
        case Change(State.CONNECTED):
            return "connected"
        case Change(State.CONNECTING):
            return f"connecting, {attempt}" if change.attempt else "connecting"
        case Change(wait_s=None):
            return f"offline, {attempt} was the last: {change.reason}"
    return f"offline: {change.reason}; {attempt} in {change.wait_s:.0f} s"


def words_of_event(kind: str, event: dict[str, Any]) -> str:
    """An event as a line of rich's markup."""
    at = f"[dim]{event['timestamp'][11:19]}[/]"
    if kind == ALERT:
        alert = event["alert"]
        style = SEVERITY_STYLES.get(alert["severity"], "bold")
        told = f"{alert['type']:12} {alert['severity']:8}"
        return f"{at} [{style}]{told}[/] {escape(alert['message'])}"
    item, details = event["item"], event["details"]
    style = STATUS_STYLES.get(item["status"], "bold")
    name = escape(f"{item['sku']:10} {item['name'][:40]:40}")
    if details is None:
        return f"{at} {event['type']:12} {name} [{style}]{item['stock']:>8,}[/]"
    action, quantity = details["actionType"] or "", details["quantity"] or 0
    return f"{at} {action:12} {name} [{style}]{item['stock']:>8,}[/] [dim]{quantity:+,}[/]"


def table_of(items: list[dict[str, Any]], are_more: bool) -> Table:
    """The items, for people."""
    table = Table("SKU", "Name", title=f"The first {len(items)} items" if are_more else "Items")
    for column in ("Stock", "Minimum", "Price"):
        table.add_column(column, justify="right")
    table.add_column("Status")
    for item in items:
        style = STATUS_STYLES.get(item["status"], "bold")
        table.add_row(
            escape(item["sku"]),
            escape(item["name"]),
            f"{item['stock']:,}",
            f"{item['minStock']:,}",
            item["price"],
            f"[{style}]{item['status']}[/]",
        )
    return table


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for. rows: how many items the table shows, 0 no table; until_idle_s None:
    till it is interrupted; prints: events are shown to people, and not only to a machine."""

    rows: int
    until_idle_s: float | None
    prints: bool
    attempts: int


class Watch:
    """The feed's listener: shows and records what it hears, and polls beside it."""

    def __init__(
        self, account: Account, journals: list[Journal], console: Console, wishes: Wishes
    ) -> None:
        self._account = account
        self._journals = journals
        self._console = console
        self._wishes = wishes
        self._state = State.CONNECTING
        self._polling = POLLING_MINUTES
        self._state_changed = asyncio.Event()
        self._busy_at = time.monotonic()
        self._refreshing = asyncio.Lock()
        self._afresh: str | None = None  # what a refused place was replaced with on this socket

    async def watch(self) -> None:
        """Until interrupted, or idle for long enough. Raises Failed."""
        streams = streams_from(await self._begin())
        feed = Feed(self._account, streams, self, self._wishes.attempts)
        works = [feed.run(), self._poll(feed), interruption()]
        if self._wishes.until_idle_s is not None:
            works.append(self._idleness(self._wishes.until_idle_s))
        await first_to_end(works)

    def event(self, stream: Stream, event: dict[str, Any]) -> None:
        if self._wishes.prints:
            self._console.print(words_of_event(stream.name, event), soft_wrap=True, highlight=False)
        self._record(stream.name, {stream.name: event["cursor"]}, event)
        self._busy_at = time.monotonic()

    def heartbeat(self, stream: Stream, cursor: str) -> None:
        self._record("place", {stream.name: cursor}, {})

    def changed(self, change: Change) -> None:
        self._console.print(f"[{STATE_STYLES[change.state]}]●[/] {escape(words_of_change(change))}")
        self._state = change.state
        if change.state is State.CONNECTED:
            self._polling = polling_of(change.greeting)
            self._afresh = None
            self._busy_at = time.monotonic()
        elif change.state is State.OFFLINE and change.wait_s is None and self._wishes.until_idle_s:
            raise Failed(words_of_change(change))
        self._state_changed.set()

    async def refused(self, stream: Stream, code: str) -> None:
        self._console.print(
            f"[red]●[/] the server cannot tell what happened since the last {stream.name} ({code}):"
            " reading everything afresh"
        )
        async with self._refreshing:  # one query serves both streams
            if self._afresh is None or self._afresh == stream.cursor:
                self._afresh = await self._snapshot()
            stream.cursor = self._afresh
        self._record("reset", {stream.name: stream.cursor}, {"code": code})

    async def _begin(self) -> Places:
        """Show the table; the places to go on from: those kept, or the table's."""
        kept: Places = {}
        for journal in self._journals:
            kept |= journal.places()
        here = await self._snapshot()
        places = {INVENTORY: here, ALERT: here} | kept
        if places != kept:
            self._record("start", places, {})
        return places

    async def _snapshot(self) -> str:
        """Query the items and show them; where the log stood before that."""
        cursor, after = "", None
        items: list[dict[str, Any]] = []
        while True:
            left = max(self._wishes.rows - len(items), 1)
            page = await self._account.call(ITEMS, {"first": min(left, PAGE), "after": after})
            cursor = cursor or page["syncCursor"]
            items += page["items"]["nodes"]
            info = page["items"]["pageInfo"]
            after = info["endCursor"]
            if not info["hasNextPage"] or len(items) >= self._wishes.rows:
                break
        if self._wishes.rows:
            self._console.print(table_of(items, info["hasNextPage"]))
        return str(cursor)

    def _record(self, kind: str, places: Places, body: dict[str, Any]) -> None:
        for journal in self._journals:
            journal.record(kind, places, body)

    async def _poll(self, feed: Feed) -> NoReturn:
        """Look at the live alerts from time to time; more often without a connection."""
        last = time.monotonic()
        while True:
            state = State.CONNECTED if self._state is State.CONNECTED else State.OFFLINE
            wait_s = last + self._polling[state] * 60 - time.monotonic()
            self._state_changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(wait_s, 0)):
                    await self._state_changed.wait()
                continue
            last = time.monotonic()
            try:
                self._console.print(await self._live_alerts())
            except Failed as failed:
                self._console.print(f"[red]●[/] no news of the alerts: {escape(str(failed))}")
            else:
                feed.retry()

    async def _live_alerts(self) -> str:
        counts: Counter[str] = Counter()
        after = None
        while True:
            page = (await self._account.call(ALERTS, {"first": PAGE, "after": after}))["alerts"]
            counts.update(node["severity"] for node in page["nodes"])
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        by_severity = ", ".join(
            f"[{style}]{counts[severity]:,} {severity}[/]"
            for severity, style in reversed(SEVERITY_STYLES.items())
            if counts[severity]
        )
        return f"● {counts.total():,} live alerts{': ' * bool(counts)}{by_severity}"

    async def _idleness(self, quiet_s: float) -> None:
        """Till nothing has come for `quiet_s` while connected."""
        while True:
            left_s = self._busy_at + quiet_s - time.monotonic()
            if left_s <= 0 and self._state is State.CONNECTED:
                return
            await asyncio.sleep(max(left_s, 0.1))


@contextmanager
def journals_in(cursor_file: Path | None, jsonl: str | None) -> Iterator[list[Journal]]:
    """The journals that are asked for; the places of later ones count more."""
    with ExitStack() as files:
        journals: list[Journal] = []
        if cursor_file is not None:
            journals.append(PlaceFile(cursor_file))
        if jsonl is not None:
            path, mode = (jsonl, "a+b") if jsonl != "-" else (sys.stdout.fileno(), "wb")
            file = files.enter_context(open(path, mode, buffering=0, closefd=jsonl != "-"))
            journals.append(EventFile(file, jsonl, (INVENTORY, ALERT)))
        yield journals


async def watch(credentials: Credentials, journals: list[Journal], wishes: Wishes) -> None:
    """Sign in and watch. Raises Failed."""
    console = Console(stderr=not wishes.prints)
    async with signed_in(credentials, wishes.attempts) as account:
        await Watch(account, journals, console, wishes).watch()


EPILOG = """
Until Ctrl-C, and after a restart from where it was:

  watch.py --email admin@example.com --cursor-file ~/.inventory-cursor

For a program, each event once even if this is killed:

  watch.py --jsonl events.jsonl --no-table

A line of --jsonl is an object: kind (inventory or alert), cursor, the event.
Lines of other kinds tell places: start, place (nothing happened up to it),
reset (the server cannot tell what happened: everything was read afresh).

Exit codes: 0 interrupted or idle; 1 failed; 2 wrong usage.
"""


def main(
    email: EmailOption,
    password: PasswordOption,
    url: UrlOption = URL_DEFAULT,
    cursor_file: Annotated[
        Path | None, typer.Option(help="Keeps the place over restarts.", dir_okay=False)
    ] = None,
    jsonl: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            help="Append a line of JSON for each event, go on after the last one, and tell people "
            "the rest on standard error.",
        ),
    ] = None,
    until_idle: Annotated[
        float | None, typer.Option(min=0.1, help="End after so many seconds without an event.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many items the table shows.")] = 50,
    no_table: Annotated[bool, typer.Option("--no-table", help="Leave the table out.")] = False,
    attempts: AttemptsOption = 5,
) -> None:
    """Show the items, then every change and alert as it happens; nothing twice, nothing missed.

    A lost connection is tried again after 1, 2, 4 … seconds. After the last
    attempt it stays offline, polls the alerts, and connects again as soon as
    a poll is answered.
    """
    credentials = Credentials(endpoint(url), email, password)
    if cursor_file is not None:
        writable(cursor_file, "--cursor-file")
    wishes = Wishes(0 if no_table else rows, until_idle, jsonl is None, attempts)
    with journals_in(cursor_file, jsonl) as journals, contextlib.suppress(KeyboardInterrupt):
        run(watch(credentials, journals, wishes))


if __name__ == "__main__":
    launch("watch", main, EPILOG)
