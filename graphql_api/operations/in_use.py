"""Who has an SQLite database open, over all processes of this machine: `FILE.use`, an empty file
beside it, is locked by each of them, shared; by `restore`, which puts another database in its
place, alone. Called by app.py and cli/.

The lock is the operating system's (flock), so it ends with its process, however that ends: what a
killed server leaves behind is no lock. SQLite's own locks are held during a transaction only, and
on a file that `restore` is about to replace.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphql_api.errors import ConfigurationError
from graphql_api.operations.database_files import use_file
from graphql_api.operations.private_files import PRIVATE, make_private

if sys.platform != "win32":
    import fcntl


class InUse(Exception):
    """Another process has the database open."""


@contextmanager
def used(database: Path | None) -> Iterator[None]:
    """Say that this process uses `database`; None, for PostgreSQL: nothing happens.

    It is for its owner alone from now on. Raises ConfigurationError while it is being restored.
    """
    if database is None:
        yield
        return
    try:
        with _locked(database, alone=False):
            make_private(database)
            yield
    except InUse:
        raise ConfigurationError(
            f"the database {database} is being restored: try again when that has ended"
        ) from None


@contextmanager
def used_alone(database: Path) -> Iterator[None]:
    """Keep every other process from opening `database`. Raises InUse, OSError."""
    with _locked(database, alone=True):
        yield


@contextmanager
def _locked(database: Path, *, alone: bool) -> Iterator[None]:
    if sys.platform == "win32":  # which replaces no file that is open, so restore fails there
        yield
        return
    number = _opened(use_file(database))
    try:
        if number is not None:
            how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            try:
                fcntl.flock(number, how | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse from None
        yield
    finally:
        if number is not None:
            os.close(number)  # which unlocks it; the file stays, for a lock on a name that is gone
            # is none


def _opened(path: Path) -> int | None:
    """A descriptor; None where there can be no such file: then nobody restores there either."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError:
        return None
