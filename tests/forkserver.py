"""A Python that has imported everything, and forks whenever a test starts a program of ours.

Importing takes a second and a half of a core, and hundreds of programs start: see `tests/forks.py`,
which asks. What follows from the code alone is made before, too: the schema, what Tortoise makes of
our models, and the commands. The program then runs as any other: its own process, arguments,
folder, environment and files, and Python's own end: see `_end`.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import runpy
import socket
import sys
from types import ModuleType
from typing import Any

REQUEST_BYTES_MAX = 1_000_000
Request = dict[str, Any]


class _Outcome:
    """How the program has ended; None: it has not, or in a way that is Python's alone to tell."""

    code: int | None = None


def _end() -> None:
    """The last of what Python does at a process's end: threads have been waited for, and whoever
    wished to hear of the end has heard. All that is left is to free every object, those of the
    modules that were imported before the fork included: a tenth of a second of a core, and more
    than most programs take. So only the program's own are freed, with what they then say."""
    if _Outcome.code is None:
        return
    program = vars(sys.modules["__main__"])
    if program is not globals():
        program.clear()
    gc.collect()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # Python has a word and a code for it
    os._exit(_Outcome.code)


atexit.register(_end)  # before anybody else, so it is called after them


def serve(control: socket.socket) -> tuple[Request, list[int]] | None:
    """Answer requests until nobody asks any more (None); in a forked process: what it shall be,
    and its three standard files."""
    while True:
        text, files, _, _ = socket.recv_fds(control, REQUEST_BYTES_MAX, 3)
        if not text:
            return None
        request = json.loads(text)
        if "ended" in request:
            pid, status = os.waitpid(request["ended"], os.WNOHANG)
            control.send(json.dumps([pid, status]).encode())
            continue
        pid = os.fork()
        if pid == 0:
            control.close()
            return request, files
        for file in files:
            os.close(file)
        control.send(json.dumps(pid).encode())


def become(request: Request, files: list[int]) -> None:
    """Run the program that is asked for, as `python ARGUMENTS` would."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in set(files) - {0, 1, 2}:
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    is_unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # they live as long as the process
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            open(number, "wb", 0 if is_unbuffered else -1, closefd=False),  # noqa: SIM115
            errors=errors,
            line_buffering=number == 2 or os.isatty(number),
            write_through=is_unbuffered,
        )
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    run(*request["arguments"])


def run(how: str, *arguments: str) -> None:
    """`-m MODULE …`, `-c PROGRAM …` or `FILE …`."""
    first = os.path.dirname(how) if how not in ("-m", "-c") else os.getcwd()
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = [first, *paths, *sys.path]
    if how == "-m":
        sys.argv = [how, *arguments[1:]]
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    elif how == "-c":
        sys.argv = [how, *arguments[1:]]
        main = sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(arguments[0], "<string>", "exec"), main.__dict__)  # noqa: S102
    else:
        sys.argv = [how, *arguments]
        runpy.run_path(how, run_name="__main__")


def main() -> None:
    """`-m tests.forkserver N`: the number of the open socket that requests come by."""
    control = socket.socket(fileno=int(sys.argv[1]))
    importlib.import_module("tests.made_before").make_all()
    # A program has its own first places to look in.
    own = {os.getcwd(), *os.environ["PYTHONPATH"].split(os.pathsep)}
    sys.path[:] = [path for path in sys.path if path not in own]
    gc.collect()
    gc.freeze()  # the collector of a forked process would copy every page
    served = serve(control)
    try:
        if served is not None:
            become(*served)
    except SystemExit as told:
        _Outcome.code = told.code & 0xFF if isinstance(told.code, int) else int(bool(told.code))
        raise
    except Exception:
        _Outcome.code = 1
        raise
    _Outcome.code = 0


if __name__ == "__main__":
    main()
