"""Programs of ours as processes, without the second and a half that each takes to import.

`started` and `run` are what `subprocess.Popen` and `subprocess.run` are, for commands that begin
with Python: the process is forked from one that has imported everything (`tests/forkserver.py`),
of which each of the tests' processes has one. A command that another Python, or another copy of
the project, shall run is started anew, as everything is where the system is not Linux; and so are
those whose tests are about importing: they call subprocess themselves.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ANSWER_BYTES_MAX = 1_000

Command = Sequence["str | os.PathLike[str]"]


def started(command: Command, **options: Any) -> subprocess.Popen[Any]:
    """A process that runs the command: `subprocess.Popen`, which the options are of."""
    arguments = [os.fspath(argument) for argument in command]
    is_ours = arguments[0] == sys.executable and len(arguments) > 1
    if is_ours and hasattr(os, "pidfd_open") and _finds_the_same(options.get("env")):
        return _Forked(arguments, **options)
    return subprocess.Popen(arguments, **options)


def run(
    command: Command,
    *,
    input: Any = None,  # subprocess.run calls it so
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """The command, run to its end: `subprocess.run`."""
    if input is not None:
        options["stdin"] = subprocess.PIPE
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, **options) as process:
        try:
            out, err = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


def _finds_the_same(env: dict[str, str] | None) -> bool:
    """Whether a Python with this environment would import what this one has."""
    if env is None:
        return True
    paths = env.get("PYTHONPATH", "").split(os.pathsep)
    theirs = {name: value for name, value in env.items() if name.startswith("PYTHON")}
    ours = {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}
    return {**theirs, "PYTHONPATH": ""} == {**ours, "PYTHONPATH": ""} and all(
        path in ("", str(ROOT)) for path in paths
    )


class _ForkServer:
    """The one of this process: started by the first who needs it, and ended with it."""

    def __init__(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket = ours
        self._lock = threading.Lock()
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forkserver", str(its.fileno())],
                cwd=ROOT,
                pass_fds=[its.fileno()],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
            )
        atexit.register(self.close)

    def ask(self, request: dict[str, Any], files: Sequence[int] = ()) -> Any:
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(request).encode()], files)
            answer = self._socket.recv(ANSWER_BYTES_MAX)
        assert answer, "the fork server has ended"
        return json.loads(answer)

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


_beginning = threading.Lock()


@cache
def _begun() -> _ForkServer:
    return _ForkServer()


def _fork_server() -> _ForkServer:
    with _beginning:  # several threads may start the first processes: only one knows its children
        return _begun()


class _Forked(subprocess.Popen[Any]):
    """A process that is the fork server's child, not ours: it alone can wait for it.

    Leans on private methods of Popen (3.11 to 3.14): those that start a process and look after it.
    """

    def _execute_child(self, *given: Any) -> None:
        args, cwd, env, pipes = given[0], given[5], given[6], given[10:16]
        child = (pipes[0], pipes[3], pipes[5])  # the ends that it has: it reads one, writes two
        request = {
            "arguments": args[1:],
            "cwd": os.fspath(cwd or os.getcwd()),
            "env": dict(os.environ if env is None else env),
        }
        files = [number if file == -1 else file for number, file in enumerate(child)]
        try:
            self.pid = _fork_server().ask(request, files)
            self._watch = os.pidfd_open(self.pid)
            self._child_created = True
        finally:
            self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _internal_poll(self, _deadstate: int | None = None, **_: Any) -> int | None:
        if self.returncode is None and _deadstate is None:  # not from __del__: it may be too late
            self._look()
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        end_s = None if timeout is None else time.monotonic() + timeout
        while self._internal_poll() is None:
            left_s = None if end_s is None else end_s - time.monotonic()
            if left_s is not None and left_s <= 0:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            ends = select.poll()
            ends.register(self._watch, select.POLLIN)  # readable once it has ended
            ends.poll(None if left_s is None else left_s * 1_000)
        return int(self.returncode)

    def _look(self) -> None:
        with self._waitpid_lock:  # type: ignore[attr-defined]
            if self.returncode is not None:
                return
            pid, status = _fork_server().ask({"ended": self.pid})
            if pid == self.pid:
                self.returncode = os.waitstatus_to_exitcode(status)
                os.close(self._watch)
