"""Copies of attachments that go with a backup of an SQLite database, and come back with it.

Beside the backup FILE lies the folder FILE.attachments. A stored file never changes under its name,
so a copy is a second name for the same bytes (a hard link) where the disk can do that, and what is
there already need not be copied again. A bucket is not copied: it is backed up where it is.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from graphql_api.attachments.attachment import file_names
from graphql_api.attachments.stores import folder_beside, make_private
from graphql_api.operations.backup import sync


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied. folder: where to; files: how many are there now; missing: names of which
    there was nothing to copy."""

    folder: Path
    files: int
    missing: tuple[str, ...]


def copy_attachments(database: Path, source: Path, target: Path) -> Copied:
    """Bring what the attachments of `database` need from the folder `source` to `target`. Raises
    OSError, sqlite3.Error."""
    copied, missing = 0, []
    for name in _needed(database):
        if _copy(source / name, target, name):
            copied += 1
        else:
            missing.append(name)
    return Copied(target, copied, tuple(missing))


def folder_of(backup: Path) -> Path:
    """Where the attachments of a backup lie."""
    return folder_beside(backup)


def _needed(database: Path) -> Iterable[str]:
    address = f"file:{quote(str(database.absolute()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'stored_file'")
        if tables.fetchone() is None:  # of before there were attachments
            return
        rows = connection.execute(
            "SELECT sha256, id, media_type FROM stored_file WHERE is_whole = 1 AND doomed = 0"
        )
        for sha256, file_id, media_type in rows:
            yield from file_names(sha256, file_id, media_type)


def _copy(source: Path, folder: Path, name: str) -> bool:
    """Whether it is there now, whole."""
    target = folder / name
    if target.exists():
        return True
    if not source.exists():
        return False
    make_private(folder, target.parent)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            os.link(source, part)
        except OSError:  # another disk, or one without hard links
            shutil.copyfile(source, part)
            sync(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return True
