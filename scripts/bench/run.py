"""The benchmarks, all beside the alternatives, on one machine and in one run.

    python scripts/bench/run.py [delivery|http|all] [--quick] [--json FILE] [--plots FOLDER]

What is compared. Each contestant is a small program of this folder, started as a process of its
own on a free loopback port, freshly for each session:
- ours: `python -m graphql_api serve` on SQLite as a user starts it, rate limits off;
- Strawberry: stock Strawberry on Starlette, all in memory, a queue for each subscriber; in the rows
  that say SQLite, Strawberry with Tortoise, one transaction for each mutation, WAL and
  synchronous=FULL, the same durability as ours;
- Apollo: Apollo Server with Express, graphql-ws on ws, PubSub, in memory; in the rows that say
  SQLite, pages by better-sqlite3. Mercurius: on Fastify, JIT on, its own sockets and emitter;
- bare ASGI: the ceiling, a bare application that writes the same bytes to the same sockets.
The Python ones run under the same uvicorn settings (uvicorn_settings.py). Node runs in production
mode. The Node contestants are installed by `npm ci` when npm is there, else skipped with a word.

What the measures mean.
- deliveries/s: the server is given K changes in as few requests as it takes (ours: committed
  adjustStockBatch mutations of at most 250 lines; others: one mutation `emit(count)`, which
  stores nothing), and each of N sockets receives all K. From the first frame to the last. K is
  chosen for about two seconds. "A request for each change" is the same with K single mutations
  from four clients: ours commits each of them.
- 10 and 1,000 documents: the sockets subscribe with so many different documents, so that nothing
  can be shared between groups. They differ in an alias; 1,000 selections differ in the fields too.
- trigger to last: 20 changes a second for ten seconds, one request each; from the sending of the
  request till the last of 1,000 sockets has its frame. Ours includes the commit to disk, the
  others store nothing. "Event's timestamp to last" starts where the server stamped the event.
  A contestant that cannot keep up is marked: its figure is that of a growing queue.
- changes kept up with: the most changes a second, one request each, at which for two minutes
  (--quick: 15 s) 99 of 100 events are at the last socket within a second of their timestamp, and
  the time from the request does not grow: no queue anywhere. Searched by steps of 15 s to within
  15 percent, then held for the whole time. The notes tell what the next rate failed by, and how
  busy server and load generator were: where the server was not the limit, the figure is a lower
  bound, and on a machine that does something else too it says little.
- memory: growth of the server's resident memory from 100 subscribed sockets to 1,000 or 10,000,
  after each got an event and a second of rest, divided by the growth of sockets.
- CPU a delivery: processor time of the server during the burst, in user and kernel mode. It
  hardly depends on what else the machine does.
- resume: clients come back with a cursor so many events old; ours only, nobody else can.
- HTTP: 16 keep-alive clients, each sending the next request when the last is answered.

How fair it is. All get the same selection; frames differ by a few bytes (row "bytes"). Ours does
more: it authenticates, checks limits, commits, logs events and evaluates alerts. Contestants are
interleaved: each session is run for all before the next, everything three times, medians shown.
The load generator (loadgen.py: uvloop, picows, frames counted without parsing) checks that every
socket got exactly K frames and that all ended on the same stock. It is a process of its own; with
two cores the server has one. Nothing is pinned. Its own ceiling stands in the last rows: "many
frames a write" shows what it can take, "one frame a write" what it takes from a C server with
the same number of writes. Ratios count, absolute figures differ between machines; the commit rate
depends on the disk, whose fsyncs a second are told.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated

import plots
import typer
from contestants import CONTESTANTS, NODE_FOLDER, Contestant, install_node_packages
from processes import machine_cpu_seconds, own_cpu_seconds
from programme import delivery_sessions, http_sessions
from results import Results, as_json, machine_facts
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from sessions import QUICK, Plan, Session
from table import facts_line, markdown, replace_in, terminal_table

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import WrongUsage, launch, writable

WIDTH_MIN = 210  # columns; narrower terminals fold the table into unreadability
RUNS = 3
REFRESH_HZ = 2  # the progress line must not cost what is being measured
INTERRUPTED = 130  # exit code after Ctrl-C, as shells have it

console = Console()
Job = tuple[int, str, Session, Contestant]


class What(StrEnum):
    """Which measures."""

    delivery = "delivery"
    http = "http"
    all = "all"


def jobs(what: What, plan: Plan, runs: int, present: dict[str, Contestant]) -> list[Job]:
    """All that is to be done, contestants side by side, run after run."""
    programme = delivery_sessions(plan) if what is not What.http else []
    programme += http_sessions() if what is not What.delivery else []
    return [
        (run, name, session, present[key])
        for run in range(runs)
        for name, session, keys in programme
        for key in keys
        if key in present
    ]


def take_part(only: list[str], results: Results) -> dict[str, Contestant]:
    """Who can be started here; a note tells of each who cannot."""
    chosen = [entry for entry in CONTESTANTS if not only or entry.key in only]
    if any(entry.key in ("apollo", "apollo_sqlite", "mercurius") for entry in chosen):
        with console.status(f"npm ci in {NODE_FOLDER.name} (minutes when done for the first time)"):
            if why := install_node_packages():
                results.note(why)
    present = {}
    for contestant in chosen:
        if why := contestant.missing():
            results.note(f"{contestant.label} skipped: {why}")
        else:
            present[contestant.key] = contestant
    return present


def do_all(todo: list[Job], plan: Plan, results: Results) -> None:
    """Do the jobs one after the other; one that fails is noted and the rest goes on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    columns_and_clock = (*columns, TimeElapsedColumn())
    with Progress(
        *columns_and_clock, console=console, transient=True, refresh_per_second=REFRESH_HZ
    ) as progress:
        task = progress.add_task("", total=len(todo))
        for run, name, session, contestant in todo:
            title = f"run {run + 1} · {name} · {contestant.label}"
            progress.update(task, description=title)
            say = describer(progress, task, title)
            try:
                results.add(contestant.key, session(contestant, plan, say))
            except Exception as error:  # one failure must not end the rest
                results.note(f"{contestant.label}, {name}: failed: {error}")
            progress.advance(task)


