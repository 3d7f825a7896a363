"""Attacks a server of ours on this machine, and tells what that costs an honest client.

    .venv/bin/python scripts/attack.py http://127.0.0.1:8000 --pid PID --email viewer@example.com

For loopback addresses only: it refuses any other. Attacks of one kind after another, each for
some seconds, from one process; beside them an honest client in another, whose 99th percentile
and the server's memory (--pid; Linux) must stay in bounds. With --email (the password in
INVENTORY_PASSWORD) the honest client reads items, and attacks of a signed-in user are tried too;
use a database that you can do without. Exit codes: 0 all rows are in bounds; 1 one is not; 2
wrong usage.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import typer
from attacks.honest import LOST, Honest
from attacks.table import ATTACKS, Attack
from attacks.wire import Target
from endings import ScriptFailed, WrongUsage, launch
from rich.console import Console
from rich.table import Table

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }"
CONNECT_S = 10.0  # a server that takes longer to take a connection is none to attack
MEMORY_LOOK_S = 0.1
PAUSE_S = 0.05  # of an attacker whose connection was refused
SETTLE_S = 1.0  # between two rows


@dataclass(frozen=True, slots=True)
class Row:
    """What one attack did. memory_mb: at most, beyond what there was at first; None: not seen."""

    attack: str
    rounds: int
    answers: int
    lost: int
    p99_ms: float
    memory_mb: float | None
    in_bounds: bool


def main(
    url: Annotated[str, typer.Argument(help="http://127.0.0.1:PORT; loopback only.")],
    pid: Annotated[int | None, typer.Option(help="The server's process.")] = None,
    email: Annotated[str | None, typer.Option(help="Who is honest, and attacks too.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="For each attack.")] = 5.0,
    only: Annotated[str, typer.Option(help="A pattern of kinds or names.")] = "",
    p99_ms_max: Annotated[float, typer.Option(help="The honest client's.")] = 250.0,
    memory_mb_max: Annotated[float, typer.Option(help="The server's growth.")] = 100.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print rows, no table.")] = False,
) -> None:
    """Attack a server on this machine beside an honest client."""
    pattern = _pattern(only)
    target = _target(url, email)
    first_mb = _memory_mb(pid)
    _take_files()
    chosen = [attack for attack in ATTACKS if _is_chosen(attack, pattern, target)]
    rows = []
    for attack in (None, *chosen):
        rows.append(_row(attack, target, seconds, pid, first_mb, (p99_ms_max, memory_mb_max)))
        if not as_json:
            typer.echo(f"{rows[-1].attack}: {_ms(rows[-1].p99_ms)}", err=True)
    if as_json:
        typer.echo(json.dumps([_plain(row) for row in rows]))
    else:
        _show(rows)
    raise typer.Exit(0 if all(row.in_bounds for row in rows) else 1)


def _row(
    attack: Attack | None,
    target: Target,
    seconds: float,
    pid: int | None,
    first_mb: float | None,
    bounds: tuple[float, float],
) -> Row:
    """Run one attack beside the honest client; None: none, to compare with."""
    with Honest(target) as honest:
        rounds, most_mb = asyncio.run(_attack(attack, target, seconds, pid))
    grown = None if most_mb is None or first_mb is None else most_mb - first_mb
    return Row(
        f"{attack.kind}: {attack.name}" if attack else "nothing",
        rounds,
        len(honest.waits),
        honest.lost,
        honest.p99_ms,
        grown,
        honest.p99_ms <= bounds[0] and (grown is None or grown <= bounds[1]),
    )


async def _attack(
    attack: Attack | None, target: Target, seconds: float, pid: int | None
) -> tuple[int, float | None]:
    """Rounds that were begun, and the most memory that was seen."""
    rounds, most = 0, _memory_mb(pid)

    async def go_on(chosen: Attack) -> None:
        nonlocal rounds
        while True:
            rounds += 1
            with suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                await chosen.round(target)
            await asyncio.sleep(PAUSE_S)

    crowd: list[Attack] = [] if attack is None else [attack] * attack.attackers
    attackers = [asyncio.create_task(go_on(one)) for one in crowd]
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        await asyncio.sleep(MEMORY_LOOK_S)
        now = _memory_mb(pid)
        most = now if most is None or now is None else max(most, now)
    for task in attackers:
        task.cancel()
    await asyncio.gather(*attackers, return_exceptions=True)
    await asyncio.sleep(SETTLE_S)
    return rounds, most


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
    token = _token(f"http://{parts.netloc}/graphql", email) if email else None
    return Target(addresses[0], port, token)


def _token(url: str, email: str) -> str:
    given = {"email": email, "password": os.environ.get("INVENTORY_PASSWORD", "")}
    body = json.dumps({"query": LOGIN, "variables": {"input": given}}).encode()
    try:
        # S310: _target has seen to it that this is http, and of this machine
        asked = Request(url, body, {"content-type": "application/json"})  # noqa: S310
        with urlopen(asked, timeout=30) as answer:  # noqa: S310
            token = (json.load(answer)["data"] or {}).get("login", {}).get("accessToken")
    except (HTTPError, URLError, OSError, ValueError, KeyError) as error:
        raise WrongUsage(f"cannot sign in as {email}: {error}") from None
    if not token:
        raise WrongUsage(f"cannot sign in as {email}: is INVENTORY_PASSWORD set?")
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


def _memory_mb(pid: int | None) -> float | None:
    """What a process holds of the machine's memory; None: it cannot be seen."""
    if pid is None or not Path("/proc/self/status").exists():
        return None
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        raise WrongUsage(f"there is no process {pid}") from None
    return int(status.partition("VmRSS:")[2].split()[0]) / 1_024


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
        "p99Ms": None if row.p99_ms == LOST else round(row.p99_ms, 1),
        "memoryMb": row.memory_mb,
        "inBounds": row.in_bounds,
    }


def _ms(value: float) -> str:
    return "lost" if value == LOST else f"{value:.0f} ms"


def _show(rows: Sequence[Row]) -> None:
    table = Table("attack", "rounds", "honest p99", "lost", "memory", "")
    for row in rows:
        memory = "" if row.memory_mb is None else f"{row.memory_mb:+.0f} MB"
        verdict = "in bounds" if row.in_bounds else "[red]BEYOND[/red]"
        lost = f"{row.lost} of {row.answers}"
        table.add_row(row.attack, str(row.rounds), _ms(row.p99_ms), lost, memory, verdict)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    launch("error", main)
