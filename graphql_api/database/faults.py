"""What the database can fail with that is no fault of a request's: it is away, full, or busy.

One table for both databases, used by everything that sends a statement (connection.py,
transactions.py). What stands in it becomes a DatabaseAway, which clients get as UNAVAILABLE
and "again"; what does not is a fault of ours and is passed on as it is.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from enum import Enum

from tortoise.exceptions import BaseORMException, DBConnectionError

from graphql_api.errors import Unavailable

try:
    import asyncpg
except ImportError:  # the extra "postgres" was not installed: nothing of it can be met
    asyncpg = None

logger = logging.getLogger(__name__)

TOLD_EVERY_S = 5.0  # a fault of one kind is logged so often at the most, however many meet it


class Away(Enum):
    """Why the database does not serve now; the value is what clients are told."""

    LOST = "The connection to the database was lost"
    UNREACHABLE = "The database cannot be reached"
    CROWDED = "The database takes no more connections"
    BUSY = "The database is busy with another change"
    SLOW = "The database took too long to answer"
    FULL = "The database's disk is full"
    DISK = "The database's disk cannot be read or written"
    READ_ONLY = "The database takes no changes now"


OF_THE_DISK = {Away.FULL, Away.DISK, Away.READ_ONLY}  # they last until somebody does something


class DatabaseAway(Unavailable):
    """The database does not serve now. The statement at hand was not carried out, or will be
    rolled back; only of a COMMIT that cannot be said (see CommitInDoubt).

    may_pass: the same on a fresh connection, in a moment, may well succeed.
    """

    def __init__(self, why: Away, may_pass: bool, message: str | None = None) -> None:
        super().__init__(message or f"{why.value}; try again in a moment.")
        self.why = why
        self.may_pass = may_pass

    def changed_nothing(self) -> DatabaseAway:
        """The same, for the caller of a change that was certainly not made."""
        message = f"{self.why.value}. Nothing was changed; try again in a moment."
        return DatabaseAway(self.why, self.may_pass, message)


class OutcomeUnknown(Unavailable):
    """A change was sent to be committed, and whether it was could not be found out in time.

    extensions.outcome is UNKNOWN, so that a client can tell it from a change that was not made.
    """

    def __init__(self) -> None:
        super().__init__(
            "The database went away while it committed this change, so it is not known whether "
            "it was made. Look, or send it again with the same idempotencyKey: that is safe, it "
            "is made at most once. Without a key, look before you repeat it.",
            outcome="UNKNOWN",
        )


class CommitInDoubt(Exception):
    """COMMIT was begun and not answered: the transaction may be there or not. `cause` is why."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"a commit was not answered: {cause!r}")
        self.cause = cause


# PostgreSQL: SQLSTATE, or its class, → why, and whether it may pass at once.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
STATES: dict[str, tuple[Away, bool]] = {
    "08": (Away.LOST, True),  # connection exceptions
    "25006": (Away.READ_ONLY, True),  # a standby: behind the same address a primary may appear
    "25P03": (Away.LOST, True),  # idle in a transaction for too long: this process was stopped
    "25P04": (Away.LOST, True),  # transaction timeout
    "40": (Away.BUSY, True),  # deadlock, serialization
    "53100": (Away.FULL, False),
    "53300": (Away.CROWDED, True),
    "53": (Away.CROWDED, False),  # out of memory and the like
    "55P03": (Away.BUSY, False),  # lock_timeout has been waited out
    "57014": (Away.SLOW, False),  # statement_timeout has been waited out
    "57P": (Away.LOST, True),  # shutdown, crash, starting up, idle session
    "58": (Away.DISK, False),  # errors of the system below
}

# SQLite: primary result code → the same. https://www.sqlite.org/rescode.html
CODES: dict[int, tuple[Away, bool]] = {
    sqlite3.SQLITE_BUSY: (Away.BUSY, False),  # busy_timeout has been waited out
    sqlite3.SQLITE_LOCKED: (Away.BUSY, True),
    sqlite3.SQLITE_NOMEM: (Away.CROWDED, False),
    sqlite3.SQLITE_READONLY: (Away.READ_ONLY, False),
    sqlite3.SQLITE_INTERRUPT: (Away.LOST, True),
    sqlite3.SQLITE_IOERR: (Away.DISK, False),
    sqlite3.SQLITE_FULL: (Away.FULL, False),
    sqlite3.SQLITE_CANTOPEN: (Away.UNREACHABLE, False),
    sqlite3.SQLITE_PROTOCOL: (Away.BUSY, True),
}


