"""Plays a real year of retail sales through the public API, as any client could; run by people.

    .venv/bin/python scripts/replay.py ../shared/data/uci-online-retail/online_retail.csv.xz

How rows become movements, and why nothing is ever booked twice, stands in clients/retail.py.
The rows go in lanes: a SKU belongs to one lane, and each lane has one command under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import typer
from clients.options import (
    URL_DEFAULT,
    AttemptsOption,
    EmailOption,
    PasswordOption,
    UrlOption,
    endpoint,
    launch,
    run,
)
from clients.retail import (
    Command,
    Movement,
    NewItem,
    Options,
    Plan,
    Year,
    line_of,
    lot_of,
    plan_of,
    read_year,
)
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from graphql_api.client.account import Account, Credentials, Failed, Operation, signed_in
from graphql_api.client.feed import Change, Feed, State, Stream
from graphql_api.client.tasks import all_to_end, first_to_end
from graphql_api.kernel.tasks import ended

FIELDS_PER_REQUEST = 10  # the server's limit of root fields; requests are dearer than fields
REQUESTS_AT_ONCE = 8  # while the order does not matter: creating items, buying
PAGE = 100  # the server's limit
ALERTS_QUIET_S = 0.5  # without a further alert, those of the last commands have arrived
ALERTS_WAIT_MOST_S = 10.0
STARVED_S = 60.0  # a sale that the buyer could not make possible in this time never will be
FEED_ATTEMPTS = 10  # the feed outlives a restart of the server, as the commands do

BOOK = Operation(
    "mutation Book($input: AdjustStockBatchInput!) { adjustStockBatch(input: $input)"
    " { applied replayed cursor userErrors { code message field } } }"
)
HEAD = Operation("query Head { syncCursor }")
COUNT_ALERTS = Operation(
    "subscription CountAlerts($after: Cursor) { alertRaised(after: $after) { cursor } }"
)
LOW_ITEMS = Operation(
    "subscription LowItems($after: Cursor) { alertRaised(after: $after)"
    " { cursor alert { minStock item { sku } } } }"
)
STOCK = Operation(
    "query Stock($first: Int!, $after: String) {"
    " items(first: $first, after: $after, orderBy: { by: SKU })"
    " { nodes { sku stock } pageInfo { hasNextPage endCursor } } }"
)


@dataclass(slots=True)
class Tally:
    """What was done so far. sent: the rows' movements newly booked; replayed: booked before."""

    items: int = 0
    sent: int = 0
    replayed: int = 0
    alerts: int = 0
    bought: int = 0
    moved: Callable[[int], None] = field(default=lambda _: None)

    def booked(self, movements: int, replayed: bool) -> None:
        if replayed:
            self.replayed += movements
        else:
            self.sent += movements
        self.moved(movements)


