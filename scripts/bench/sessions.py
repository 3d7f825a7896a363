"""How each measure is taken: one contestant started afresh, its sockets opened, figures returned.

Every function here returns figures by measure key (measures.py). A contestant's process lives for
one session only, so that nothing that one session leaves behind is seen by the next.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import contestants
import documents
import fixtures
from contestants import HOST, PATH, Contestant, Running
from http_client import percentile
from loadclient import LoadGenerator, load_generator
from measures import LATENCY_RATE
from processes import cpu_seconds, rss_bytes

BURST_EVENTS_MIN = 3
BURST_EVENTS_MAX = 5_000
WARM_SOCKETS = 100  # open before memory is first read, so that one-time costs are not counted
IDLE_S = 1.0
SATURATED_S = 2.0  # a queue that only grows needs no longer look
BATCH_VARIANTS = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how large; see run.py for what --quick changes."""

    burst_s: float = 2.0  # aimed length of a saturated burst
    latency_s: float = 10.0
    http_s: float = 5.0
    http_warmup_s: float = 1.0
    many_sockets: bool = True  # the session with 10,000
    resume_clients: int = 1_000
    resume_events: int = 10_000
    held_s: float = 120.0  # that a rate of changes must be kept up with


QUICK = Plan(
    burst_s=0.8,
    latency_s=3.0,
    http_s=2.0,
    http_warmup_s=0.5,
    many_sockets=False,
    resume_clients=100,
    resume_events=1_000,
    held_s=15.0,
)


@dataclass(slots=True)
class Figures:
    """What one session found: values by measure key, latencies in ms, and what to know of them."""

    values: dict[str, float] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bench:
    """A contestant that answers and a load generator that is ready for it."""

    running: Running
    load: LoadGenerator
    plan: Plan

    def open(self, sockets: int, texts: list[str]) -> dict[str, Any]:
        """Open so many sockets more; without texts they do not subscribe."""
        return self.load.call(
            "open",
            timeout_s=60 + sockets / 50,
            host=HOST,
            port=self.running.port,
            path=PATH,
            init_payload=self.running.init_payload,
            sockets=sockets,
            documents=texts,
            trigger=self.running.trigger,
        )

    def burst(self, events: int, sockets: int) -> dict[str, Any]:
        """So many events at once to all sockets."""
        return self.load.call("burst", timeout_s=60 + events * sockets / 500, count=events)

    def saturate(self, sockets: int) -> dict[str, Any]:
        """A burst long enough to last for plan.burst_s, after two that warm up and tell how long.

        Adds `cpu_us`, the server's processor time for one delivery in microseconds, and
        `load_busy`, the load generator's in percent of the burst.
        """
        rate = self.burst(2, sockets)["per_second"]
        for share in (0.3, 1.0):
            events = int(rate * self.plan.burst_s * share / sockets)
            events = max(BURST_EVENTS_MIN, min(events, BURST_EVENTS_MAX))
            cpu_before, load_before = cpu_seconds(self.running.pid), cpu_seconds(self.load.pid)
            result = self.burst(events, sockets)
            rate = result["per_second"]
        cpu_s = cpu_seconds(self.running.pid) - cpu_before
        load_s = cpu_seconds(self.load.pid) - load_before
        return {
            **result,
            "events": events,
            "cpu_us": cpu_s / result["frames"] * 1e6,
            "load_busy": 100 * load_s / result["until_last_s"],
        }

    def http(self, bodies: list[str], clients: int) -> dict[str, Any]:
        """A closed loop of clients."""
        return self.load.call(
            "http",
            timeout_s=self.plan.http_s + self.plan.http_warmup_s + 30,
            host=HOST,
            port=self.running.http_port,
            path=PATH,
            headers=self.running.headers,
            bodies=bodies,
            clients=clients,
            seconds=self.plan.http_s,
            warmup_seconds=self.plan.http_warmup_s,
        )


