"""The history of items' fields: who changed what, and when.

In a table of its own and not in the log, which is pruned after some weeks. Written in the
transaction of the change, by whatever changes items; stock has the ledger for its history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from graphql_api import values
from graphql_api.clock import to_rfc3339
from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.events.log import LogTransaction
from graphql_api.inventory.item import Item, Visibility

# What changes with every change, or has its history in the ledger.
_NOT_TOLD = frozenset({"id", "stock", "version", "created_at", "updated_at", "level_quantities"})
# Attributes whose name for clients is another one than theirs in camel case.
_NAMES = {"admins_only": "visibility"}
# What is kept by the name of its column, and told by its name for clients.
_TOLD_AS = {"codes": "barcodes", "otherUnits": "units"}

COST = "cost"  # which only ADMIN sees, its history too


@dataclass(frozen=True, slots=True)
class ItemFieldChange:
    """A field of an item became something else. field: by its name for clients; old_value,
    new_value: as texts, None where there was nothing; user_id: None for the server itself."""

    id: int
    item_id: int
    field: str
    old_value: str | None
    new_value: str | None
    user_id: int | None
    changed_at: int


CHANGE_COLUMNS = "id, item_id, field, old_value, new_value, user_id, changed_at"


async def note_changes(
    transaction: LogTransaction, changes: Iterable[tuple[Item, Item]], user_id: int | None
) -> None:
    """Keep what became of items, each as (before, after): one statement, or none."""
    now_us = transaction.entry.now_us
    await transaction.connection.change_many(
        f"INSERT INTO item_change ({CHANGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (transaction.new_id(), before.id, name, old, new, user_id, now_us)
            for before, after in changes
            for name, old, new in differences(before, after)
        ],
    )


def differences(before: Item, after: Item) -> list[tuple[str, str | None, str | None]]:
    """The fields that differ: name, and both values as texts. Pure."""
    found = []
    for field in fields(Item):
        if field.name in _NOT_TOLD:
            continue
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new:
            name = _NAMES.get(field.name) or _camel(field.name)
            found.append((name, _text(field.name, old), _text(field.name, new)))
    return found


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _text(attribute: str, value: Any) -> str | None:
    """A value as clients read it."""
    if value is None:
        return None
    if attribute in ("price", COST):
        return values.money_text(value)
    if attribute == "admins_only":
        return (Visibility.ADMINS if value else Visibility.EVERYONE).name
    if attribute.endswith("_at"):
        return to_rfc3339(value)
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


class ItemHistory:
    """Reads changes of items' fields, newest first. Ids rise with time."""

    def __init__(self, reading: Connection, scanning: Connection) -> None:
        self._reading = reading
        self._scanning = scanning

    async def pages(
        self,
        item_ids: Sequence[int],
        limit: int,
        before: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
        sees_cost: bool,
    ) -> dict[int, list[ItemFieldChange]]:
        """The same page of several items in one statement: item id → changes.

        At most `limit` of each, older than the id `before`; until: newer than this one.
        """
        places = keyset("id", True, before, until, backwards)
        rows = await self._reading.rows(
            f"SELECT {CHANGE_COLUMNS} FROM item_change WHERE "
            + self._reading.dialect.best_of_each(
                "item_change",
                "item_id",
                "bigint",
                f"{places.condition}{_visible(sees_cost)}",
                places.direction,
            )
            + f" ORDER BY id {places.direction}",
            self._reading.dialect.array(item_ids),
            *places.parameters,
            limit,
        )
        pages: dict[int, list[ItemFieldChange]] = {item_id: [] for item_id in item_ids}
        for row in in_order(rows, backwards):
            pages[row[1]].append(_from_row(row))
        return pages

    async def counts(self, item_ids: Sequence[int], *, sees_cost: bool) -> dict[int, int]:
        """How many changes each of these items has: item id → count."""
        rows = await self._scanning.rows(
            "SELECT item_id, count(*) FROM item_change WHERE "
            + self._scanning.dialect.one_of("item_id", "bigint")
            + f"{_visible(sees_cost)} GROUP BY item_id",
            self._scanning.dialect.array(item_ids),
        )
        return dict.fromkeys(item_ids, 0) | {row[0]: row[1] for row in rows}


def _from_row(row: Sequence[Any]) -> ItemFieldChange:
    number, item_id, field, *more = row
    return ItemFieldChange(number, item_id, _TOLD_AS.get(field, field), *more)


def _visible(sees_cost: bool) -> str:
    return "" if sees_cost else f" AND field <> '{COST}'"