class Pace:
    """When what happened then is due now. speed None: at once."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._origin: tuple[float, float] | None = None  # the file's time, this process's time

    async def wait(self, occurred_at: str) -> None:
        """Till it is due. Until `begins`, everything is: an earlier run has booked it."""
        if self._speed is None or self._origin is None:
            return
        then, now = self._origin
        await asyncio.sleep(now + (_seconds(occurred_at) - then) / self._speed - time.monotonic())

    def begins(self, occurred_at: str) -> None:
        """The first new command was booked: its time is now."""
        if self._speed is not None and self._origin is None:
            self._origin = _seconds(occurred_at), time.monotonic()


def _seconds(occurred_at: str) -> float:
    return datetime.fromisoformat(occurred_at).timestamp()


class Seller:
    """Creates the items and books what the plan says."""

    def __init__(
        self,
        account: Account,
        plan: Plan,
        tally: Tally,
        pace: Pace,
        restocked: asyncio.Event | None,
    ) -> None:
        """restocked: set whenever a buyer's order has come; None: there is no buyer."""
        self._account = account
        self._plan = plan
        self._tally = tally
        self._pace = pace
        self._restocked = restocked
        self._policy = "ABORT_ALL" if restocked is None else "SKIP_FAILED"

    async def open(self) -> str | None:
        """Create the items and book their opening stock; where in the log that began, the same
        in every run of a plan. Raises Failed."""
        # First of all the command that the server refuses when it has begun another plan for
        # these data; without the items it is refused, too, and leaves no trace.
        cursor = await self._begin(is_possible=False)
        items = self._plan.items
        some = (
            items[at : at + FIELDS_PER_REQUEST] for at in range(0, len(items), FIELDS_PER_REQUEST)
        )
        await _in_turns(some, self._create)
        cursor = cursor or await self._begin(is_possible=True)
        await _in_turns(self._plan.openings, self._book)
        return cursor

    async def _begin(self, is_possible: bool) -> str | None:
        """Book the plan's first command; its place in the log, None: its items are missing."""
        first = self._plan.first
        result = await self._send(first.key, first.movements, "ABORT_ALL")
        if not is_possible and any(e["code"] == "NOT_FOUND" for e in result["userErrors"]):
            return None
        if self._refused(first.movements, result["userErrors"]):
            raise Failed(result["userErrors"][0]["message"])
        self._count(first.movements, result)
        return str(result["cursor"])

    async def sell(self) -> None:
        """Book all lanes. Raises Failed."""
        await all_to_end([self._lane(lane) for lane in self._plan.lanes])

    async def _create(self, items: Sequence[NewItem]) -> None:
        operation = _several("createItem", "CreateItemInput", len(items))
        data = await self._account.call(operation, _inputs(_item_input(item) for item in items))
        for error in _errors(data):
            if error["code"] != "ALREADY_EXISTS":
                raise Failed(error["message"])
        self._tally.items += len(items)

    async def _lane(self, lane: Sequence[Command]) -> None:
        for command in lane:
            occurred_at = command.movements[0].occurred_at
            await self._pace.wait(occurred_at)
            if await self._book(command):
                self._pace.begins(occurred_at)

    async def _book(self, command: Command) -> bool:
        """Book all of a command; whether it was new, at least in part.

        With a buyer, lines that the stock does not cover are sent again, alone, until they are
        booked. A refused line leaves no trace, and what an answer refused is kept with its key;
        so a later run makes the same commands out of the same answers.
        """
        key, movements, part, is_new = command.key, command.movements, 0, False
        patience = time.monotonic() + STARVED_S
        while True:
            result = await self._send(key, movements, self._policy)
            if result["applied"]:
                self._count(movements, result)
                patience = time.monotonic() + STARVED_S
                part += 1
                key = f"{command.key}:part{part}"
            is_new = is_new or not result["replayed"]
            movements = self._refused(movements, result["userErrors"])
            if not movements:
                return is_new
            if time.monotonic() > patience:
                raise Failed(f"{movements[0].sku} is out of stock, and the buyer does not buy it")
            await self._delivery()

    def _count(self, movements: Sequence[Movement], result: dict[str, Any]) -> None:
        if movements[0].row:  # else they are receipts of an opening
            self._tally.booked(result["applied"], result["replayed"])

    async def _send(self, key: str, movements: Sequence[Movement], policy: str) -> Any:
        lines = [line_of(movement) for movement in movements]
        command = {"idempotencyKey": key, "lines": lines, "onError": policy}
        data = await self._account.call(BOOK, {"input": command})
        return data["adjustStockBatch"]

    def _refused(
        self, movements: Sequence[Movement], errors: Sequence[dict[str, Any]]
    ) -> tuple[Movement, ...]:
        """What is to be sent again. Raises Failed."""
        for error in errors:
            if error["code"] == "IDEMPOTENCY_KEY_REUSED":
                raise Failed(
                    "this server has begun a replay of these data with other options or rows: "
                    "go on with those, or use a fresh server"
                )
            if error["code"] != "INSUFFICIENT_STOCK" or self._restocked is None:
                raise Failed(error["message"])
        # A line's path is input, lines, its number, quantity.
        return tuple(movements[int(error["field"][2])] for error in errors)

    async def _delivery(self) -> None:
        """Till some order has come; a second at most, since it may have come just before."""
        assert self._restocked is not None
        self._restocked.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._restocked.wait()


