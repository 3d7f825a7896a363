"""run.py's end of the pipe to loadgen.py: commands go out, results come in, nothing hangs."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from processes import guarded, stop

HERE = Path(__file__).resolve().parent
GRACE_S = 15  # the load generator times out by itself; only when it does not, we do


class LoadFailed(Exception):
    """The load generator reports that a measure failed, or does not report at all."""


class LoadGenerator:
    """One loadgen.py process."""

    def __init__(self, process: subprocess.Popen[bytes], on_progress: Callable[[str], None]):
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._input = process.stdin
        self._output = process.stdout
        self._on_progress = on_progress
        self._unread = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        """For its processor time."""
        return self._process.pid

    def call(self, do: str, timeout_s: float = 60, **arguments: Any) -> dict[str, Any]:
        """Have one command done and return its result. Raises LoadFailed."""
        command = {"do": do, "timeout_s": timeout_s, **arguments}
        self._input.write(json.dumps(command).encode() + b"\n")
        self._input.flush()
        deadline = time.monotonic() + timeout_s + GRACE_S
        while True:
            message = json.loads(self._line(deadline))
            if "progress" in message:
                self._on_progress(str(message["progress"]))
            elif "error" in message:
                raise LoadFailed(str(message["error"]))
            else:
                result: dict[str, Any] = message["result"]
                return result

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._unread:
            if not self._selector.select(max(0.0, deadline - time.monotonic())):
                raise LoadFailed("the load generator does not answer")
            data = os.read(self._output.fileno(), 1 << 20)
            if not data:
                raise LoadFailed("the load generator has ended")
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return line


@contextlib.contextmanager
def load_generator(on_progress: Callable[[str], None]) -> Iterator[LoadGenerator]:
    """A running load generator; ended when the block is left."""
    process = subprocess.Popen(
        guarded([sys.executable, str(HERE / "loadgen.py")]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what matters comes as {"error": …}
        start_new_session=True,
    )
    try:
        yield LoadGenerator(process, on_progress)
    finally:
        stop(process)
