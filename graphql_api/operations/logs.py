"""Logging, set up once by the command line: on standard error, an entry a line.

Text for people; JSON, one object a line, for collectors of a server in production.
"""

from __future__ import annotations

import logging
import sys
import traceback

import orjson

from graphql_api.clock import to_rfc3339

# What others say at INFO is of use to who develops them; at DEBUG, Tortoise and aiosqlite tell
# statements with their parameters: password hashes, what customers own.
QUIET = ("aiosqlite", "apscheduler", "asyncio", "tortoise", "uvicorn", "websockets")
ACCESS = ("uvicorn.access", "uvicorn.error")

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), 127) if code not in (9, 10)}


def configure(
    level: str, as_json: bool, with_access: bool = False, worker: int | None = None
) -> None:
    """Send everything from `level` on to standard error. with_access: tell each request.
    worker: the number of the one that this process is; each entry tells it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(worker) if as_json else TextLines(worker))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    if with_access:
        for name in ACCESS:
            logging.getLogger(name).setLevel(logging.INFO)
        # uvicorn's own settings cut it off from the root when its access log is off.
        logging.getLogger("uvicorn.access").propagate = True


class TextLines(logging.Formatter):
    """`2026-01-31T12:00:00.5Z WARNING graphql_api.delivery.hub: message`, tracebacks below.

    Control characters are escaped, so that nobody who chooses a name or a path can forge an
    entry or talk to the reader's terminal. Of a worker: `… WARNING worker 2 graphql_api…`.
    """

    def __init__(self, worker: int | None = None) -> None:
        super().__init__()
        self._who = "" if worker is None else f"worker {worker} "

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage().replace("\n", "\\n").translate(_ESCAPES)
        line = f"{_time(record)} {record.levelname} {self._who}{record.name}: {message}"
        trace = _trace(record)
        return f"{line}\n{trace.translate(_ESCAPES)}" if trace else line


class JsonLines(logging.Formatter):
    """`{"time":…,"level":…,"logger":…,"message":…}`, and "exception" with a traceback; of a
    worker, "worker" with its number."""

    def __init__(self, worker: int | None = None) -> None:
        super().__init__()
        self._who = {} if worker is None else {"worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._who,
        }
        trace = _trace(record)
        if trace:
            entry["exception"] = trace
        return orjson.dumps(entry, default=str).decode()


def _time(record: logging.LogRecord) -> str:
    return to_rfc3339(int(record.created * 1_000) * 1_000)


def _trace(record: logging.LogRecord) -> str:
    if record.exc_info is None or record.exc_info[0] is None:
        return ""
    return "".join(traceback.format_exception(*record.exc_info)).rstrip()
