"""Attacks a server of ours on this machine, and tells what that costs an honest client.

    .venv/bin/python scripts/attack.py http://127.0.0.1:8000 --pid PID --email viewer@example.com

For loopback addresses only: it refuses any other. Attacks of one kind after another, each for
some seconds, from one process; beside them an honest client in another: the 99th percentiles of
its queries, its changes of stock, the events of these on its socket, and /healthz, and the server's
memory (--pid, and its workers; Linux), must stay in bounds. With --email (the password in
INVENTORY_PASSWORD) the honest client is that user, who must be able to change stock for all of
this, and attacks of a signed-in user are tried too, by --attacker (its password in
ATTACKER_PASSWORD), else by the same.
Use a database that you can do without: stock is added to its first item.

The attackers take cores that a server under attack would have. So, where the system tells (--pid;
Linux), the bound is --p99-ms-max times how much longer the server's event loop, or the honest
client, took than if nobody had taken its core: (at work + ready to work) / at work. The
table tells that factor, and the share of a core that the loop took.
Exit codes: 0 all rows are in bounds; 1 one is not; 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import typer
from attacks.honest import EVENT, HEALTH, LOST, MUTATION, QUERY, Honest
from attacks.table import ATTACKS, Attack
from attacks.wire import Target
from endings import ScriptFailed, WrongUsage, launch
from rich.console import Console
from rich.table import Table

from graphql_api.kernel.tasks import ended

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }"
CONNECT_S = 10.0  # a server that takes longer to take a connection is none to attack
MEMORY_LOOK_S = 0.1
# What ends a round: the server had enough of it.
GIVEN_UP = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)
PAUSE_S = 0.05  # of an attacker whose connection was refused
SETTLE_S = 1.0  # between two rows


@dataclass(frozen=True, slots=True)
class Row:
    """What one attack did. p99_ms: by what the honest client waited for; None: it did not ask.
    memory_mb: at most, beyond what there was at first; None: not seen. slowness: how much longer
    everything took since others had the cores; load: of a core, what the server's loop took."""

    attack: str
    rounds: int
    answers: int
    lost: int
    p99_ms: dict[str, float | None]
    memory_mb: float | None
    slowness: float
    load: float | None
    in_bounds: bool

    @property
    def worst_ms(self) -> float:
        return max((ms for ms in self.p99_ms.values() if ms is not None), default=LOST)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Seconds of a process's first thread: at work, and ready to work without a core."""

    at_work_s: float
    ready_s: float

    def since(self, before: Scheduled) -> Scheduled:
        return Scheduled(self.at_work_s - before.at_work_s, self.ready_s - before.ready_s)

    @property
    def slowness(self) -> float:
        return 1 + self.ready_s / self.at_work_s if self.at_work_s > 0 else 1.0


