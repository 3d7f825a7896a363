"""Holds are hidden with their items: a reactor, wired by noun.py.

What is read now asks the items themselves (listing.py). What was told before, in the log, is
hidden here when an item is.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.delivery import audience
from graphql_api.events.log import Event, LogTransaction
from graphql_api.inventory.item_rows import restrict_events


async def react(transaction: LogTransaction, events: Sequence[Event]) -> None:
    """The earlier events of holds of an item that was hidden exist for ADMIN only, too."""
    hidden = [
        event.subject
        for event in events
        if (event.topic, event.kind) == (audience.TOPIC, audience.RESTRICTED)
    ]
    if not hidden:
        return
    connection = transaction.connection
    rows = await connection.rows(
        "SELECT DISTINCT hold_id FROM hold_line WHERE "
        + connection.dialect.one_of("item_id", "bigint"),
        connection.dialect.array(hidden),
    )
    if rows:
        await restrict_events(transaction, [row[0] for row in rows])