class AlertCounter:
    """A listener of the feed that counts the alerts which are raised while it listens."""

    def __init__(self, account: Account, tally: Tally) -> None:
        self._account = account
        self._tally = tally
        self._heard = asyncio.Event()
        self.is_complete = True

    def event(self, stream: Stream, event: dict[str, Any]) -> None:
        self._tally.alerts += 1
        self._heard.set()

    def heartbeat(self, stream: Stream, cursor: str) -> None:
        """Nothing to count."""

    def changed(self, change: Change) -> None:
        self.is_complete = change.state is State.CONNECTED

    async def refused(self, stream: Stream, code: str) -> None:
        stream.cursor = (await self._account.call(HEAD))["syncCursor"]

    async def settle(self) -> None:
        """Till no more come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ALERTS_WAIT_MOST_S):
                while True:
                    self._heard.clear()
                    async with asyncio.timeout(ALERTS_QUIET_S):
                        await self._heard.wait()


class Buyer:
    """A client of its own that knows alertRaised alone: what runs low, it orders.

    An order's key is made of its alert's cursor. A later run hears the alerts of the earlier one
    again, from where the selling began, and orders what that one could not order any more.
    """

    def __init__(self, account: Account, plan: Plan, tally: Tally) -> None:
        self._account = account
        self._name = plan.name
        self._skus = {item.sku for item in plan.items}
        self._tally = tally
        self._orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.restocked = asyncio.Event()

    def event(self, stream: Stream, event: dict[str, Any]) -> None:
        alert = event["alert"]
        item = alert["item"]
        if item is not None and item["sku"] in self._skus and alert["minStock"]:
            order = {
                "idempotencyKey": f"{self._name}:bought:{event['cursor']}",
                "item": {"sku": item["sku"]},
                "quantity": lot_of(alert["minStock"]),
                "actionType": "RECEIPT",
                "reason": "ran low",
            }
            self._orders.put_nowait(order)

    def heartbeat(self, stream: Stream, cursor: str) -> None:
        """Nothing to buy."""

    def changed(self, change: Change) -> None:
        """Its orders wait as long as the connection is down."""

    async def refused(self, stream: Stream, code: str) -> None:
        raise Failed(f"the buyer's place in the log is no good any more ({code})")

    async def buy(self) -> None:
        """Carry out the orders, until cancelled. Raises Failed."""
        await all_to_end([self._work() for _ in range(REQUESTS_AT_ONCE)])

    async def finish(self) -> None:
        """Till no order waits."""
        await self._orders.join()

    async def _work(self) -> None:
        while True:
            orders = [await self._orders.get()]
            while len(orders) < FIELDS_PER_REQUEST and not self._orders.empty():
                orders.append(self._orders.get_nowait())
            operation = _several("adjustStock", "AdjustStockInput", len(orders))
            for error in _errors(await self._account.call(operation, _inputs(orders))):
                raise Failed(error["message"])
            self._tally.bought += len(orders)
            self.restocked.set()
            for _ in orders:
                self._orders.task_done()


async def _in_turns(
    works: Iterator[Any] | Sequence[Any], do: Callable[[Any], Awaitable[Any]]
) -> None:
    """`do` for all of `works`, several at once, begun in order. Raises what the first raised."""
    waiting = iter(works)

    async def worker() -> None:
        for work in waiting:
            await do(work)

    await all_to_end([worker() for _ in range(REQUESTS_AT_ONCE)])


@lru_cache
def _several(mutation: str, input_type: str, times: int) -> Operation:
    """A document that calls a mutation so many times, each call with an input of its own."""
    names = [f"i{number}" for number in range(times)]
    variables = ", ".join(f"${name}: {input_type}!" for name in names)
    fields = " ".join(
        f"{name}: {mutation}(input: ${name}) {{ userErrors {{ code message }} }}" for name in names
    )
    return Operation(f"mutation Several({variables}) {{ {fields} }}")


def _inputs(inputs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The variables of `_several`."""
    return {f"i{number}": given for number, given in enumerate(inputs)}


