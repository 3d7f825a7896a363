"""What to order, over all items: the gravest first, page by page.

An item is on the list when, at the pace of the last 30 days, its minimum is reached within the
lead time, its own or else the one that is asked for; or when it has been reached already. One that
neither sells nor has a minimum is not: nothing says how much of it is enough. So much is proposed
that the minimum is still there when what was ordered has come and has lasted for the cover.

At some locations: what is there, what was sold there, and the minimums that they have themselves;
an archived one has none. Where alerts go by what nobody holds, so does the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api import values
from graphql_api.clock import DAY_US, SECOND_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.errors import BadRequest
from graphql_api.inventory import kept_at
from graphql_api.inventory.booking import CLOCK_SKEW_US
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import CATEGORY_MAX, Item
from graphql_api.inventory.movements import SOLD
from graphql_api.inventory.reorder import WINDOW_DAYS
from graphql_api.inventory.reversals import NOT_REVERSED
from graphql_api.reorder_settings import REORDER_DAYS_MAX
from graphql_api.said import said

_MINUTE_US = 60 * SECOND_US
_DAY_MINUTES = 24 * 60
_WINDOW_MINUTES = WINDOW_DAYS * _DAY_MINUTES
NEVER = 2**62  # minutes that a stock lasts of which nothing is sold
PLACE = ("grade", "cover", "urgency", "id")  # the order: see ReorderLine.place

# Sums are kept within 32 bits, so that no product of them and of minutes leaves 64.
_SOLD_HERE = f"""\
SELECT m.item_id AS sold_id,
    CASE WHEN sum(m.quantity) < -{values.INT32_MAX} THEN {values.INT32_MAX}
        ELSE -sum(m.quantity) END AS sold
FROM movement m WHERE {{moved}} AND {NOT_REVERSED} AND {SOLD}
GROUP BY m.item_id HAVING sum(m.quantity) < 0"""
_LINES = f"""\
SELECT id, on_hand, there, minimum, sold, minutes, lead,
    CASE WHEN there > 0 THEN 1 ELSE 0 END AS grade,
    CASE WHEN sold > 0 THEN there * minutes / sold ELSE {NEVER} END AS cover,
    CASE WHEN sold > 0 THEN -sold WHEN minimum > 0 THEN there * 1000 / minimum ELSE 0 END AS urgency
FROM (
    SELECT item.id, on_hand, CAST(on_hand - {{held}} AS BIGINT) AS there, minimum,
        coalesce(sold, 0) AS sold,
        CASE WHEN CAST(? AS BIGINT) - created_at < {DAY_US} THEN {_DAY_MINUTES}
            WHEN CAST(? AS BIGINT) - created_at > {WINDOW_DAYS * DAY_US} THEN {_WINDOW_MINUTES}
            ELSE (CAST(? AS BIGINT) - created_at) / {_MINUTE_US} END AS minutes,
        coalesce(item.lead_time_days, CAST(? AS BIGINT)) AS lead
    FROM {{items}} LEFT JOIN ({{sold}}) sold ON sold_id = item.id
    WHERE deleted_at IS NULL AND archived_at IS NULL AND admins_only <= ? AND {{chosen}}
) line
WHERE (sold > 0 OR minimum > 0) AND (there - minimum) * minutes <= sold * lead * {_DAY_MINUTES}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderFilter:
    """None: not filtered by this. location_ids: with the places that lie in them.
    lead_time_days: of items that have none of their own."""

    categories: tuple[str, ...] | None = None
    location_ids: tuple[int, ...] | None = None
    lead_time_days: int
    cover_days: int = 0
    sees_admins: bool = False


@dataclass(frozen=True, slots=True)
class ReorderLine:
    """An item to order. stock, min_stock, units_out: over all locations, or at those asked for;
    units_out: sold, less what came back, in the window. lead_time_days: the item's, or the one
    asked for. days_of_cover: None, nothing is sold.
    place: in the list: nothing there first, then by cover, then by what sells more, or by the
    share of the minimum that is there."""

    item: Item
    stock: int
    min_stock: int
    units_out: int
    lead_time_days: int
    units_per_day: float
    days_of_cover: float | None
    suggested_quantity: int
    place: tuple[int, int, int, int]