def main(
    url: Annotated[str, typer.Argument(help="http://127.0.0.1:PORT; loopback only.")],
    pid: Annotated[int | None, typer.Option(help="The server's process.")] = None,
    email: Annotated[str | None, typer.Option(help="Who is honest.")] = None,
    attacker: Annotated[str | None, typer.Option(help="Who attacks; else the honest one.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="For each attack.")] = 5.0,
    only: Annotated[str, typer.Option(help="A pattern of kinds or names.")] = "",
    p99_ms_max: Annotated[float, typer.Option(help="The honest client's.")] = 250.0,
    memory_mb_max: Annotated[float, typer.Option(help="Growth of each worker.")] = 100.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print rows, no table.")] = False,
) -> None:
    """Attack a server on this machine beside an honest client."""
    pattern = _pattern(only)
    target = _target(url, email)
    attacked = target
    if attacker is not None:
        attacked = replace(target, token=_token(target, attacker, "ATTACKER_PASSWORD"))
    family = _family(pid)
    first_mb = _memory_mb(pid, family)
    memory_mb_max *= max(1, len(family) - 1)  # all in all: each may have hashed a password
    _take_files()
    chosen = [attack for attack in ATTACKS if _is_chosen(attack, pattern, target)]
    rows = []
    for attack in (None, *chosen):
        with Honest(target) as honest:
            done = asyncio.run(_attack(attack, attacked, seconds, pid, honest.pid))
        rows.append(_row(attack, honest, done, seconds, first_mb, (p99_ms_max, memory_mb_max)))
        if not as_json:
            typer.echo(f"{rows[-1].attack}: {_ms(rows[-1].worst_ms)}", err=True)
    if as_json:
        typer.echo(json.dumps([_plain(row) for row in rows]))
    else:
        _show(rows, p99_ms_max)
    raise typer.Exit(0 if all(row.in_bounds for row in rows) else 1)


@dataclass(frozen=True, slots=True)
class Done:
    """What an attack was: rounds that were begun, the most memory that was seen, and how the
    server and the honest client were scheduled meanwhile."""

    rounds: int
    memory_mb: float | None
    server: Scheduled | None
    honest: Scheduled | None


def _row(
    attack: Attack | None,
    honest: Honest,
    done: Done,
    seconds: float,
    first_mb: float | None,
    bounds: tuple[float, float],
) -> Row:
    """One attack's row; None: none, to compare with."""
    p99_ms_max, memory_mb_max = bounds
    grown = None if done.memory_mb is None or first_mb is None else done.memory_mb - first_mb
    p99_ms = {what: honest.p99_ms(what) for what in (QUERY, MUTATION, EVENT, HEALTH)}
    slowness = max((seen.slowness for seen in (done.server, done.honest) if seen), default=1.0)
    worst = max((ms for ms in p99_ms.values() if ms is not None), default=LOST)
    return Row(
        f"{attack.kind}: {attack.name}" if attack else "nothing",
        done.rounds,
        honest.answers,
        honest.lost,
        p99_ms,
        grown,
        slowness,
        None if done.server is None else done.server.at_work_s / seconds,
        worst <= p99_ms_max * slowness and (grown is None or grown <= memory_mb_max),
    )


async def _attack(
    attack: Attack | None, target: Target, seconds: float, pid: int | None, honest: int | None
) -> Done:
    """Run one attack. honest: the honest client's process."""
    # Of now: a program that the server starts meanwhile is, for a moment, like one more of it.
    family = _family(pid)
    rounds, most = 0, _memory_mb(pid, family)
    before = _scheduled(pid), _scheduled(honest)

    async def go_on(chosen: Attack) -> None:
        nonlocal rounds
        while True:
            rounds += 1
            with suppress(*GIVEN_UP):
                await chosen.round(target)
            await asyncio.sleep(PAUSE_S)

    crowd: list[Attack] = [] if attack is None else [attack] * attack.attackers
    attackers = [asyncio.create_task(go_on(one)) for one in crowd]
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        await asyncio.sleep(MEMORY_LOOK_S)
        now = _memory_mb(pid, family)
        most = now if most is None or now is None else max(most, now)
    after = _scheduled(pid), _scheduled(honest)
    await ended(attackers)
    await asyncio.sleep(SETTLE_S)
    server, client = (a.since(b) if a and b else None for a, b in zip(after, before, strict=True))
    return Done(rounds, most, server, client)


# What is attacked


def _target(url: str, email: str | None) -> Target:
    """Raises WrongUsage, and ScriptFailed for a server that is not there."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if host else []
    except (OSError, ValueError) as error:
        raise WrongUsage(f"{url}: {error}") from None
    addresses = [str(address[4][0]) for address in found]
    if parts.scheme != "http" or not addresses:
        raise WrongUsage("the URL must be like http://127.0.0.1:8000")
    if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        raise WrongUsage(f"{host} is not this machine: only loopback addresses are attacked")
    try:
        socket.create_connection((addresses[0], port), CONNECT_S).close()
    except OSError as error:
        raise ScriptFailed(f"{url} takes no connection: {error.strerror or error}") from None
    target = Target(addresses[0], port)
    return replace(target, token=_token(target, email, "INVENTORY_PASSWORD")) if email else target


def _token(target: Target, email: str, password: str) -> str:
    """password: the variable that has it. Raises WrongUsage."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    url = f"http://{host}:{target.port}/graphql"
    given = {"email": email, "password": os.environ.get(password, "")}
    body = json.dumps({"query": LOGIN, "variables": {"input": given}}).encode()
    try:
        # S310: _target has seen to it that this is http, and of this machine
        asked = Request(url, body, {"content-type": "application/json"})
        with urlopen(asked, timeout=30) as answer:  # noqa: S310
            token = (json.load(answer)["data"] or {}).get("login", {}).get("accessToken")
    except (HTTPError, URLError, OSError, ValueError, KeyError) as error:
        raise WrongUsage(f"cannot sign in as {email}: {error}") from None
    if not token:
        raise WrongUsage(f"cannot sign in as {email}: is {password} set?")
    return str(token)


def _pattern(only: str) -> re.Pattern[str]:
    """Raises WrongUsage."""
    try:
        return re.compile(only)
    except re.error as error:
        raise WrongUsage(f"--only {only}: {error}") from None


def _is_chosen(attack: Attack, only: re.Pattern[str], target: Target) -> bool:
    if attack.signed_in and target.token is None:
        return False
    return only.search(f"{attack.kind}: {attack.name}") is not None


def _memory_mb(pid: int | None, family: Sequence[int]) -> float | None:
    """What a server's processes hold of the machine's memory; None: it cannot be seen."""
    if pid is None or not Path("/proc/self/status").exists():
        return None
    if not Path(f"/proc/{pid}").exists():
        raise WrongUsage(f"there is no process {pid}")
    told = [_told(one, "status").partition("VmRSS:")[2].split() for one in family]
    return sum(int(sizes[0]) for sizes in told if sizes) / 1_024


def _scheduled(pid: int | None) -> Scheduled | None:
    """How the first threads of a process and its workers were scheduled so far; None: it cannot be
    seen."""
    told = [_told(one, "schedstat").split() for one in _family(pid)]
    if not any(told):
        return None
    at_work_ns, ready_ns = (sum(int(one[n]) for one in told if one) for n in (0, 1))
    return Scheduled(at_work_ns / 1e9, ready_ns / 1e9)


def _family(pid: int | None) -> list[int]:
    """A server's processes: itself, and the workers that it forked. A program that it started has
    other arguments."""
    children = map(int, _told(pid, f"task/{pid}/children").split())
    own = _told(pid, "cmdline")
    return [*([] if pid is None else [pid]), *(c for c in children if _told(c, "cmdline") == own)]


def _told(pid: int | None, what: str) -> str:
    """What the system tells of a process; "": nothing, or it is gone."""
    try:
        return Path(f"/proc/{pid}/{what}").read_text()
    except OSError:
        return ""


def _take_files() -> None:
    """Attackers are thousands of sockets."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# What is told


def _plain(row: Row) -> dict[str, Any]:
    return {
        "attack": row.attack,
        "rounds": row.rounds,
        "answers": row.answers,
        "lost": row.lost,
        "p99Ms": _finite(row.worst_ms),
        "p99MsOf": {what: _finite(ms) for what, ms in row.p99_ms.items()},
        "memoryMb": row.memory_mb,
        "slowness": round(row.slowness, 2),
        "load": None if row.load is None else round(row.load, 3),
        "inBounds": row.in_bounds,
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or value == LOST else round(value, 1)


def _ms(value: float | None) -> str:
    return "-" if value is None else "lost" if value == LOST else f"{value:.0f} ms"


def _show(rows: Sequence[Row], p99_ms_max: float) -> None:
    table = Table("attack", "rounds", *rows[0].p99_ms, "lost", "memory", "loop", "slow", "")
    for row in rows:
        memory = "" if row.memory_mb is None else f"{row.memory_mb:+.0f} MB"
        load = "" if row.load is None else f"{row.load:.0%}"
        verdict = "in bounds" if row.in_bounds else "[red]BEYOND[/red]"
        table.add_row(
            *(row.attack, str(row.rounds), *map(_ms, row.p99_ms.values())),
            *(f"{row.lost} of {row.answers}", memory, load, f"x {row.slowness:.1f}", verdict),
        )
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(table)
    console.print(
        f"Bound of each 99th percentile: {p99_ms_max:g} ms x slow, which is how much longer the "
        "server's loop, or the honest client, took since others had the cores."
    )


if __name__ == "__main__":
    launch("error", main)
