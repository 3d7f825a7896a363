"""Did a change make something slower? Two checkouts, measured side by side by processor time.

    python scripts/bench/compare.py [--base REVISION] [--new REVISION]

The base is a revision that is checked out into a temporary folder; the new one is this folder as it
is, with what is not committed. Both servers run on databases of their own, and each measure is
taken on both at the same moment, again and again. What is compared is the processor time of the
server for one operation. On a busy machine that varies too (another program on the same core can
double it), but it then does so for both: taken one after the other, two servers of the same
revision differed by half, side by side by a sixth at the most, with a load of ten on two cores. A
ratio above 1 is slower.

A measure is slower when the median of its ratios is above 1 + --tolerance and so is the lower
quartile: a single bad round does not do. Exit code: 0 nothing is slower, 1 something is. Both
sides have the packages of this Python. --base-set and --new-set give one side settings of its own:
two workers beside one are

    python scripts/bench/compare.py --base HEAD --base-set WORKERS=1 --new-set WORKERS=2
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Any

import contestants
import documents
import typer
from contestants import CONTESTANTS, ROOT, Contestant, Running
from loadclient import load_generator
from processes import cpu_seconds, tail
from sessions import QUICK, Bench, page_body

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import FAILED, ScriptFailed, WrongUsage, launch

ITEMS = 200
HTTP_S = 1.5  # of a measure over HTTP; 16 clients keep the server busy
SOCKETS = 100
MANY_SOCKETS = 1_000
EVENTS = 1_000  # delivered to SOCKETS; a tenth of them to MANY_SOCKETS
OPENED = 300
RESUMED_EVENTS, RESUMING = 500, 40
IMPORTED = 4_000  # rows
TOLERANCE = 0.2  # two servers of one revision differed by a sixth on a machine with a load of ten
CPU_S_MIN = 0.05  # the system counts in hundredths: below this a figure is none


@dataclass(slots=True)
class Side:
    """One checkout's server."""

    name: str
    at: Path
    folder: Path
    running: Running
    settings: dict[str, str]

    def bench(self, load: Any) -> Bench:
        return Bench(self.running, load, replace(QUICK, http_s=HTTP_S, http_warmup_s=0.3))


# Takes one sample: processor time of the server, in µs, for one operation.
Measure = Callable[[Side], float]


def spent(side: Side, work: Callable[[Bench], float], before: Callable[[Bench], Any]) -> float:
    """µs of the server for one of the operations that `work` says it did, after `before`."""
    with load_generator(lambda _: None) as load:
        at = side.bench(load)
        before(at)
        began_s = cpu_seconds(side.running.pid)
        done = work(at)
        used_s = cpu_seconds(side.running.pid) - began_s
    return used_s / done * 1e6 if used_s >= CPU_S_MIN else float("nan")


def over_http(bodies: Callable[[Side], list[str]], side: Side) -> float:
    """Requests of 16 clients, the warm-up's too."""
    texts = bodies(side)

    def work(at: Bench) -> float:
        return float(at.http(texts, clients=16)["requests"])

    return spent(side, work, lambda _: None)


def page(_: Side) -> list[str]:
    return [page_body()]


def one_item(side: Side) -> list[str]:
    fields = documents.ITEM_FIELDS
    return [
        f'{{"query":"{{ item(ref: {{id: \\"{number}\\"}}) {{ {fields} }} }}"}}'
        for number in side.running.item_ids[:50]
    ]


def adjust(side: Side) -> list[str]:
    return [contestants.adjust_body(number) for number in side.running.item_ids]


def batch(side: Side) -> list[str]:
    size = contestants.BATCH_LINES_MAX
    lines = map(contestants.stock_line, islice(cycle(side.running.item_ids), size))
    return [contestants.batch_body(",".join(lines))]


def deliveries(sockets: int, events: int, side: Side) -> float:
    """One event at one socket, its commit included."""

    def before(at: Bench) -> None:
        at.open(sockets, documents.subscriptions(1))
        at.burst(20, sockets)

    return spent(side, lambda at: float(at.burst(events, sockets)["frames"]), before)


def opening(side: Side) -> float:
    """One socket: opened, acknowledged, subscribed."""

    def work(at: Bench) -> float:
        at.open(OPENED, documents.subscriptions(1))
        return OPENED

    return spent(side, work, lambda at: at.open(5, documents.subscriptions(1)))


def resuming(side: Side) -> float:
    """One missed event for one of RESUMING clients."""
    payload: dict[str, Any] = {"query": documents.RESUME, "variables": {}}

    def before(at: Bench) -> None:
        at.open(RESUMING, [])
        payload["variables"]["after"] = at.running.ask(documents.SYNC_CURSOR)["syncCursor"]
        at.load.call("emit", timeout_s=120, count=RESUMED_EVENTS)

    def work(at: Bench) -> float:
        at.load.call("resume", timeout_s=120, events=RESUMED_EVENTS, payload=payload)
        return float(RESUMED_EVENTS * RESUMING)

    return spent(side, work, before)


_numbers = iter(range(1_000_000))


def importing(side: Side) -> float:
    """One row of a file of new items, by the command; its start is taken off."""
    return (_import(side, IMPORTED) - _import(side, 1)) / (IMPORTED - 1)


