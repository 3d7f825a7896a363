"""A backup of an SQLite database, made while servers use it. Called by `backup`.

The copy is one state of the database, defragmented (VACUUM INTO). It gets an epoch of its own:
a server that is started on it is another log, and tells clients with cursors of the first one
EPOCH_CHANGED, instead of going on with positions that mean something else there.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from graphql_api.events.log import new_epoch
from graphql_api.operations.database_files import belongs_to, side_files

BUSY_TIMEOUT_S = 10.0
STEPS_BETWEEN_CALLS = 100_000  # of SQLite's machine: about every 10 ms


class BackupFailed(Exception):
    """No backup was made, and nothing was changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was made. position: of the newest event in it; size: bytes."""

    file: Path
    position: int
    size: int


def back_up(
    database: Path, file: Path, *, overwrite: bool = False, alive: Callable[[], None] = lambda: None
) -> Backup:
    """Copy `database` to `file`, which appears whole or not at all, readable by its owner alone.

    alive: called now and then; what it raises ends the work and is passed on.
    Raises BackupFailed.
    """
    _check_target(database, file, overwrite)
    copy = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        copy_database(database, copy, alive)
        position = give_new_epoch(copy)
        sync(copy)
        size = copy.stat().st_size
        _put_in_place(copy, file, overwrite)
    except sqlite3.Error as error:
        raise BackupFailed(f"cannot copy {database}: {error}") from error
    except OSError as error:
        raise BackupFailed(f"cannot write {file}: {error.strerror or error}") from error
    finally:
        for path in (copy, *side_files(copy)):
            path.unlink(missing_ok=True)
    return Backup(file, position, size)


def _check_target(database: Path, file: Path, overwrite: bool) -> None:
    if not database.exists():
        raise BackupFailed(f"there is no database {database}")
    if not file.parent.is_dir():
        raise BackupFailed(f"the folder {file.parent} does not exist")
    if file.is_dir():
        raise BackupFailed(f"{file} is a folder")
    if belongs_to(database, file):
        raise BackupFailed(f"{file} is the database itself")
    if not file.exists():
        return
    if not overwrite:
        raise BackupFailed(f"{file} exists already")
    if any(path.exists() for path in side_files(file)):
        # What is left of another database's journal would be applied to the new file.
        raise BackupFailed(f"{file} is in use as a database")


def copy_database(database: Path, copy: Path, alive: Callable[[], None] = lambda: None) -> None:
    """One state of `database` into `copy`, an empty file. Raises sqlite3.Error, and what `alive`
    raises."""
    ended: list[BaseException] = []

    def look() -> int:
        try:
            alive()
        except BaseException as error:  # an exception cannot pass through SQLite
            ended.append(error)
            return 1
        return 0

    # mode=rw: a file that is gone meanwhile is not made anew.
    address = f"file:{quote(str(database.absolute()))}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S)) as connection:
        connection.isolation_level = None
        connection.set_progress_handler(look, STEPS_BETWEEN_CALLS)
        try:
            connection.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.OperationalError:
            if ended:
                raise ended[0] from None
            raise


def give_new_epoch(copy: Path) -> int:
    """Make it a log of its own; the position of its newest event. Raises BackupFailed."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        row = connection.execute(
            "UPDATE log_head SET epoch = ? WHERE id = 1 RETURNING position", (new_epoch(),)
        ).fetchone()
        if row is None:
            raise BackupFailed("the database has no log: it was not migrated")
        return int(row[0])


def _put_in_place(copy: Path, file: Path, overwrite: bool) -> None:
    if overwrite:
        copy.replace(file)
    else:
        try:
            file.hardlink_to(copy)  # unlike a rename, never onto a file that came meanwhile
        except FileExistsError:
            raise BackupFailed(f"{file} exists already") from None
        except OSError:  # a file system without hard links
            copy.rename(file)
    sync(file.parent)


def sync(path: Path) -> None:
    """Wait until the disk has it."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
