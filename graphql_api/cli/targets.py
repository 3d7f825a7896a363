"""What commands write into files: nothing that the database needs. Called by exports.py, labels.py
and rejects.py."""

from __future__ import annotations

from pathlib import Path

from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed
from graphql_api.database.database import Database
from graphql_api.operations.database_files import belongs_to
from graphql_api.settings import Settings


def check_target(settings: Settings, file: str | Path) -> None:
    """Raises CommandFailed when `file` is the SQLite database, or a part of it."""
    database = Database(settings.database_url).file
    if database is not None and belongs_to(database, Path(file)):
        raise CommandFailed(f"cannot write {file}: it is the database itself", WRONG_USAGE)
