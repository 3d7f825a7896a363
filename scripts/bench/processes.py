"""Processes on this machine: start one and wait till it answers, what it uses, end it for sure."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

READY_TIMEOUT_S = 60
STOP_TIMEOUT_S = 5
PORT_RANGE = range(20_000, 32_000)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
GUARD = Path(__file__).resolve().parent / "guard.py"


class NotReady(Exception):
    """A process ended, or did not answer in time; carries the end of what it said."""


def free_ports(count: int) -> list[int]:
    """So many different loopback ports that nobody listens on at this moment.

    Taken from below Linux's ephemeral range (32768 and more), where the load generator's own
    sockets and their remains lie.
    """
    found: list[int] = []
    while len(found) < count:
        port = PORT_RANGE.start + secrets.randbelow(len(PORT_RANGE))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


def guarded(command: Sequence[str]) -> list[str]:
    """The command so that it ends when this process dies in whatever way."""
    return [sys.executable, str(GUARD), *command]


@contextlib.contextmanager
def started(
    command: Sequence[str], env: Mapping[str, str], folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A running process in a session of its own; ended when the block is left.

    `env` is added to this process's environment; what it says goes to the file `log`.
    """
    with log.open("wb") as said:
        process = subprocess.Popen(
            guarded(command),
            env={**os.environ, **env},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL to the whole session when that did not help within STOP_TIMEOUT_S."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def post(port: int, path: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> bytes:
    """One HTTP POST of JSON outside the measures. Raises OSError unless it is answered by 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    with contextlib.closing(connection):
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        reply = connection.getresponse()
        answer = reply.read()
    if reply.status != http.HTTPStatus.OK:
        raise OSError(f"answered {reply.status}: {answer[:200].decode(errors='replace')}")
    return answer


def await_ready(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    """Until `{ __typename }` is answered. Raises NotReady."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotReady(f"ended with {process.returncode}: {tail(log)}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            post(port, path, b'{"query":"{ __typename }"}', {}, timeout_s=5)
            return
        time.sleep(0.05)
    raise NotReady(f"no answer after {READY_TIMEOUT_S} s: {tail(log)}")


def tail(log: Path, characters: int = 600) -> str:
    """The end of what a process said."""
    return log.read_text(errors="replace")[-characters:].strip() or "it said nothing"


def family(pid: int) -> list[int]:
    """A process and all below it."""
    members = [pid]
    for parent in members:  # grows while it is walked
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                members += [int(child) for child in children.read_text().split()]
    return members


def rss_bytes(pid: int) -> int:
    """Resident memory of a process and its children (VmRSS), in bytes."""
    total = 0
    for member in family(pid):
        for line in Path(f"/proc/{member}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
    return total


def machine_cpu_seconds() -> float:
    """Processor time that all programs on this machine have used since it started, in seconds."""
    user, nice, kernel, _, _, irq, softirq, *_ = (
        int(ticks) for ticks in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + kernel + irq + softirq) / TICKS_PER_S


def own_cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended, in seconds."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def cpu_seconds(pid: int) -> float:
    """Processor time used so far by a process and its children, in seconds, to 10 ms."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # utime, stime
    return ticks / TICKS_PER_S
