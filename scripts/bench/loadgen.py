"""The load generator: a process of its own that run.py commands over a pipe.

Reads one JSON command a line from standard input, answers one JSON line on standard output:
{"result": …}, {"error": "…"}, and {"progress": "…"} in between. It ends when its input ends.
Times are in seconds unless a name says otherwise. The clock is time.perf_counter, and all
latencies are between two readings of this process, except `stamp_…`, which begins at the
`timestamp` that the server wrote into the event (the same machine's clock).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import resource
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from datetime import datetime
from itertools import cycle
from typing import Any

import uvloop
from http_client import BadReply, Caller, ClosedLoop, Target, percentile
from subscribers import Board, Endpoint, SocketFailed, Subscriber, each, open_one

Command = dict[str, Any]
PROGRESS_INTERVAL_S = 0.5
SETTLE_ROUNDS = 5
CONNECTIONS = 64  # of the trigger; a change that waits for one looks like the server's lag


def say(message: dict[str, Any]) -> None:
    """One line to run.py."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Trigger:
    """Makes the server publish events, by HTTP, the way that the contestant's facts tell.

    `single` is a request body for one event, `batch` one for `count` events of which `batch_max`
    go into one request; __KEY__ becomes a fresh key, __COUNT__ a number, and __LINES__ that many
    copies of `line`.
    """

    def __init__(self, facts: Command) -> None:
        self._facts = facts
        target = Target(facts["host"], facts["port"], facts["path"], facts["headers"])
        self.caller = Caller(target, CONNECTIONS)

    def single(self) -> bytes:
        return self._fill(str(self._facts["single"]))

    def batches(self, count: int) -> list[bytes]:
        """Bodies which together emit `count` events."""
        most = int(self._facts["batch_max"])
        sizes = [most] * (count // most) + ([count % most] if count % most else [])
        return [self._batch(size) for size in sizes]

    def _batch(self, size: int) -> bytes:
        text = str(self._facts["batch"]).replace("__COUNT__", str(size))
        return self._fill(text.replace("__LINES__", ",".join([str(self._facts["line"])] * size)))

    @staticmethod
    def _fill(text: str) -> bytes:
        return text.replace("__KEY__", uuid.uuid4().hex).encode()


class Session:
    """The sockets of one server and the measures taken on them."""

    def __init__(self) -> None:
        self.board = Board()
        self.subscribers: list[Subscriber] = []
        self._trigger: Trigger | None = None
        self.commands: dict[str, Callable[[Command], Awaitable[Any]]] = {
            "open": self.open,
            "emit": self.emit,
            "expect": self.expect,
            "arrived": self.arrived,
            "burst": self.burst,
            "stream": self.stream,
            "paced": self.paced,
            "resume": self.resume,
            "http": self.http,
        }

    @property
    def trigger(self) -> Trigger:
        assert self._trigger is not None, "the command `open` comes first"
        return self._trigger

    async def open(self, command: Command) -> Command:
        """Open `sockets` more, acknowledged and, with `documents`, subscribed and settled.

        Socket number i subscribes with documents[i % len(documents)].
        """
        if self._trigger is None:
            self._trigger = Trigger(command["trigger"])
            await self._trigger.caller.open()
        started = time.perf_counter()
        first = len(self.subscribers)
        endpoint = Endpoint(
            command["host"], command["port"], command["path"], command["init_payload"]
        )
        numbers = range(first, first + command["sockets"])
        async with reporting(lambda: f"{len(self.subscribers):,} sockets open"):
            await each(numbers, lambda number: self._open_one(endpoint, number))
            if command["documents"]:
                await self._subscribe(self.subscribers[first:], command["documents"])
        seconds = time.perf_counter() - started
        if command["documents"]:
            await self._settle()
        return {"sockets": len(self.subscribers), "seconds": seconds}

    async def _open_one(self, endpoint: Endpoint, number: int) -> None:
        self.subscribers.append(await open_one(endpoint, self.board, number))

    async def _subscribe(self, subscribers: list[Subscriber], documents: list[str]) -> None:
        """Subscribe; a pong tells that the server has read what came before the ping."""

        async def subscribe(pair: tuple[Subscriber, str]) -> None:
            subscriber, document = pair
            subscriber.subscribe(str(uuid.uuid4()), {"query": document})
            await subscriber.ask({"type": "ping"})

        await each(zip(subscribers, cycle(documents), strict=False), subscribe)

    async def _settle(self) -> None:
        """Emit single events until one has reached every socket."""
        for _ in range(SETTLE_ROUNDS):
            self._expect(1)
            await self.trigger.caller.post(self.trigger.single())
            with contextlib.suppress(SocketFailed):
                await self.board.wait(3 + len(self.subscribers) / 1_000)
                return
            if self.board.failures:
                raise SocketFailed(self.board.failures[0])
        raise SocketFailed(f"{self.board.missing} sockets never got an event")

    def _expect(self, events: int, keep_samples: bool = False) -> None:
        self.board.expect(len(self.subscribers), events, keep_samples)
        for subscriber in self.subscribers:
            subscriber.seen = 0

    async def _wait(self, timeout_s: float) -> None:
        total = self.board.missing
        async with reporting(lambda: f"{1 - self.board.missing / total:.0%} received"):
            await self.board.wait(timeout_s)
        self._verify()

    def _verify(self) -> None:
        """All sockets must have ended on the same stock, without an error and without surplus."""
        ends = {newest_stock(subscriber.last) for subscriber in self.subscribers}
        if len(ends) != 1:
            raise SocketFailed(f"sockets ended on different stocks: {sorted(ends)[:5]}")
        if self.board.surplus:
            raise SocketFailed(f"{self.board.surplus} frames more than events")

    async def emit(self, command: Command) -> Command:
        """Publish `count` events, two batches in flight, and wait for the server's answers."""
        async with reporting(lambda: "publishing"):
            await self._post_all(self.trigger.batches(command["count"]), parallel=2)
        return {"count": command["count"]}

    async def _post_all(self, bodies: list[bytes], parallel: int) -> None:
        async def post(body: bytes) -> None:
            await self.trigger.caller.post(body)

        await each(bodies, post, parallel)

    async def expect(self, command: Command) -> Command:
        """Get ready for `count` events that somebody else publishes; `arrived` waits for them."""
        self._expect(command["count"])
        return {}

    async def arrived(self, command: Command) -> Command:
        """Until all sockets have what `expect` told of. stock: what the last event told."""
        await self._wait(command["timeout_s"])
        stock = newest_stock(self.subscribers[0].last)
        return {"sockets": len(self.subscribers), "stock": stock}

    async def burst(self, command: Command) -> Command:
        """`count` events published as fast as the server takes them, in batches."""
        bodies = self.trigger.batches(command["count"])
        return await self._saturate(command, bodies, parallel=4)

    async def stream(self, command: Command) -> Command:
        """`count` events, each by a request of its own, from `parallel` clients."""
        bodies = [self.trigger.single() for _ in range(command["count"])]
        return await self._saturate(command, bodies, parallel=command["parallel"])

    async def _saturate(self, command: Command, bodies: list[bytes], parallel: int) -> Command:
        events = int(command["count"])
        self._expect(events)
        started = time.perf_counter()
        posting = asyncio.create_task(self._post_all(bodies, parallel))
        posting.add_done_callback(self._note_failure)
        await self._wait(command["timeout_s"])
        await posting
        board = self.board
        frames = events * len(self.subscribers)
        span_s = board.last_at[-1] - board.first_at[0]
        return {
            "frames": frames,
            "frame_bytes": len(self.subscribers[0].last),
            "span_s": span_s,
            "until_last_s": board.last_at[-1] - started,
            "per_second": (frames - 1) / span_s if span_s > 0 else 0.0,
        }

    def _note_failure(self, posting: asyncio.Task[None]) -> None:
        if not posting.cancelled() and (error := posting.exception()):
            self.board.fail(describe(error))

    async def paced(self, command: Command) -> Command:
        """`rate` single events a second for `seconds`: when did the last socket have each?"""
        events = int(command["rate"] * command["seconds"])
        self._expect(events, keep_samples=True)
        sent_at: list[float] = []
        begin = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as tasks:
            for number in range(events):
                await asyncio.sleep(begin + number / command["rate"] - time.perf_counter())
                sent_at.append(time.perf_counter())
                tasks.create_task(self.trigger.caller.post(self.trigger.single()))
            await self._wait(command["timeout_s"])
        last_at = self.board.last_at
        from_trigger = [last - sent for last, sent in zip(last_at, sent_at, strict=True)]
        return {
            "trigger_to_last_s": from_trigger,
            "stamp_to_last_s": stamp_to_last(self.board.samples, last_at),
        }

    async def resume(self, command: Command) -> Command:
        """All open sockets subscribe at once `after` a cursor and must get `events` frames."""
        self._expect(command["events"])
        started = time.perf_counter()
        for subscriber in self.subscribers:
            subscriber.timed = True
            subscriber.subscribe(str(uuid.uuid4()), command["payload"])
        await self._wait(command["timeout_s"])
        firsts = [subscriber.first_after_s for subscriber in self.subscribers]
        seconds = max(self.board.last_at) - started
        return {
            "first_p50_s": percentile(firsts, 0.5),
            "first_max_s": max(firsts),
            "all_s": seconds,
            "per_second": command["events"] * len(self.subscribers) / seconds,
        }

    async def http(self, command: Command) -> Command:
        """A closed loop of `clients`; the bodies in turn, with __KEY__ made fresh in each."""
        bodies = cycle([str(body) for body in command["bodies"]])
        target = Target(command["host"], command["port"], command["path"], command["headers"])
        loop = ClosedLoop(target, key_filler(bodies))
        async with reporting(lambda: "requests under way"):
            result = await loop.run(
                command["clients"], command["seconds"], command["warmup_seconds"]
            )
        if result.failed or not result.latencies:
            sample = result.first_body[:300].decode()
            raise BadReply(f"{result.failed} failed of {len(result.latencies)}, such as {sample}")
        return {
            "requests": result.requests,
            "per_second": len(result.latencies) / result.seconds,
            "p50_s": percentile(result.latencies, 0.50),
            "p99_s": percentile(result.latencies, 0.99),
            "reply_bytes": len(result.first_body),
        }


def key_filler(bodies: Iterator[str]) -> Callable[[], bytes]:
    """Returns the next body with a key that was never used before."""

    def fill() -> bytes:
        return next(bodies).replace("__KEY__", uuid.uuid4().hex).encode()

    return fill


def newest_stock(frame: bytes) -> int:
    """details.newStock of one `next` frame. Raises SocketFailed for a frame that tells errors."""
    payload = json.loads(frame)["payload"]
    if payload.get("errors"):
        raise SocketFailed(frame[:300].decode())
    (update,) = payload["data"].values()
    return int(update["details"]["newStock"])


def stamp_to_last(samples: list[bytes], last_at: list[float]) -> list[float]:
    """Seconds from each event's own `timestamp` to its last socket."""
    offset = time.time() - time.perf_counter()
    latencies = []
    for sample, last in zip(samples, last_at, strict=True):
        (update,) = json.loads(sample)["payload"]["data"].values()
        latencies.append(last + offset - datetime.fromisoformat(update["timestamp"]).timestamp())
    return latencies


@contextlib.asynccontextmanager
async def reporting(text: Callable[[], str]) -> AsyncGenerator[None, None]:
    """Say how far it is, every PROGRESS_INTERVAL_S."""

    async def report() -> None:
        while True:
            await asyncio.sleep(PROGRESS_INTERVAL_S)
            say({"progress": text()})

    reporter = asyncio.create_task(report())
    try:
        yield
    finally:
        reporter.cancel()


def describe(error: BaseException) -> str:
    """One line; of a group of errors, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


async def main() -> None:
    """Obey until the input ends."""
    reader = asyncio.StreamReader(limit=2**26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    session = Session()
    while line := await reader.readline():
        command = json.loads(line)
        try:
            work = session.commands[command["do"]](command)
            async with asyncio.timeout(command["timeout_s"]):
                result = await work
            say({"result": result})
        except TimeoutError:
            say({"error": f"no end after {command['timeout_s']} s"})
        except Exception as error:  # told to run.py, which decides
            say({"error": describe(error)})


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # a run is short, and a collection over 10,000 sockets would look like the server
    uvloop.run(main())