def describer(progress: Progress, task: TaskID, title: str) -> Callable[[str], None]:
    """Shows what the load generator says behind the title."""

    def say(text: str) -> None:
        progress.update(task, description=f"{title} · {text}")

    return say


@contextmanager
def disturbance_told(results: Results) -> Iterator[None]:
    """Note how much of the machine other programs used meanwhile."""
    started, all_before, own_before = time.monotonic(), machine_cpu_seconds(), own_cpu_seconds()
    yield
    others = machine_cpu_seconds() - all_before - (own_cpu_seconds() - own_before)
    cores = max(0.0, others / (time.monotonic() - started))
    results.note(f"Other programs used {cores:.2f} of {os.cpu_count()} cores during the run")


def refuse_unusable(only: list[str], files: dict[str, Path | None]) -> None:
    """Raises WrongUsage now for what would end the run after an hour."""
    keys = [entry.key for entry in CONTESTANTS]
    for key in only:
        if key not in keys:
            raise WrongUsage(f"--only {key}: there are {', '.join(keys)}")
    for option, file in files.items():
        if file is not None:
            writable(file, option)
    page = files["--page"]
    if page is not None and not page.is_file():
        raise WrongUsage(f"--page {page}: there is no such file")


def on_terminate(number: int, frame: FrameType | None) -> None:
    """SIGTERM and Ctrl-C unwind, so that all processes and files are cleaned up."""
    raise KeyboardInterrupt


def main(
    what: Annotated[What, typer.Argument(help="which measures")] = What.all,
    quick: Annotated[
        bool, typer.Option("--quick", help="one run, shorter, no 10,000 sockets")
    ] = False,
    runs: Annotated[
        int, typer.Option(min=0, help="runs of everything; 0: 3, or 1 with --quick")
    ] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="write results here")] = None,
    folder: Annotated[Path | None, typer.Option("--plots", help="write PNG files here")] = None,
    page: Annotated[
        Path | None, typer.Option(help="put the table between this file's bench marks")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="these contestants only, by key; repeatable")
    ] = None,
) -> None:
    """Measure our server beside the alternatives and print one table."""
    refuse_unusable(only or [], {"--json": json_file, "--plots": folder, "--page": page})
    signal.signal(signal.SIGTERM, on_terminate)
    signal.signal(signal.SIGINT, on_terminate)
    plan = QUICK if quick else Plan()
    runs = runs or (1 if quick else RUNS)
    results = Results()
    facts = machine_facts()
    settings = {"what": what.value, "runs": runs, **dataclasses.asdict(plan)}
    try:
        present = take_part(only or [], results)
        with disturbance_told(results):
            do_all(jobs(what, plan, runs, present), plan, results)
    except KeyboardInterrupt:
        console.print("interrupted; everything that was started has been ended")
        raise typer.Exit(INTERRUPTED) from None
    results.derive()
    Console(width=max(WIDTH_MIN, console.width)).print(terminal_table(results))
    console.print(facts_line(facts))
    for note in results.notes:
        console.print(f"· {note}", markup=False)
    if json_file:
        json_file.write_text(as_json(results, facts, settings))
    if folder:
        plots.draw_all(results, folder)
    if page:
        replace_in(page, markdown(results, facts))


if __name__ == "__main__":
    launch("run", main)
