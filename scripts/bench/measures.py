"""What is measured: each measure's name, unit, direction and, where there is one, its goal."""

from __future__ import annotations

from dataclasses import dataclass

TIMES = "\u00d7"
LATENCY_RATE = 20  # changes a second while latency is measured


@dataclass(frozen=True, slots=True)
class Goal:
    """`value ours / value of versus` (or ours alone, without versus) must lie within bounds."""

    versus: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def met(self, figure: float) -> bool:
        """Whether a figure lies within the bounds."""
        above = self.at_least is None or figure >= self.at_least
        return above and (self.at_most is None or figure <= self.at_most)

    def words(self) -> str:
        """Such as `≥ 25 times stock`."""
        bounds = [
            f"{sign} {bound:,g}"
            for sign, bound in (("≥", self.at_least), ("≤", self.at_most))
            if bound is not None
        ]
        return " and ".join(bounds) + (f" {TIMES} {self.versus}" if self.versus else "")


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table."""

    key: str
    section: str
    label: str
    unit: str
    less_is_better: bool = False
    goals: tuple[Goal, ...] = ()


DELIVERY = "Delivery"
HTTP = "HTTP"
LOAD = "Load generator"

MEASURES = [
    Measure("deliver_100", DELIVERY, "100 sockets, one subscription", "deliveries/s"),
    Measure(
        "deliver_1000",
        DELIVERY,
        "1,000 sockets, one subscription",
        "deliveries/s",
        goals=(
            Goal("stock", at_least=25),
            Goal("apollo", at_least=4),
            Goal("ceiling", at_least=0.8),
        ),
    ),
    Measure("deliver_10000", DELIVERY, "10,000 sockets, one subscription", "deliveries/s"),
    Measure("stream_1000", DELIVERY, "1,000 sockets, a request for each change", "deliveries/s"),
    Measure("groups_10", DELIVERY, "1,000 sockets, 10 documents", "deliveries/s"),
    Measure("groups_1000", DELIVERY, "1,000 sockets, 1,000 documents", "deliveries/s"),
    Measure("selections_1000", DELIVERY, "1,000 sockets, 1,000 selections", "deliveries/s"),
    Measure("burst_s", DELIVERY, "1,000 changes at once to 100 sockets", "s", True),
    Measure("latency_p50_ms", DELIVERY, "trigger to last of 1,000, p50", "ms", True),
    Measure("latency_p99_ms", DELIVERY, "trigger to last of 1,000, p99", "ms", True),
    Measure("stamp_p50_ms", DELIVERY, "event's timestamp to last of 1,000, p50", "ms", True),
    Measure(
        "stamp_p99_ms",
        DELIVERY,
        "event's timestamp to last of 1,000, p99",
        "ms",
        True,
        goals=(Goal("ceiling", at_most=2),),
    ),
    Measure("kept_up_1000", DELIVERY, "changes kept up with, 1,000 sockets", "changes/s"),
    Measure("kept_up_10000", DELIVERY, "changes kept up with, 10,000 sockets", "changes/s"),
    Measure("cpu_100_us", DELIVERY, "server's CPU a delivery, 100 sockets", "µs", True),
    Measure("cpu_1000_us", DELIVERY, "server's CPU a delivery, 1,000 sockets", "µs", True),
    Measure("cpu_groups_1000_us", DELIVERY, "server's CPU a delivery, 1,000 documents", "µs", True),
    Measure("cpu_selections_us", DELIVERY, "server's CPU a delivery, 1,000 selections", "µs", True),
    Measure("cpu_10000_us", DELIVERY, "server's CPU a delivery, 10,000 sockets", "µs", True),
    Measure(
        "cpu_growth",
        DELIVERY,
        "CPU a delivery, most sockets ÷ 100 sockets",
        "",
        True,
        goals=(Goal(at_least=0.8, at_most=1.2), Goal("ceiling", at_most=1.2)),
    ),
    Measure(
        "memory_kb",
        DELIVERY,
        "memory of an idle subscribed socket",
        "KB",
        True,
        goals=(Goal("ceiling", at_most=1.3), Goal(at_most=30)),
    ),
    Measure("open_per_s", DELIVERY, "sockets opened and subscribed", "sockets/s"),
    Measure("frame_bytes", DELIVERY, "bytes of one event's message", "B", True),
    Measure(
        "resume_first_ms",
        DELIVERY,
        "resume of 1 client, first event",
        "ms",
        True,
        goals=(Goal(at_most=50),),
    ),
    Measure("resume_one_s", DELIVERY, "resume of 1 client, all missed events", "s", True),
    Measure("resume_many_s", DELIVERY, "resume of many clients, all missed events", "s", True),
    Measure("resume_many_first_ms", DELIVERY, "resume of many, median first event", "ms", True),
    Measure("resume_rate", DELIVERY, "resume of many", "deliveries/s"),
    Measure(
        "adjust",
        HTTP,
        "adjustStock, SQLite synchronous=FULL, 16 clients",
        "requests/s",
        goals=(Goal("naive", at_least=4),),
    ),
    Measure("adjust_p99_ms", HTTP, "the same, p99", "ms", True),
    Measure("adjust_memory", HTTP, "adjustStock without a database, 16 clients", "requests/s"),
    Measure(
        "batch_lines",
        HTTP,
        "adjustStockBatch, 250 lines, 4 clients",
        "movements/s",
        goals=(Goal(at_least=10_000),),
    ),
    Measure(
        "items",
        HTTP,
        "items(first: 50), 7 fields, SQLite, 16 clients",
        "requests/s",
        goals=(Goal("apollo_sqlite", at_least=1),),
    ),
    Measure("items_memory", HTTP, "the same page from memory, 16 clients", "requests/s"),
    Measure("load_coalesced", LOAD, "1,000 sockets, many frames a write", "frames/s"),
    Measure("load_single", LOAD, "1,000 sockets, one frame a write", "frames/s"),
    Measure("load_busy", LOAD, "its own CPU during 1,000 sockets", "% of a core", True),
    Measure("load_http", LOAD, "a small fixed reply, 16 clients", "requests/s"),
    Measure("load_http_page", LOAD, "a fixed page of 50 items, 16 clients", "requests/s"),
]
BY_KEY = {measure.key: measure for measure in MEASURES}