def away(error: BaseException) -> DatabaseAway | None:
    """What `error` of a driver, or of Tortoise around it, says of the database; None: nothing."""
    if isinstance(error, DatabaseAway):
        return error
    root = _root(error)
    found = _of_postgres(root) or _of_sqlite(root) or _of_the_line(root)
    return None if found is None else DatabaseAway(*found)


def told_whole(error: BaseException) -> str:
    """For whoever runs the program: why the database does not serve, and what its driver said."""
    if not isinstance(error, DatabaseAway) or error.__cause__ is None:
        return str(error)
    return f"{error.why.value}: {_said(error.__cause__)}"


def _said(error: BaseException) -> str:
    root = _root(error)
    return " ".join(str(root).split()) or type(root).__name__


def cannot_connect(error: BaseException) -> DatabaseAway:
    """What a failed attempt to connect says; whatever it is, nobody is served."""
    known = away(error)
    if known is not None and known.why not in (Away.LOST, Away.SLOW):
        return known
    return DatabaseAway(Away.UNREACHABLE, True)


def _root(error: BaseException) -> BaseException:
    """The driver's own error inside of one of Tortoise's."""
    if isinstance(error, BaseORMException) and error.args:
        inner = error.args[0]
        if isinstance(inner, BaseException):
            return inner
    return error


def _of_postgres(error: BaseException) -> tuple[Away, bool] | None:
    if asyncpg is None:
        return None
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return Away.BUSY, True  # tables were changed meanwhile; the statement is prepared anew
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        for length in (5, 3, 2):
            if state[:length] in STATES:
                return STATES[state[:length]]
    return None


def _of_sqlite(error: BaseException) -> tuple[Away, bool] | None:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None:
            return CODES.get(code & 0xFF)
        if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
            return Away.LOST, True
    if isinstance(error, ValueError) and "connection" in str(error).lower():
        return Away.LOST, True  # aiosqlite's words for a connection that was closed
    return None


def _of_the_line(error: BaseException) -> tuple[Away, bool] | None:
    if isinstance(error, TimeoutError):
        return Away.SLOW, True  # no answer at all: the line may be dead, and another one alive
    if asyncpg is not None and isinstance(error, asyncpg.InterfaceError) and "clos" in str(error):
        return Away.LOST, True
    if asyncpg is not None and isinstance(error, asyncpg.InternalClientError):
        # Between two statements the server has said why it ends the connection, and its end has
        # not come yet: asyncpg is in its state 2 (PROTOCOL_ERROR_CONSUME), and sends nothing.
        return (Away.LOST, True) if "another operation (2)" in str(error) else None
    if isinstance(error, OSError | DBConnectionError | EOFError):
        return Away.LOST, True
    return None


class Faults:
    """Translates errors, and logs what they were: one line, and not for each caller again."""

    def __init__(self) -> None:
        self._told_s: dict[Away, float] = {}
        self.refusing: Away | None = None  # why the disk takes no writes

    def translated(self, error: BaseException) -> BaseException:
        """A DatabaseAway for `error`, or `error` itself."""
        return self.told(away(error), error) or error

    def committed(self) -> None:
        """A transaction has been committed: the disk takes writes. That it has room is not said:
        one that changes rows in their places needs next to none (disk.py looks)."""
        if self.refusing is not Away.FULL:
            self.refusing = None

    def has_room(self) -> None:
        """Something was written that needs room."""
        if self.refusing is Away.FULL:
            self.refusing = None

    def told(self, fault: DatabaseAway | None, error: BaseException) -> DatabaseAway | None:
        """`fault`, after its cause was logged."""
        if fault is not None and fault is not error:
            if fault.why in OF_THE_DISK:
                self.refusing = fault.why
            now_s = time.monotonic()
            if now_s - self._told_s.get(fault.why, -TOLD_EVERY_S) >= TOLD_EVERY_S:
                self._told_s[fault.why] = now_s
                name = type(_root(error)).__name__
                logger.warning("%s: %s: %s", fault.why.value, name, _said(error))
        return fault
