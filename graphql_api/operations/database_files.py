"""The files of an SQLite database: its own, and those that SQLite and our processes keep beside it.

Called by the commands that copy, replace and lock one, and by those that write other files."""

from __future__ import annotations

from pathlib import Path

SIDE_FILES = ("-wal", "-shm", "-journal")


def side_files(file: Path) -> list[Path]:
    """What SQLite may have beside `file`."""
    return [file.with_name(file.name + suffix) for suffix in SIDE_FILES]


def use_file(database: Path) -> Path:
    """The file that is locked for `database`."""
    return database.with_name(f"{database.name}.use")


def belongs_to(database: Path, file: Path) -> bool:
    """Whether `file` is the database, or one of those beside it: what is written there destroys
    it."""
    if file.exists() and database.exists() and file.samefile(database):
        return True
    whole = database.resolve()
    return file.resolve() in {whole, *side_files(whole), use_file(whole)}