@contextmanager
def bench(
    contestant: Contestant, plan: Plan, progress: Callable[[str], None], items: int = 1
) -> Iterator[Bench]:
    """Start both programs in a folder that is deleted with all that is in it."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        contestant.running(Path(folder), items) as running,
        load_generator(progress) as load,
    ):
        yield Bench(running, load, plan)


Session = Callable[[Contestant, Plan, Callable[[str], None]], Figures]


# ---- delivery ------------------------------------------------------------------------------


def few_sockets(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
    """100 sockets: deliveries a second, and 1,000 events at once."""
    with bench(who, plan, progress) as at:
        at.open(100, documents.subscriptions(1))
        rate = at.saturate(100)
        burst = at.burst(1_000, 100)
    return Figures(
        {
            "deliver_100": rate["per_second"],
            "cpu_100_us": rate["cpu_us"],
            "burst_s": burst["until_last_s"],
            "frame_bytes": rate["frame_bytes"],
        }
    )


def thousand_sockets(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
    """1,000 sockets: deliveries a second both ways, latency, memory."""
    with bench(who, plan, progress) as at:
        found = measured_open(at, 1_000)
        rate = at.saturate(1_000)
        events = max(BURST_EVENTS_MIN, rate["events"] // 2)
        stream = at.load.call("stream", timeout_s=60 + 2 * events, count=events, parallel=4)
        latency = paced(at, rate["per_second"])
    latency.values |= found | {
        "deliver_1000": rate["per_second"],
        "cpu_1000_us": rate["cpu_us"],
        "load_busy": rate["load_busy"],
        "stream_1000": stream["per_second"],
    }
    return latency


def paced(at: Bench, per_second: float) -> Figures:
    """Latency at LATENCY_RATE; a contestant that cannot keep up is measured shortly and marked."""
    saturated = per_second < LATENCY_RATE * 1_000
    seconds = min(SATURATED_S, at.plan.latency_s) if saturated else at.plan.latency_s
    result = at.load.call("paced", timeout_s=60 + 30 * seconds, rate=LATENCY_RATE, seconds=seconds)
    triggered = [1_000 * value for value in result["trigger_to_last_s"]]
    stamped = [1_000 * value for value in result["stamp_to_last_s"]]
    values = {
        "latency_p50_ms": percentile(triggered, 0.50),
        "latency_p99_ms": percentile(triggered, 0.99),
        "stamp_p50_ms": percentile(stamped, 0.50),
        "stamp_p99_ms": percentile(stamped, 0.99),
    }
    note = f"cannot deliver {LATENCY_RATE} changes a second to 1,000 sockets: its queue only grows"
    return Figures(values, triggered, [note] if saturated else [])


def measured_open(at: Bench, sockets: int) -> dict[str, float]:
    """Open and subscribe; memory of each socket after the first WARM_SOCKETS, and the pace."""
    texts = documents.subscriptions(1)
    at.open(WARM_SOCKETS, texts)
    before = rss_bytes(at.running.pid)
    opened = at.open(sockets - WARM_SOCKETS, texts)
    time.sleep(IDLE_S)
    more = rss_bytes(at.running.pid) - before
    return {
        "memory_kb": more / (sockets - WARM_SOCKETS) / 1_000,
        "open_per_s": (sockets - WARM_SOCKETS) / opened["seconds"],
    }


def many_sockets(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
    """10,000 sockets: deliveries a second, memory, pace of opening."""
    with bench(who, plan, progress) as at:
        found = measured_open(at, 10_000)
        rate = at.saturate(10_000)
    found |= {"deliver_10000": rate["per_second"], "cpu_10000_us": rate["cpu_us"]}
    return Figures(found)


def groups(count: int) -> Session:
    """1,000 sockets with so many different documents."""

    def session(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
        with bench(who, plan, progress) as at:
            at.open(1_000, documents.subscriptions(count))
            rate = at.saturate(1_000)
        return Figures(
            {f"groups_{count}": rate["per_second"], f"cpu_groups_{count}_us": rate["cpu_us"]}
        )

    return session


def selections(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
    """1,000 sockets, no two of which select the same fields."""
    with bench(who, plan, progress) as at:
        at.open(1_000, documents.selections(1_000))
        rate = at.saturate(1_000)
    return Figures({"selections_1000": rate["per_second"], "cpu_selections_us": rate["cpu_us"]})


def resume(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
    """Clients come back with a cursor that is plan.resume_events old: one, then many at once."""
    with bench(who, plan, progress) as at:
        at.open(1, [])
        cursor = at.running.ask(documents.SYNC_CURSOR)["syncCursor"]
        at.load.call("emit", timeout_s=120, count=plan.resume_events)
        arguments = {
            "events": plan.resume_events,
            "payload": {"query": documents.RESUME, "variables": {"after": cursor}},
        }
        one = at.load.call("resume", timeout_s=120, **arguments)
    with bench(who, plan, progress) as at:
        at.open(plan.resume_clients, [])
        cursor = at.running.ask(documents.SYNC_CURSOR)["syncCursor"]
        at.load.call("emit", timeout_s=120, count=plan.resume_events)
        arguments["payload"] = {"query": documents.RESUME, "variables": {"after": cursor}}
        many = at.load.call("resume", timeout_s=600, **arguments)
    note = f"resume: {plan.resume_events:,} missed events, many = {plan.resume_clients:,} clients"
    values = {
        "resume_first_ms": 1_000 * one["first_p50_s"],
        "resume_one_s": one["all_s"],
        "resume_many_s": many["all_s"],
        "resume_many_first_ms": 1_000 * many["first_p50_s"],
        "resume_rate": many["per_second"],
    }
    return Figures(values, notes=[note])


# ---- HTTP ----------------------------------------------------------------------------------


def adjust(key: str) -> Session:
    """adjustStock on 1,000 items in turn, 16 clients."""

    def session(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
        with bench(who, plan, progress, fixtures.ITEMS_COUNT) as at:
            bodies = [contestants.adjust_body(item) for item in at.running.item_ids]
            result = at.http(bodies, clients=16)
        values = {key: result["per_second"]}
        if key == "adjust":
            values["adjust_p99_ms"] = 1_000 * result["p99_s"]
        return Figures(values)

    return session


def batch(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
    """adjustStockBatch over all items in turn, full batches, 4 clients."""
    size = contestants.BATCH_LINES_MAX
    with bench(who, plan, progress, fixtures.ITEMS_COUNT) as at:
        ids = cycle(at.running.item_ids)
        bodies = [
            contestants.batch_body(",".join(map(contestants.stock_line, islice(ids, size))))
            for _ in range(BATCH_VARIANTS)
        ]
        result = at.http(bodies, clients=4)
    return Figures({"batch_lines": result["per_second"] * size})


def items(key: str) -> Session:
    """The page of 50 items, 16 clients."""

    def session(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
        with bench(who, plan, progress, fixtures.ITEMS_COUNT) as at:
            result = at.http([page_body()], clients=16)
        return Figures({key: result["per_second"]})

    return session


def page_body() -> str:
    """The request for the page of 50 items."""
    return '{"query":"' + documents.ITEMS_PAGE + '"}'


# ---- the load generator itself -------------------------------------------------------------


def own_ceiling(key: str) -> Session:
    """Frames a second that the load generator takes from a server that costs nothing."""

    def session(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
        with bench(who, plan, progress) as at:
            at.open(1_000, documents.subscriptions(1))
            rate = at.saturate(1_000)
        return Figures({key: rate["per_second"]})

    return session


def own_http_ceiling(who: Contestant, plan: Plan, progress: Callable[[str], None]) -> Figures:
    """Requests a second that it makes to a server that answers fixed bytes."""
    with bench(who, plan, progress) as at:
        small = at.http([contestants.adjust_body("0")], clients=16)
        page = at.http([page_body()], clients=16)
    return Figures({"load_http": small["per_second"], "load_http_page": page["per_second"]})
