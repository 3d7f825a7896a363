"""Alerts follow items in the transaction that changes them; wired by noun.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from graphql_api.alerts.book import AlertBook
from graphql_api.alerts.rules import HAD_STOCK, Subject
from graphql_api.database.connection import Connection
from graphql_api.events.log import Event, LogTransaction
from graphql_api.inventory.facts import ItemState, ItemTold
from graphql_api.inventory.items import TOPIC as INVENTORY_TOPIC
from graphql_api.inventory.items import UpdateType


async def react(transaction: LogTransaction, events: Sequence[Event]) -> None:
    """The reactor: evaluate every item that a run of commands changed, change by change.

    Test broadcasts speak of no item (their subject is None) and change nothing.
    """
    told = [e for e in events if e.topic == INVENTORY_TOPIC and e.subject is not None]
    if not told:
        return
    bare = {event.subject for event in told if _is_bare(event)}
    stocked = await _once_stocked(transaction.connection, bare) if bare else set()
    subjects = [_subject_of(event, event.subject not in bare - stocked) for event in told]
    book = AlertBook(transaction)
    await book.load({subject.item_id for subject in subjects})
    for subject in subjects:
        book.evaluate(subject)
    await book.store()
    # Whoever may not see an item may not see the alerts that it had.
    await transaction.connection.change_many(
        "UPDATE alert SET admins_only = ? WHERE item_id = ?",
        [
            (subject.admins_only, subject.item_id)
            for subject, event in zip(subjects, told, strict=True)
            if event.kind == UpdateType.UPDATED.value
        ],
    )


def _is_bare(event: Event) -> bool:
    """Whether the item has neither stock nor a minimum, so that its past decides."""
    state: ItemState = event.payload.item
    return state.stock == 0 and state.min_stock == 0


async def _once_stocked(connection: Connection, item_ids: Iterable[Any]) -> set[int]:
    """Those of the items that had stock some time; one statement."""
    rows = await connection.rows(
        "SELECT i.id FROM item i WHERE "
        + connection.dialect.one_of("i.id", "bigint")
        + f" AND {HAD_STOCK}",
        connection.dialect.array(item_ids),
    )
    return {row[0] for row in rows}


def _subject_of(event: Event, had_stock: bool) -> Subject:
    told: ItemTold = event.payload
    state, details = told.item, told.details
    return Subject(
        item_id=state.id,
        sku=state.sku,
        name=state.name,
        stock=state.stock,
        min_stock=state.min_stock,
        admins_only=state.admins_only,
        is_retired=state.deleted_at is not None or state.archived_at is not None,
        had_stock=had_stock,
        stock_before=None if details is None else details.old_stock,
    )