def _import(side: Side, rows: int) -> float:
    """µs of the whole command."""
    number = next(_numbers)
    file = side.folder / f"import-{number}.csv"
    lines = [f"IMPORT-{number}-{row},Item {row},5,2" for row in range(rows)]
    file.write_text("\n".join(["sku,name,initialStock,minStock", *lines, ""]))
    log = side.folder / f"import-{number}.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*contestants.our_program(), "import-items", str(file)],
            cwd=side.at,
            env={**os.environ, **contestants.our_env(0, side.folder), **side.settings},
            stdout=said,
            stderr=said,
        )
        _, status, used = os.wait4(process.pid, 0)  # its own time, not the other side's
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ScriptFailed(f"{side.name}: import-items: {tail(log, 300)}")
    return (used.ru_utime + used.ru_stime) * 1e6


MEASURES: dict[str, Measure] = {
    "page of 50 items": partial(over_http, page),
    "item": partial(over_http, one_item),
    "adjustStock": partial(over_http, adjust),
    "adjustStockBatch, 250 lines": partial(over_http, batch),
    "delivery to 100 sockets": partial(deliveries, SOCKETS, EVENTS),
    "delivery to 1,000 sockets": partial(deliveries, MANY_SOCKETS, EVENTS // 5),
    "opening a socket": opening,
    "resume, an event": resuming,
    "import, a row": importing,
}


@contextlib.contextmanager
def checkout(revision: str | None) -> Iterator[Path]:
    """A folder with this revision; None: the one that this script lies in, as it is."""
    if revision is None:
        yield ROOT
        return
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        at, packed = Path(folder) / "checkout", Path(folder) / "packed.tar"
        done = subprocess.run(
            ["git", "archive", f"--output={packed}", revision],
            cwd=ROOT,
            check=False,
            capture_output=True,
        )
        if done.returncode:
            raise WrongUsage(f"--base, --new: {done.stderr.decode().strip()}")
        with tarfile.open(packed) as files:
            files.extractall(at, filter="data")
        yield at


@contextlib.contextmanager
def served(name: str, at: Path, settings: dict[str, str]) -> Iterator[Side]:
    """A server of this checkout, with items in it."""
    ours = next(entry for entry in CONTESTANTS if entry.key == contestants.OURS)

    def env(port: int, folder: Path) -> dict[str, str]:
        return {**contestants.our_env(port, folder), **settings}

    contestant: Contestant = replace(
        ours, cwd=at, env=env, before=lambda folder: contestants.our_database(folder, at, settings)
    )
    with (
        tempfile.TemporaryDirectory(prefix="compare-") as folder,
        contestant.running(Path(folder), ITEMS) as running,
    ):
        yield Side(name, at, Path(folder), running, settings)


def compared(measure: Measure, sides: tuple[Side, Side], rounds: int) -> list[tuple[float, float]]:
    """Pairs of base and new, each taken at the same time."""
    found: list[tuple[float, float]] = []
    with ThreadPoolExecutor(len(sides)) as both:
        for _ in range(rounds + 1):
            base, new = both.map(measure, sides)
            found.append((base, new))
    return found[1:]  # the first round warms up


def verdict(pairs: list[tuple[float, float]], tolerance: float) -> tuple[str, str]:
    """The line of a table, and "slower", "faster", "same" or "nothing measured"."""
    ratios = [new / base for base, new in pairs if base == base and new == new]  # without NaN
    if len(ratios) < 2:
        return "-", "nothing measured"
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    word = "same"
    if middle > 1 + tolerance and low > 1 + tolerance / 2:
        word = "slower"
    elif middle < 1 - tolerance and high < 1 - tolerance / 2:
        word = "faster"
    base, new = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return f"{base:10.1f} {new:10.1f}   {middle:.3f} ({low:.3f} to {high:.3f})", word


def settings_of(pairs: list[str]) -> dict[str, str]:
    """NAME=value of the command line."""
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise WrongUsage(f"{wrong[0]!r} is not NAME=value")
    return dict(pair.split("=", 1) for pair in pairs)


def main(
    base: Annotated[str, typer.Option(help="A revision: what it was.")] = "HEAD",
    new: Annotated[str | None, typer.Option(help="Another; without it, this folder.")] = None,
    rounds: Annotated[int, typer.Option(min=2, help="Pairs of each measure.")] = 5,
    tolerance: Annotated[float, typer.Option(min=0, help="0.1: ten percent.")] = TOLERANCE,
    only: Annotated[list[str] | None, typer.Option(help="Measures that begin so.")] = None,
    base_set: Annotated[list[str] | None, typer.Option(help="NAME=value for the base.")] = None,
    new_set: Annotated[list[str] | None, typer.Option(help="NAME=value for the new one.")] = None,
) -> None:
    """Say whether a change made something slower, in five to fifteen minutes."""
    chosen = {
        name: measure
        for name, measure in MEASURES.items()
        if not only or any(name.startswith(start) for start in only)
    }
    if not chosen:
        raise WrongUsage(f"no such measure; there are: {', '.join(MEASURES)}")
    slower = []
    print(f"{'µs of processor time':28} {'base':>10} {'new':>10}   new ÷ base (quartiles)")
    with (
        checkout(base) as old_folder,
        checkout(new) as new_folder,
        served("base", old_folder, settings_of(base_set or [])) as first,
        served("new", new_folder, settings_of(new_set or [])) as second,
    ):
        for name, measure in chosen.items():
            line, word = verdict(compared(measure, (first, second), rounds), tolerance)
            print(f"{name:28} {line}   {word}", flush=True)
            slower += [name] if word == "slower" else []
    if slower:
        print(f"slower: {', '.join(slower)}")
        raise typer.Exit(FAILED)
    print("nothing is slower")


if __name__ == "__main__":
    launch("compare.py", main)
