"""What commands open before they do anything: checked settings, a database that is there."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graphql_api.cli.outcome import PROGRAM, WRONG_USAGE, CommandFailed, note
from graphql_api.database.database import Database
from graphql_api.delivery.redis_url import check_redis_url
from graphql_api.errors import ConfigurationError
from graphql_api.operations import logs
from graphql_api.operations.in_use import used
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings, misspelt, read_settings


def warn_of_misspelt() -> None:
    """Say which variables look like a setting and are none."""
    for name, known in misspelt(os.environ).items():
        note(f"warning: {name} is no setting and changes nothing; did you mean {known}?")


def checked_settings() -> Settings:
    """The settings of the environment, the URLs in them looked at. Raises CommandFailed."""
    try:
        settings = read_settings()
        Database(settings.database_url)  # only looks at the URL
        if settings.redis_url:
            check_redis_url(settings.redis_url)
    except ConfigurationError as error:
        raise CommandFailed(str(error), WRONG_USAGE) from None
    return settings


def quiet_settings() -> Settings:
    """Settings of a command that is not a server: it logs only what is out of order."""
    warn_of_misspelt()
    settings = checked_settings()
    quiet = "WARNING" if settings.log_level == "INFO" else settings.log_level
    logs.configure(quiet, as_json=False)
    return settings


@asynccontextmanager
async def migrated_database(settings: Settings) -> AsyncIterator[Database]:
    """An open database to read from, which was there before and has all its tables."""
    database = Database(settings.database_url)
    if database.file is not None and not database.file.exists():
        raise CommandFailed(f"there is no database {database.file}", WRONG_USAGE)
    with used(database.file):
        await database.open()
        try:
            if await database.pending_migrations():
                raise CommandFailed(f"the database lacks migrations: run `{PROGRAM} migrate`")
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def existing_services(settings: Settings) -> AsyncIterator[Services]:
    """All use cases, on a database that was there before."""
    file = Database(settings.database_url).file
    if file is not None and not file.exists():
        raise CommandFailed(f"there is no database {file}", WRONG_USAGE)
    async with open_services(settings) as services:
        await services.database.be_small()
        yield services
