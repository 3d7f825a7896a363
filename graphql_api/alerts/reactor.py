"""Alerts follow items in the transaction that changes them; wired by noun.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from graphql_api.alerts.book import AlertBook
from graphql_api.alerts.rules import HAD_STOCK, PLACE_RULES, PLACE_STOCK, Basis, Subject
from graphql_api.alerts.subjects import places_of, source_of, subjects_of
from graphql_api.database.connection import Connection
from graphql_api.events.log import Event, LogTransaction
from graphql_api.inventory.facts import ItemTold
from graphql_api.inventory.items import TOPIC as INVENTORY_TOPIC
from graphql_api.inventory.items import UpdateType
from graphql_api.inventory.locations import TOPIC as PLACES_TOPIC
from graphql_api.inventory.locations import PlaceChange

PLACES_AT_ONCE = 2_000  # minimums of one location in one transaction, as many as of one check


def reactor(basis: Basis) -> Callable[[LogTransaction, Sequence[Event]], Awaitable[None]]:
    """What follows items, judged by `basis`, and their places."""

    async def react(transaction: LogTransaction, events: Sequence[Event]) -> None:
        await _react(transaction, events, basis)

    return react


async def _react(transaction: LogTransaction, events: Sequence[Event], basis: Basis) -> None:
    """Evaluate every item that a run of commands changed, and its places with minimums of their
    own, change by change.

    Test broadcasts speak of no item (their subject is None) and change nothing.
    """
    await _follow_places(transaction, events, basis)
    told = [e for e in events if e.topic == INVENTORY_TOPIC and e.subject is not None]
    if not told:
        return
    await _follow_items(transaction, told, basis)
    # Whoever may not see an item may not see the alerts that it had.
    await transaction.connection.change_many(
        "UPDATE alert SET admins_only = ? WHERE item_id = ?",
        [
            (event.payload.item.admins_only, event.subject)
            for event in told
            if event.kind == UpdateType.UPDATED.stored and not event.keeps_audience
        ],
    )


async def _follow_items(transaction: LogTransaction, told: Sequence[Event], basis: Basis) -> None:
    """Evaluate the items after each of these events, in their order."""
    figures = [basis.figure(e.payload.item.stock, e.payload.item.held) for e in told]
    bare = {
        event.payload.item.id
        for event, figure in zip(told, figures, strict=True)
        if figure == 0 == event.payload.item.min_stock  # so that its past decides
    }
    never_stocked = bare - await _once_stocked(transaction.connection, bare) if bare else bare
    item_ids = {event.payload.item.id for event in told}
    places: defaultdict[int, list[Subject]] = defaultdict(list)
    for place in await places_of(transaction.connection, item_ids):
        places[place.item_id].append(place)
    book = AlertBook(transaction)
    await book.load(
        item_ids,
        [place.minimum_id for found in places.values() for place in found if place.minimum_id],
    )
    for event, figure in zip(told, figures, strict=True):
        item = event.payload.item
        if item.id not in places and book.is_well(item.id, figure, item.min_stock):
            continue  # as nearly all are
        subject = _subject_of(event, figure, item.id not in never_stocked, basis)
        book.evaluate(subject)
        for place in places.get(item.id, ()):
            book.evaluate(_place_after(place, subject, event.payload, basis))
    await book.store()


async def _follow_places(
    transaction: LogTransaction, events: Sequence[Event], basis: Basis
) -> None:
    """A location that is archived ends its alerts, one that is restored raises them again, and all
    of them bear its code. More of them than one transaction takes follow with the check."""
    connection = transaction.connection
    for event in (event for event in events if event.topic == PLACES_TOPIC):
        if event.kind == PlaceChange.UPDATED.value:
            for rule in PLACE_RULES:
                await connection.change(
                    "UPDATE alert SET location_code = ? WHERE live_item_id IN "
                    f"(SELECT id + {rule.key_offset} FROM level_minimum WHERE location_id = ?)",
                    event.payload.location.code,
                    event.subject,
                )
        elif event.kind != PlaceChange.CREATED.value:
            rows = await connection.rows(
                "SELECT id FROM level_minimum WHERE location_id = ? ORDER BY id LIMIT ?",
                event.subject,
                PLACES_AT_ONCE,
            )
            ids = [row[0] for row in rows]
            book = AlertBook(transaction)
            await book.load((), ids)
            for subject in await subjects_of(connection, source_of(PLACE_STOCK, basis), ids):
                book.evaluate(subject)
            await book.store()


def _place_after(place: Subject, item: Subject, told: ItemTold, basis: Basis) -> Subject:
    """A place with a minimum as it stands after an event of its item."""
    assert place.location_id is not None
    state, details = told.item, told.details
    there = dict(state.levels).get(place.location_id, 0)
    held = dict(state.held_levels).get(place.location_id, 0)
    moved = None if details is None else details.moved_at(place.location_id)
    return replace(
        place,
        sku=item.sku,
        name=item.name,
        admins_only=item.admins_only,
        stock=basis.figure(there, held),
        had_stock=place.had_stock or there > 0,
        is_retired=place.is_retired or item.is_retired,
        # As of an item: what was free before is not told.
        stock_before=there - moved if moved is not None and basis is Basis.STOCK else None,
    )


async def _once_stocked(connection: Connection, item_ids: Iterable[Any]) -> set[int]:
    """Those of the items that had stock some time; one statement."""
    rows = await connection.rows(
        "SELECT i.id FROM item i WHERE "
        + connection.dialect.one_of("i.id", "bigint")
        + f" AND {HAD_STOCK}",
        connection.dialect.array(item_ids),
    )
    return {row[0] for row in rows}


def _subject_of(event: Event, figure: int, had_stock: bool, basis: Basis) -> Subject:
    told: ItemTold = event.payload
    state, details = told.item, told.details
    return Subject(
        item_id=state.id,
        sku=state.sku,
        name=state.name,
        stock=figure,
        min_stock=state.min_stock,
        admins_only=state.admins_only,
        is_retired=state.deleted_at is not None or state.archived_at is not None,
        had_stock=had_stock,
        # What was free before is not told; a live alert knows what it was.
        stock_before=details.old_stock if details and basis is Basis.STOCK else None,
    )
