"""Puts a backup in the place of an SQLite database that nobody uses. Called by `restore`.

The copy is checked whole before anything is touched, and is written beside the database and
renamed onto it: a crash at any moment leaves the old database or the new one. It gets an epoch of
its own, so that clients with cursors of the old log are told EPOCH_CHANGED. The old database stays
beside it under another name. Its `-wal` and `-shm` must not stay under theirs: SQLite would apply
them to the new file ("database disk image is malformed").
"""

from __future__ import annotations

import os
import pkgutil
import secrets
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from graphql_api.database import migrations
from graphql_api.operations.backup import BackupFailed, copy_database, give_new_epoch, sync
from graphql_api.operations.database_files import SIDE_FILES, belongs_to, side_files
from graphql_api.operations.in_use import InUse, used_alone
from graphql_api.operations.private_files import PRIVATE

OPEN_TIMEOUT_S = 5.0  # another program may look at the database for a moment
NOT_OURS = "is no database of this program"
PROBLEMS_TOLD = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """What is there now. position: of its newest event; aside: the old database, None: none."""

    position: int
    aside: Path | None


def restore(database: Path, file: Path) -> Restored:
    """Put a copy of `file` in the place of `database`; `file` stays. Raises BackupFailed."""
    _check_paths(database, file)
    try:
        with used_alone(database):
            return _restored(database, file)
    except InUse:
        raise BackupFailed(_in_use(database)) from None
    except sqlite3.Error as error:
        raise BackupFailed(f"cannot restore {file}: {error}") from error
    except OSError as error:
        raise BackupFailed(f"cannot write {database}: {error.strerror or error}") from error


def _in_use(database: Path) -> str:
    return f"{database} is in use: stop every server and command on it first"


def _restored(database: Path, file: Path) -> Restored:
    copy = database.with_name(f".{database.name}.{secrets.token_hex(4)}.part")
    try:
        _refuse_if_not_whole(file)
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        copy_database(file, copy)
        position = give_new_epoch(copy)
        sync(copy)
        _let_go(database)
        aside = _put_in_place(copy, database)
        sync(database.parent)
    finally:
        for path in (copy, *side_files(copy)):
            path.unlink(missing_ok=True)
    return Restored(position, aside)


def _put_in_place(copy: Path, database: Path) -> Path | None:
    """The copy under the database's name; the old database under another, None: there was none.
    When that fails, everything is under the name that it had."""
    aside = _name_aside(database) if database.exists() else None
    try:
        if aside is not None:
            _keep(database, aside)
        _clear_side_files(database, aside)
        copy.replace(database)
    except BaseException:
        if aside is not None:
            _take_back(database, aside)
        raise
    return aside


def _check_paths(database: Path, file: Path) -> None:
    if not file.exists():
        raise BackupFailed(f"there is no file {file}")
    if not file.is_file():
        raise BackupFailed(f"{file} is not a file")
    if database.is_dir():
        raise BackupFailed(f"{database} is a folder")
    if belongs_to(database, file):
        raise BackupFailed(f"{file} is the database itself")


def _refuse_if_not_whole(file: Path) -> None:
    """Raises BackupFailed when `file` is damaged, not ours, or of a newer version."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=rw", uri=True)) as c:
            found = [row[0] for row in c.execute(f"PRAGMA integrity_check({PROBLEMS_TOLD})")]
            tables = {row[0] for row in c.execute("SELECT name FROM sqlite_master")}
            if found != ["ok"]:
                raise BackupFailed(f"{file} is damaged: {'; '.join(found)}")
            if not {"tortoise_migrations", "log_head", "event"} <= tables:
                raise BackupFailed(f"{file} {NOT_OURS}")
            applied = {row[0] for row in c.execute("SELECT name FROM tortoise_migrations")}
    except sqlite3.DatabaseError as error:
        said = "is no database" if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB else "is damaged"
        raise BackupFailed(f"{file} {said}: {error}") from error
    unknown = sorted(applied - known_migrations())
    if unknown:
        raise BackupFailed(f"{file} was made by a newer version: it has {', '.join(unknown)}")


def known_migrations() -> set[str]:
    """The names of the migrations of this version."""
    return {module.name for module in pkgutil.iter_modules(migrations.__path__)}


def _let_go(database: Path) -> None:
    """Have SQLite put its WAL into the database's file, which it does only while nobody else has
    it open, by whatever program. A database that is damaged stays as it is.

    Raises BackupFailed when somebody has it open.
    """
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=OPEN_TIMEOUT_S)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise BackupFailed(_in_use(database)) from None


def _name_aside(database: Path) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return database.with_name(f"{database.name}.before-restore-{now}")


def _keep(database: Path, aside: Path) -> None:
    """Have the old database under this name too, for who wants it back."""
    try:
        aside.hardlink_to(database)
    except OSError:  # a file system without hard links
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        shutil.copyfile(database, aside)
    aside.chmod(PRIVATE)
    sync(aside)


def _take_back(database: Path, aside: Path) -> None:
    """Undo `_keep`, and give the database its WAL back. What the disk refuses even now stays
    aside: the fault that is told came before."""
    with suppress(OSError):
        for suffix in SIDE_FILES:
            moved = aside.with_name(aside.name + suffix)
            if moved.exists():
                os.replace(moved, database.with_name(database.name + suffix))
        aside.unlink(missing_ok=True)


def _clear_side_files(database: Path, aside: Path | None) -> None:
    for suffix in SIDE_FILES:
        left = database.with_name(database.name + suffix)
        with suppress(FileNotFoundError):
            if aside is not None and suffix != "-shm":
                left.replace(aside.with_name(aside.name + suffix))
            else:
                left.unlink()
    sync(database.parent)
