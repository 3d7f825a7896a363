"""Who may read an SQLite database: its owner alone. Called before it is opened (in_use.py).

SQLite gives `-wal` and `-shm` the mode of the database's file.
"""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

from graphql_api.operations.database_files import side_files

logger = logging.getLogger(__name__)

PRIVATE = 0o600  # what is in a database is nobody else's: sessions, password hashes, prices
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(database: Path) -> None:
    """Make `database` if it is not there, empty, and take it from everybody but its owner.

    Where that cannot be done (another owner, a file system without modes) a log line says so;
    opening it tells what else is wrong.
    """
    if os.name != "posix":
        return
    with suppress(OSError):  # it is there, or cannot be
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    for file in (database, *side_files(database)):
        _close_to_others(file)


def _close_to_others(file: Path) -> None:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return
    if not file.is_file() or not mode & OTHERS:
        return
    try:
        file.chmod(mode & ~OTHERS)
    except OSError as error:
        logger.warning("%s can be read by others (%o): %s", file, mode, error.strerror)
    else:
        logger.info("%s could be read by others (%o); now by its owner alone", file, mode)
