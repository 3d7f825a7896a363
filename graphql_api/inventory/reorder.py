"""How much of an item to order, by how fast it sells: for alerts and the list of what to order."""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.clock import DAY_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import Item
from graphql_api.inventory.movements import SOLD
from graphql_api.inventory.reversals import NOT_REVERSED

WINDOW_DAYS = 30  # sales of so many days say how fast it sells

# Movements get their ids in the ledger's order, so the window's first id begins it: an item's own
# index is read from there, whatever it sold in the years before.
_SOLD = f"""\
SELECT m.item_id, -sum(m.quantity) FROM movement m
WHERE {{of_items}} AND m.id >= ? AND {NOT_REVERSED} AND {SOLD}
GROUP BY m.item_id
"""
_BEGINNING = "SELECT id FROM movement WHERE recorded_at >= ? ORDER BY recorded_at, id LIMIT 1"


class Reorder:
    """Reads what to order. cover_days: for how long an order shall last."""

    def __init__(
        self, reading: Connection, catalogue: Catalogue, clock: Clock, cover_days: int
    ) -> None:
        self._reading = reading
        self._catalogue = catalogue
        self._clock = clock
        self._cover_days = cover_days

    async def suggestions(self, item_ids: Sequence[int]) -> dict[int, int | None]:
        """Item id → units to order; None for an item that is not there, and for one that neither
        sells nor has a minimum: nothing says how much of it is enough."""
        items = await self._catalogue.by_ids(item_ids, True)
        sold = await self._sold(item_ids)
        now_us = self._clock.now_us()
        found: dict[int, int | None] = dict.fromkeys(item_ids)
        for item_id, item in items.items():
            age_days = (now_us - item.created_at) / DAY_US
            found[item_id] = suggestion(item, sold.get(item_id, 0), age_days, self._cover_days)
        return found

    async def _sold(self, item_ids: Sequence[int]) -> dict[int, int]:
        """Item id → units sold, less those returned, in the window."""
        start_us = self._clock.now_us() - WINDOW_DAYS * DAY_US
        row = await self._reading.row(_BEGINNING, start_us)
        if row is None:
            return {}
        dialect = self._reading.dialect
        rows = await self._reading.rows(
            _SOLD.format(of_items=dialect.one_of("m.item_id", "bigint")),
            dialect.array(item_ids),
            row[0],
        )
        return {int(item_id): int(units) for item_id, units in rows}


def suggestion(item: Item, sold: int, age_days: float, cover_days: int) -> int | None:
    """Units to order so that, at the pace of `sold` units in the window, the minimum is still
    there after `cover_days`; and at least so many that the item is above its minimum. An item
    younger than the window is judged by its own days, at least by one."""
    if item.is_retired or (sold <= 0 and item.min_stock == 0):
        return None
    days = min(max(age_days, 1.0), WINDOW_DAYS)
    needed = -(-max(sold, 0) * cover_days // days)  # rounded up
    target = item.min_stock + max(int(needed), 1)
    return max(target - item.stock, 0)