class ReorderList:
    """Reads the list, on the connection for long reads: it looks at every item."""

    def __init__(
        self,
        scanning: Connection,
        catalogue: Catalogue,
        clock: Clock,
        lead_time_days: int,
        cover_days: int,
        by_available: bool,
    ) -> None:
        """lead_time_days, cover_days: in how many days an order comes, of items that do not say
        it, and for how long it shall last, unless asked otherwise. by_available: see Reorder."""
        self._scanning = scanning
        self._catalogue = catalogue
        self._clock = clock
        self.lead_time_days = lead_time_days
        self.cover_days = cover_days
        self._held = "on_hold" if by_available else "0"

    async def page(
        self,
        wanted: ReorderFilter,
        limit: int,
        beyond: Sequence[int] | None = None,
        until: Sequence[int] | None = None,
        backwards: bool = False,
    ) -> list[ReorderLine]:
        """At most `limit` lines between two places (keyset.py). Raises BadRequest."""
        sql, parameters = self._lines(wanted)
        place = keyset(f"({', '.join(PLACE)})", False, beyond, until, backwards, "(?, ?, ?, ?)")
        order = ", ".join(f"{column} {place.direction}" for column in PLACE)
        rows = await self._scanning.rows(
            f"SELECT * FROM ({sql}) listed WHERE {place.condition} ORDER BY {order} LIMIT ?",
            *parameters,
            *place.parameters,
            limit,
        )
        items = await self._catalogue.by_ids([row[0] for row in rows], wanted.sees_admins)
        lines = [_line(items[row[0]], row, wanted) for row in rows if row[0] in items]
        return in_order(lines, backwards)

    async def count(self, wanted: ReorderFilter) -> int:
        """How many lines there are. Raises BadRequest."""
        sql, parameters = self._lines(wanted)
        row = await self._scanning.row(f"SELECT count(*) FROM ({sql}) listed", *parameters)
        assert row is not None
        return int(row[0])

    def _lines(self, wanted: ReorderFilter) -> tuple[str, list[Any]]:
        for name, days in (
            ("leadTimeDays", wanted.lead_time_days),
            ("coverDays", wanted.cover_days),
        ):
            if not 0 <= days <= REORDER_DAYS_MAX:
                raise BadRequest(
                    said(
                        "{name} must be from {least} to {most}, not {days}.",
                        name=name,
                        least=0,
                        most=REORDER_DAYS_MAX,
                        days=days,
                    )
                )
        dialect, now_us = self._scanning.dialect, self._clock.now_us()
        items, kept = _items(dialect, wanted.location_ids)
        span = (now_us - WINDOW_DAYS * DAY_US, now_us + CLOCK_SKEW_US + 1)
        moved, within = kept_at.movements_within(dialect, "recorded_at", span, wanted.location_ids)
        chosen, categories = "1 = 1", []
        if wanted.categories is not None:
            keys = [values.lookup_key(name, CATEGORY_MAX) for name in wanted.categories]
            chosen, categories = dialect.one_of("category_key", "text"), [dialect.array(keys)]
        sold = _SOLD_HERE.format(moved=moved)
        sql = _LINES.format(items=items, held=self._held, sold=sold, chosen=chosen)
        lead, sees = wanted.lead_time_days, int(wanted.sees_admins)
        return sql, [now_us, now_us, now_us, lead, *kept, *within, sees, *categories]


def _items(dialect: Any, location_ids: Sequence[int] | None) -> tuple[str, list[Any]]:
    """`item`, with how many units are there (`on_hand`) and `on_hold`, and its `minimum`."""
    if location_ids is None:
        columns = "stock AS on_hand, held AS on_hold, min_stock AS minimum"
        return f"(SELECT item.*, {columns} FROM item) item", []
    at, array = kept_at.at_locations(dialect, "l.location_id", location_ids)
    return (
        "item JOIN (SELECT l.item_id AS kept_id, sum(l.quantity) AS on_hand, "
        "sum(l.held) AS on_hold, coalesce(sum(x.min_stock), 0) AS minimum "
        "FROM level l LEFT JOIN level_minimum x "
        "ON x.item_id = l.item_id AND x.location_id = l.location_id AND x.location_id IN "
        "(SELECT id FROM location WHERE archived_at IS NULL) "
        f"WHERE {at} GROUP BY l.item_id) kept ON kept_id = item.id",
        array,
    )


def _line(item: Item, row: Any, wanted: ReorderFilter) -> ReorderLine:
    _, on_hand, there, minimum, sold, minutes, lead, *place = (int(part) for part in tuple(row))
    days = minutes / _DAY_MINUTES
    lasting = (lead + wanted.cover_days) * _DAY_MINUTES
    needed = -(-sold * lasting // minutes)  # rounded up
    return ReorderLine(
        item=item,
        stock=on_hand,
        min_stock=minimum,
        units_out=sold,
        lead_time_days=lead,
        units_per_day=sold / days,
        days_of_cover=max(there, 0) * days / sold if sold else None,
        suggested_quantity=max(minimum + max(needed, 1) - there, 0),
        place=(place[0], place[1], place[2], item.id),
    )
