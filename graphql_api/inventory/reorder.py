"""How much of an item to order, by how fast it sells: for alerts and the list of what to order."""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.clock import DAY_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import Item
from graphql_api.inventory.minimums import minimums_of
from graphql_api.inventory.movements import SOLD
from graphql_api.inventory.reversals import NOT_REVERSED

WINDOW_DAYS = 30  # sales of so many days say how fast it sells

# Movements get their ids in the ledger's order, so the window's first id begins it: an item's own
# index is read from there, whatever it sold in the years before.
_SOLD = f"""\
SELECT {{of}}, -sum(m.quantity) FROM movement m
WHERE {{of_items}} AND m.id >= ? AND {NOT_REVERSED} AND {SOLD}
GROUP BY {{of}}
"""
_EACH_ITEM, _EACH_PLACE = "m.item_id", "m.item_id, m.location_id"
_BEGINNING = "SELECT id FROM movement WHERE recorded_at >= ? ORDER BY recorded_at, id LIMIT 1"


ItemPlace = tuple[int, int]  # an item's id, and a location's


class Reorder:
    """Reads what to order. cover_days: for how long an order shall last; by_available: whether
    alerts go by what nobody holds, and so does what is ordered."""

    def __init__(
        self,
        reading: Connection,
        catalogue: Catalogue,
        clock: Clock,
        cover_days: int,
        by_available: bool,
    ) -> None:
        self._reading = reading
        self._catalogue = catalogue
        self._clock = clock
        self._cover_days = cover_days
        self._by_available = by_available

    async def suggestions(self, item_ids: Sequence[int]) -> dict[int, int | None]:
        """Item id → units to order; None for an item that is not there, and for one that neither
        sells nor has a minimum: nothing says how much of it is enough."""
        items = await self._catalogue.by_ids(item_ids, True)
        sold = await self._sold(item_ids)
        now_us = self._clock.now_us()
        found: dict[int, int | None] = dict.fromkeys(item_ids)
        for item_id, item in items.items():
            age_days = (now_us - item.created_at) / DAY_US
            stock = item.available if self._by_available else item.stock
            sales = sold.get(item_id, 0)
            found[item_id] = suggestion(item, stock, sales, age_days, self._cover_days)
        return found

    async def place_suggestions(self, places: Sequence[ItemPlace]) -> dict[ItemPlace, int | None]:
        """The same for an item at one place each: by the minimum, the stock and the sales of that
        place alone."""
        item_ids = list({item_id for item_id, _ in places})
        items = await self._catalogue.by_ids(item_ids, True)
        levels = await self._catalogue.levels(item_ids)
        minimums = await minimums_of(self._reading, item_ids)
        sold = {
            (item_id, location_id): units
            for item_id, location_id, units in await self._sums(item_ids, _EACH_PLACE)
        }
        now_us = self._clock.now_us()
        found: dict[ItemPlace, int | None] = dict.fromkeys(places)
        for item_id, location_id in places:
            item = items.get(item_id)
            if item is None or item.is_retired:
                continue
            there = levels[item_id]
            found[item_id, location_id] = quantity(
                there.free(location_id) if self._by_available else there.get(location_id, 0),
                minimums[item_id].get(location_id, 0),
                sold.get((item_id, location_id), 0),
                (now_us - item.created_at) / DAY_US,
                self._cover_days,
            )
        return found

    async def _sold(self, item_ids: Sequence[int]) -> dict[int, int]:
        """Item id → units sold, less those returned, in the window."""
        return {row[0]: row[1] for row in await self._sums(item_ids, _EACH_ITEM)}

    async def _sums(self, item_ids: Sequence[int], of: str) -> list[tuple[int, ...]]:
        """What was sold by the columns `of`: these, and the units."""
        start_us = self._clock.now_us() - WINDOW_DAYS * DAY_US
        row = await self._reading.row(_BEGINNING, start_us)
        if row is None:
            return []
        dialect = self._reading.dialect
        rows = await self._reading.rows(
            _SOLD.format(of=of, of_items=dialect.one_of("m.item_id", "bigint")),
            dialect.array(item_ids),
            row[0],
        )
        return [tuple(map(int, row)) for row in rows]


def suggestion(item: Item, stock: int, sold: int, age_days: float, cover_days: int) -> int | None:
    """Units of an item to order of which there are `stock`: see `quantity`. None for a retired
    one."""
    if item.is_retired:
        return None
    return quantity(stock, item.min_stock, sold, age_days, cover_days)


def quantity(stock: int, min_stock: int, sold: int, age_days: float, cover_days: int) -> int | None:
    """Units to order so that, at the pace of `sold` units in the window, the minimum is still
    there after `cover_days`; and at least so many that the stock is above its minimum. An item
    younger than the window is judged by its own days, at least by one. None: nothing says how
    much is enough."""
    if sold <= 0 and min_stock == 0:
        return None
    days = min(max(age_days, 1.0), WINDOW_DAYS)
    needed = -(-max(sold, 0) * cover_days // days)  # rounded up
    target = min_stock + max(int(needed), 1)
    return max(target - stock, 0)
