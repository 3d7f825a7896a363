"""The honest client beside an attack: what it waits for its answers is what the attack costs.

It is a process of its own, so that it is not the attackers' work that it measures. With a token it
reads items, changes the stock of one, and follows changes on a socket; without, it asks for
what anybody may. It asks for /healthz too.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from itertools import count
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from attacks.wire import Target, head, message, messages, operation, websocket
from graphql_api.kernel.tasks import ended

ANSWER_TIMEOUT_S = 30.0
LOST = float("inf")
QUERY, MUTATION, EVENT, HEALTH = "query", "mutation", "event", "healthz"
# Due so often, whether the answer before has come or not: waiting is counted whole.
EVERY_S = {QUERY: 0.05, MUTATION: 0.2, HEALTH: 0.2}

ITEMS = "{ viewer { id } items(first: 20) { edges { node { id sku stock } } } }"
NOBODYS = "{ __typename }"
ONE = "{ items(first: 1) { nodes { id } } }"
ADJUST = "mutation ($input: AdjustStockInput!) { adjustStock(input: $input) { item { stock } } }"
UPDATES = "subscription { inventoryUpdated { item { id } details { newStock } } }"

Waits = dict[str, list[float]]


class Honest:
    """Runs while the block lasts; then `waits` has the seconds of each answer, LOST for none."""

    def __init__(self, target: Target) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(target, theirs), daemon=True)
        self.waits: Waits = {}

    def __enter__(self) -> Self:
        self._process.start()
        self._ours.recv()  # it has begun
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with closing(self._ours):
            self._ours.send("end")
            if self._ours.poll(2 * ANSWER_TIMEOUT_S):
                self.waits = self._ours.recv()
        self._process.join(ANSWER_TIMEOUT_S)
        self._process.kill()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def p99_ms(self, what: str) -> float | None:
        """What all but one in a hundred waited at most; infinite if more were lost; None: it was
        never asked for."""
        ranked = sorted(self.waits.get(what, ()))
        return ranked[(len(ranked) * 99 - 1) // 100] * 1_000 if ranked else None

    @property
    def answers(self) -> int:
        return sum(map(len, self.waits.values()))

    @property
    def lost(self) -> int:
        return sum(waits.count(LOST) for waits in self.waits.values())


def _work(target: Target, pipe: Connection) -> None:
    asyncio.run(_ask_until_told(target, pipe))


async def _ask_until_told(target: Target, pipe: Connection) -> None:
    waits: Waits = {QUERY: [], HEALTH: []}
    item = await _first_item(target) if target.token else None
    events = Events()
    told = asyncio.create_task(_told(pipe))
    query = operation(target, ITEMS if target.token else NOBODYS, signed_in=True)
    health = head(target, "GET", "/healthz") + b"\r\n"
    asking: list[Awaitable[None]] = [
        _keep_asking(target, QUERY, lambda: query, _is_answered, waits, told),
        _keep_asking(target, HEALTH, lambda: health, _is_answered, waits, told),
    ]
    following: asyncio.Task[None] | None = None
    if item is not None:
        following = asyncio.create_task(events.follow(target, item))
        begun = asyncio.create_task(events.begun.wait())
        await asyncio.wait({begun, following}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()  # why it could not follow
        waits |= {MUTATION: [], EVENT: []}
        asking.append(_change_stock(target, item, events, waits, told))
    pipe.send("begun")
    await asyncio.gather(*asking)
    if following is not None:
        await ended([following])
    pipe.send(waits)


async def _told(pipe: Connection) -> None:
    """Return once there is word that it is the end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), ended.set)
    await ended.wait()
    loop.remove_reader(pipe.fileno())


async def _keep_asking(
    target: Target,
    what: str,
    request: Callable[[], bytes],
    judge: Callable[[int, bytes, float], Awaitable[bool]],
    waits: Waits,
    told: asyncio.Future[None],
) -> None:
    """Ask on a connection of its own, again on a new one when an answer did not come. judge:
    whether an answer is as it should be, given its status, its body, and when it was due."""
    due = time.monotonic()
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while not told.done():
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        answered = False
        with suppress(OSError, EOFError, ValueError, TimeoutError):
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                streams = streams or await asyncio.open_connection(target.host, target.port)
                status, body = await _ask(request(), *streams)
            waited_s = time.monotonic() - due
            answered = await judge(status, body, due)
        waits[what].append(waited_s if answered else LOST)
        if not answered and streams is not None:
            streams[1].transport.abort()
            streams = None
        due += EVERY_S[what]


async def _is_answered(status: int, body: bytes, _: float) -> bool:
    return status == 200 and b'"errors"' not in body


async def _ask(
    request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[int, bytes]:
    writer.write(request)
    told = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(told.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return int(told.split(b" ")[1]), await reader.readexactly(length)


async def _first_item(target: Target) -> str | None:
    """An item to change; None: there is none, or it cannot be read."""
    reader, writer = await asyncio.open_connection(target.host, target.port)
    try:
        _, body = await _ask(operation(target, ONE, signed_in=True), reader, writer)
        nodes = json.loads(body)["data"]["items"]["nodes"]
        return str(nodes[0]["id"]) if nodes else None
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None
    finally:
        writer.transport.abort()


async def _change_stock(
    target: Target, item: str, events: Events, waits: Waits, told: asyncio.Future[None]
) -> None:
    """Add one to the item's stock, again and again; each change must come over the socket too."""
    numbers, run = count(1), secrets.token_hex(8)

    def request() -> bytes:
        key = f"honest {run} {next(numbers)}"
        change = {"item": {"id": item}, "quantity": 1, "actionType": "RECEIPT"}
        return operation(target, ADJUST, True, input={"idempotencyKey": key, **change})

    async def judge(status: int, body: bytes, due: float) -> bool:
        if not await _is_answered(status, body, due):
            return False
        changed = (json.loads(body)["data"]["adjustStock"] or {}).get("item")
        if changed is None:
            return False
        waits[EVENT].append(await events.arrival(changed["stock"]) - due)
        return True

    await _keep_asking(target, MUTATION, request, judge, waits, told)


class Events:
    """When each change of an item came over a socket, by the stock after it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self._arrived: dict[int, asyncio.Future[float]] = {}

    async def arrival(self, stock: int) -> float:
        """When it came; LOST if it does not."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self._of(stock)
        return LOST

    def _of(self, stock: int) -> asyncio.Future[float]:
        loop = asyncio.get_running_loop()
        return self._arrived.setdefault(stock, loop.create_future())

    async def follow(self, target: Target, item: str) -> None:
        """Subscribe, and heed what comes until it is cancelled."""
        here = Target(target.host, target.port, target.token, is_honest=True)
        async with websocket(here) as opened:
            await opened.send(
                message({"id": "1", "type": "subscribe", "payload": {"query": UPDATES}})
            )
            await opened.send(message({"type": "ping", "payload": {"begun": True}}))
            async for told in messages(opened.reader):
                if told.get("type") == "pong":  # answered in order: it follows
                    self.begun.set()
                elif told.get("type") == "next":
                    self._heed(told["payload"]["data"]["inventoryUpdated"], item)

    def _heed(self, update: Any, item: str) -> None:
        if update["item"]["id"] == item and update["details"]:
            arrived = self._of(update["details"]["newStock"])
            if not arrived.done():
                arrived.set_result(time.monotonic())
