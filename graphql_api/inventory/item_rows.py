"""Items in the database: many at once, in a constant number of statements. For commands."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from graphql_api.database.connection import Connection
from graphql_api.delivery import audience
from graphql_api.events.log import Event, LogTransaction
from graphql_api.inventory import barcode_rows, derived
from graphql_api.inventory.item import COLUMN_NAMES, Item
from graphql_api.inventory.item_history import note_changes
from graphql_api.inventory.levels import Levels


async def restrict_events(transaction: LogTransaction, item_ids: Sequence[int]) -> None:
    """From now on the items exist for ADMIN only: in the log's past too, so replays hide them."""
    connection = transaction.connection
    await connection.change(
        "UPDATE event SET roles = roles & ? WHERE "
        + connection.dialect.one_of("subject", "bigint"),
        audience.ADMINS,
        connection.dialect.array(item_ids),
    )
    hidden = set(item_ids)
    for event in transaction.entry.events:  # of this transaction: not stored yet
        if event.subject in hidden:
            event.roles &= audience.ADMINS
    for item_id in item_ids:
        transaction.entry.append(
            Event(
                audience.TOPIC,
                audience.RESTRICTED,
                item_id,
                audience.NOBODY,
                None,
                audience.Restricted(audience.ADMINS),
            )
        )


async def level_quantities(connection: Connection, item_id: int) -> Levels:
    """Location id → quantity, for every location where the item has ever been."""
    rows = await connection.rows(
        "SELECT location_id, quantity, held FROM level WHERE item_id = ? ORDER BY location_id",
        item_id,
    )
    levels = Levels()
    for row in rows:
        levels.put(*row)
    return levels


async def insert_items(connection: Connection, items: Sequence[Item]) -> None:
    """Write new items and what they are found by: three statements, however many there are."""
    terms = [derived.terms(item) for item in items]
    await connection.change_many(
        _INSERT,
        [
            (*item.row(), *derived.derived(item, found_by))
            for item, found_by in zip(items, terms, strict=True)
        ],
    )
    await _add_terms(
        connection,
        [(item.id, found_by) for item, found_by in zip(items, terms, strict=True)],
    )
    await barcode_rows.store_changes(connection, [(item.id, (), item.barcodes) for item in items])


async def store_items(
    transaction: LogTransaction, changes: Sequence[tuple[Item, Item]], user_id: int | None
) -> None:
    """Write items that changed, each as (before, after), and the history of their fields, but not
    their stock and what is held, which is booked: at most seven statements. A barcode that one
    gives up can go to another. user_id: who changed them."""
    connection = transaction.connection
    stored = await _stored_terms(connection, [item.id for _, item in changes])
    rows = []
    removed: list[tuple[int, frozenset[str]]] = []
    added: list[tuple[int, frozenset[str]]] = []
    for _, item in changes:
        old_terms, terms = stored[item.id], derived.terms(item)
        removed.append((item.id, old_terms - terms))
        added.append((item.id, terms - old_terms))
        rows.append((*_changing(item), item.sku, *derived.derived(item, terms), item.id))
    await connection.change_many(_UPDATE, rows)
    await _remove_terms(connection, removed)
    await _add_terms(connection, added)
    await barcode_rows.store_changes(
        connection, [(item.id, before.own_barcodes, item.own_barcodes) for before, item in changes]
    )
    await note_changes(transaction, changes, user_id)


_NOT_CHANGED = {"id", "stock", "held", "created_at"}  # not by `store_items`
_CHANGING = [name for name in COLUMN_NAMES if name not in _NOT_CHANGED]
_changing = attrgetter(*_CHANGING)
_ALL = (*COLUMN_NAMES, *derived.DERIVED)
_INSERT = f"INSERT INTO item ({', '.join(_ALL)}) VALUES ({', '.join('?' * len(_ALL))})"
_CHANGES = (*(f"{name} = ?" for name in _CHANGING), *derived.DERIVED_CHANGES)
_UPDATE = f"UPDATE item SET {', '.join(_CHANGES)} WHERE id = ?"


async def derive_anew(connection: Connection, items: Sequence[tuple[Item, str]]) -> None:
    """Write again what follows from items' fields, each with its search text of an older version,
    whose terms go: three statements. Keys of SKUs stay."""
    terms = [(item.id, derived.terms(item)) for item, _ in items]
    await _remove_terms(connection, [(item.id, frozenset(old.split())) for item, old in items])
    await _remove_terms(connection, terms)  # such as there are
    await _add_terms(connection, terms)
    await connection.change_many(
        f"UPDATE item SET {', '.join(derived.DERIVED_CHANGES)} WHERE id = ?",
        [
            (item.sku, *derived.derived(item, found_by), item.id)
            for (item, _), (_, found_by) in zip(items, terms, strict=True)
        ],
    )


async def _stored_terms(
    connection: Connection, item_ids: Sequence[int]
) -> dict[int, frozenset[str]]:
    """Item id → the terms that it has: a server of an older version may have cut them otherwise."""
    rows = await connection.rows(
        "SELECT id, search_text FROM item WHERE " + connection.dialect.one_of("id", "bigint"),
        connection.dialect.array(item_ids),
    )
    return {row[0]: frozenset(row[1].split()) for row in rows}


async def _add_terms(
    connection: Connection, terms_of_items: Sequence[tuple[int, frozenset[str]]]
) -> None:
    await connection.change_many(
        "INSERT INTO item_term (term, item_id) VALUES (?, ?)", _term_rows(terms_of_items)
    )


async def _remove_terms(
    connection: Connection, terms_of_items: Sequence[tuple[int, frozenset[str]]]
) -> None:
    await connection.change_many(
        "DELETE FROM item_term WHERE term = ? AND item_id = ?", _term_rows(terms_of_items)
    )


def _term_rows(
    terms_of_items: Sequence[tuple[int, frozenset[str]]],
) -> list[tuple[str, int]]:
    return sorted((term, item_id) for item_id, terms in terms_of_items for term in terms)
