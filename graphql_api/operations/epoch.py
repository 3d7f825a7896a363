"""Makes a log another one, after its database was put back by hand. Called by `new-epoch`."""

from __future__ import annotations

from graphql_api.database.database import Database
from graphql_api.errors import ConfigurationError
from graphql_api.events.continuity import IDS_LEFT_OUT
from graphql_api.events.log import new_epoch


async def renew_epoch(database: Database) -> str:
    """Give the open database's log a new epoch, and return it. Raises ConfigurationError.

    No id comes back that somebody holds who saw what was lost.
    """
    epoch = new_epoch()
    changed = await database.writing.change(
        "UPDATE log_head SET epoch = ?, last_id = last_id + ? WHERE id = 1", epoch, IDS_LEFT_OUT
    )
    if not changed:
        raise ConfigurationError("the database has no log: it was not migrated")
    return epoch