def _errors(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The userErrors of all that `_several` did."""
    return [error for payload in data.values() for error in payload["userErrors"]]


def _item_input(item: NewItem) -> dict[str, Any]:
    return {"sku": item.sku, "name": item.name, "price": item.price, "minStock": item.min_stock}


@asynccontextmanager
async def counting(account: Account, tally: Tally) -> AsyncIterator[AlertCounter]:
    """Count alerts while the context lasts. The replay does not need it: it fails alone."""
    counter = AlertCounter(account, tally)
    start = (await account.call(HEAD))["syncCursor"]
    stream = Stream("alert", "alertRaised", COUNT_ALERTS, start)
    feed = asyncio.create_task(Feed(account, [stream], counter, FEED_ATTEMPTS).run())
    try:
        yield counter
    finally:
        counter.is_complete = counter.is_complete and not feed.done()
        await ended([feed])


async def verify(account: Account, year: Year) -> int:
    """Compare the server's stock with what the file comes to; its sum. Raises Failed."""
    wanted = {sku: product.needed + product.balance for sku, product in year.products.items()}
    found: dict[str, int] = {}
    after = None
    while True:
        page = (await account.call(STOCK, {"first": PAGE, "after": after}))["items"]
        found |= {node["sku"]: node["stock"] for node in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    wrong = [sku for sku, stock in wanted.items() if found.get(sku) != stock]
    if wrong:
        sku = wrong[0]
        raise Failed(
            f"the stock of {len(wrong)} items is not what the file comes to (the first: {sku} has "
            f"{found.get(sku)}, not {wanted[sku]}): somebody else moves it; see --no-verify"
        )
    return sum(wanted.values())


@contextmanager
def progress_bar(console: Console, tally: Tally, movements: int) -> Iterator[None]:
    """Show how far the movements are, on a terminal."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f}/s  {task.fields[alerts]:,} alerts"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=movements, rate=0.0, alerts=0)

        def moved(some: int) -> None:
            progress.update(
                bar, advance=some, rate=progress.tasks[0].speed or 0.0, alerts=tally.alerts
            )

        tally.moved = moved
        yield


@dataclass(frozen=True, slots=True)
class Replay:
    """What is asked for."""

    credentials: Credentials
    year: Year
    plan: Plan
    speed: float | None
    has_buyer: bool
    verifies: bool
    attempts: int


async def play(replay: Replay, console: Console) -> None:
    """The whole replay, and its account on standard output. Raises Failed."""
    tally = Tally()
    async with signed_in(replay.credentials, replay.attempts) as account:
        account.told = console.print
        with progress_bar(console, tally, len(replay.year.movements)):
            began = time.monotonic()
            async with counting(account, tally) as counter:
                selling_s = await _trade(replay, account, tally)
                took_s = time.monotonic() - began
                await counter.settle()
        _say("rows read", f"{replay.year.rows:,}")
        _say("rows skipped", f"{replay.year.skipped:,}")
        _say("items", f"{tally.items:,}")
        _say("movements sent", f"{tally.sent:,}")
        _say("movements replayed", f"{tally.replayed:,}")
        if replay.has_buyer:
            _say("orders bought", f"{tally.bought:,}")
        _say("alerts seen", f"{tally.alerts:,}{'' if counter.is_complete else '+'}")
        _say("seconds", f"{took_s:.1f}")
        _say("movements a second", f"{len(replay.year.movements) / selling_s:,.0f}")
        if replay.verifies and not replay.has_buyer:
            _say("units, verified", f"{await verify(account, replay.year):,}")
    if not counter.is_complete:
        console.print("the live feed was lost: there were more alerts than those seen")


def _say(words: str, value: str) -> None:
    print(f"{words:20}{value:>12}")


async def _trade(replay: Replay, account: Account, tally: Tally) -> float:
    """Open, then sell, with a buyer beside it if wanted; how many seconds the selling took."""
    pace = Pace(replay.speed)
    if not replay.has_buyer:
        seller = Seller(account, replay.plan, tally, pace, None)
        await seller.open()
        began = time.monotonic()
        await seller.sell()
        return time.monotonic() - began
    async with signed_in(replay.credentials, replay.attempts) as own_account:
        buyer = Buyer(own_account, replay.plan, tally)
        seller = Seller(account, replay.plan, tally, pace, buyer.restocked)
        stream = Stream("alert", "alertRaised", LOW_ITEMS, await seller.open())
        feed = Feed(own_account, [stream], buyer, FEED_ATTEMPTS)
        began = time.monotonic()

        async def sell() -> None:
            await seller.sell()
            await buyer.finish()

        await first_to_end([sell(), buyer.buy(), feed.run()])
        return time.monotonic() - began


EPILOG = """
The retail year, flat out, then the same again, which books nothing:

  export INVENTORY_EMAIL=admin@example.com INVENTORY_PASSWORD=…

  replay.py ../shared/data/uci-online-retail/online_retail.csv.xz

  replay.py ../shared/data/uci-online-retail/online_retail.csv.xz

Its first days at an hour a second, from a small stock that a second client replenishes:

  replay.py FILE --rows 20000 --speed 3600 --buyer

It can be interrupted and run again: go on with the same file, --rows,
--batch, --lanes and --buyer, and with --speed if it was there (at any rate).
The server refuses others.

Exit codes: 0 done; 1 failed; 2 wrong usage.
"""


def main(
    file: Annotated[Path, typer.Argument(help="The rows: .csv.xz or .csv.", show_default=False)],
    email: EmailOption,
    password: PasswordOption,
    url: UrlOption = URL_DEFAULT,
    rows: Annotated[
        int | None, typer.Option(min=1, help="Only the file's first rows; opening stock for these.")
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(min=0.001, help="Times real time, 1 is real time. Without it: flat out."),
    ] = None,
    buyer: Annotated[
        bool,
        typer.Option(
            "--buyer",
            help="Open with little stock; a second client buys what alertRaised tells it. "
            "Sales wait for it, and may be passed by smaller ones of the same item. "
            "The final stock is then higher than the file's, and is not verified.",
        ),
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=250, help="Movements a request.")] = 250,
    lanes: Annotated[int, typer.Option(min=1, max=64, help="Requests under way at once.")] = 4,
    verify_: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Compare the final stock with the file's.")
    ] = True,
    attempts: AttemptsOption = 5,
) -> None:
    """Play a year of retail sales through the API: items, opening stock, every row in order."""
    credentials = Credentials(endpoint(url), email, password)
    gc.disable()  # half a million small tuples, none in a circle: reading takes half the time
    year = read_year(file, rows)
    plan = plan_of(year, Options(batch, lanes, speed is not None, buyer))
    gc.freeze()
    gc.enable()
    replay = Replay(credentials, year, plan, speed, buyer, verify_, attempts)
    try:
        run(play(replay, Console(stderr=True)))
    except KeyboardInterrupt:
        raise Failed("interrupted; the same command goes on where this one ended") from None


if __name__ == "__main__":
    launch("replay", main, EPILOG)
