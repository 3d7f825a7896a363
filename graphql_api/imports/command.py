"""The command that takes over an import's rows. Called by items.py.

What it writes is what inventory/items.py would write for each row alone, events included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from graphql_api import values
from graphql_api.events.log import LogTransaction
from graphql_api.imports.plan import Outcome, Step, planned
from graphql_api.imports.rows import CheckedRow
from graphql_api.imports.written import Written, note_written
from graphql_api.inventory.booking import Booking
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import Item, UpdateType, made_item, updated_event
from graphql_api.inventory.item_rows import insert_items, restrict_events, store_items
from graphql_api.inventory.places import with_outer


@dataclass(frozen=True, slots=True)
class ImportItems:
    """A command: take over `rows`. No two have the same SKU. import_id: under which what it
    wrote is kept, to be undone; None: nowhere."""

    rows: tuple[CheckedRow, ...]
    user_id: int | None
    ignore_stock: bool = False
    import_id: int | None = None


async def import_rows(transaction: LogTransaction, command: ImportItems) -> list[Step]:
    """Carry the command out: at most a dozen statements, however many rows there are."""
    steps = await planned(transaction.connection, command.rows, ignore_stock=command.ignore_stock)
    created = [
        (_new_item(transaction, step), step.row)
        for step in steps
        if step.outcome is Outcome.CREATED
    ]
    changed = await _changed_items(
        transaction, [step for step in steps if step.outcome is Outcome.UPDATED]
    )
    # Changed items first: a barcode that one gives up can go to a new one.
    await store_items(transaction, changed, command.user_id)
    await _refuse_archived(transaction, [row for _, row in created if row.initial_stock])
    booking = Booking(transaction)
    for item, row in created:
        booking.open(item, row.location_id, row.initial_stock, command.user_id)
    await insert_items(transaction.connection, [item for item, _ in created])
    await booking.store()
    hidden = [item.id for before, item in changed if item.admins_only and not before.admins_only]
    if hidden:
        await restrict_events(transaction, hidden)
    _tell(transaction, UpdateType.UPDATED, [item for _, item in changed], command)
    _tell(transaction, UpdateType.CREATED, [item for item, _ in created], command)
    if command.import_id is not None:
        written = [Written(item.id, 0, item.version) for item, _ in created]
        written += [
            Written(item.id, before.version, item.version, before.state())
            for before, item in changed
        ]
        await note_written(transaction, command.import_id, written)
    ids = {values.folded(item.sku): item.id for _, item in changed}
    ids |= {values.folded(item.sku): item.id for item, _ in created}
    for step in steps:
        step.item_id = ids.get(step.row.sku_key)
    return steps


async def _refuse_archived(transaction: LogTransaction, rows: Sequence[CheckedRow]) -> None:
    """Raises InvalidTransition when a place was archived since the rows were looked at."""
    wanted = {row.location_id for row in rows}
    for place in (await with_outer(transaction.connection, wanted)).values() if wanted else ():
        if place.id in wanted:
            place.check_open(("location",))


def _tell(
    transaction: LogTransaction, kind: UpdateType, items: Iterable[Item], command: ImportItems
) -> None:
    for item in items:
        event = updated_event(kind, item, command.user_id)
        event.is_part = True
        transaction.entry.append(event)


def _new_item(transaction: LogTransaction, step: Step) -> Item:
    """Without its stock, which is booked."""
    now_us = transaction.entry.now_us
    item = made_item(transaction.new_id(), now_us, step.changes)
    item.archived_at = now_us if step.row.is_archived else None
    return item


async def _changed_items(
    transaction: LogTransaction, steps: Sequence[Step]
) -> list[tuple[Item, Item]]:
    """Each changed item before and after, with its levels as events tell them."""
    if not steps:
        return []
    catalogue = Catalogue(transaction.connection, transaction.connection)
    levels = await catalogue.levels([step.before.id for step in steps if step.before])
    changed = []
    for step in steps:
        before = step.before
        assert before is not None
        item = replace(
            before,
            **step.changes,
            version=before.version + 1,
            updated_at=transaction.entry.now_us,
            level_quantities=levels[before.id],
        )
        changed.append((before, item))
    return changed
