"""Figures over the whole stock, for dashboards: sums by status, movements by day, what sells
fastest.

Each is one statement over all rows that the viewer's role may see, on the connection for long
reads, and is shared by all who ask (operations/shared.py). A window of days is read from an
index by the time at which the ledger took the movements, or by when they happened, so years
before it cost nothing. Days are those of a time zone (days.py), the business's own unless the
caller names another.

What was reversed has no part in what moved, and neither has its reversal (reversals.py).

Hidden items count for ADMIN alone, in every sum. Archived and deleted items are not counted as
items, and have no part in what sells; but their stock counts as units and value until it is booked
out, and what was moved stays in the days' sums, as it stays in the ledger.

location_ids: of what is at these places, or moved there; None: everywhere (kept_at.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from graphql_api.business import zone_of
from graphql_api.clock import DAY_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.database.dialect import Dialect
from graphql_api.errors import BadRequest
from graphql_api.inventory import kept_at
from graphql_api.inventory.booking import CLOCK_SKEW_US
from graphql_api.inventory.days import Days, days_ago_us, last_days
from graphql_api.inventory.item import Item, StockStatus
from graphql_api.inventory.movements import SOLD
from graphql_api.inventory.reversals import NOT_REVERSED
from graphql_api.inventory.sums import value_of, value_sums
from graphql_api.operations.shared import SharedReads
from graphql_api.said import said

DAYS_MAX = 90
MOVERS_MAX = 50
KEPT_S = 3.0  # a figure may be so old: it is looked at by people

_SUMMARY = f"""\
SELECT CASE WHEN stock = 0 THEN 0 WHEN stock <= min_stock THEN 1 ELSE 2 END AS place,
    sum(CASE WHEN deleted_at IS NULL AND archived_at IS NULL THEN 1 ELSE 0 END), sum(there),
{value_sums("there")}
FROM {{items}} WHERE admins_only <= ? GROUP BY 1
"""
_PLACES = (StockStatus.OUT_OF_STOCK, StockStatus.LOW_STOCK, StockStatus.IN_STOCK)


class CountedBy(Enum):
    """The time of a movement that figures go by: its column."""

    RECORDED = "recorded_at"
    OCCURRED = "occurred_at"


# What moves between locations neither comes in nor goes out, unless it crosses the border of those
# that were asked for. offset: what local time is ahead of UTC, in SQL.
# Opening stock is booked in the moment in which its item is created.
_OPENED = (
    "(m.action_type = 'RECEIPT' AND EXISTS (SELECT 1 FROM item "
    "WHERE item.id = m.item_id AND item.created_at = m.recorded_at))"
)
_SERIES = f"""\
SELECT (moved_at + {{offset}}) / {DAY_US} AS place, count(*),
    sum(CASE WHEN quantity > 0 AND counts THEN quantity ELSE 0 END),
    sum(CASE WHEN quantity < 0 AND counts THEN -quantity ELSE 0 END),
    sum(CASE WHEN opened THEN quantity ELSE 0 END)
FROM (SELECT m.{{at}} AS moved_at, m.quantity, {{counts}} AS counts, {_OPENED} AS opened
    FROM movement m
    WHERE {{moved}} AND {NOT_REVERSED}{{visible}}) moved
GROUP BY 1
"""
_OF_VISIBLE_ITEMS = " AND m.item_id NOT IN (SELECT id FROM item WHERE admins_only = 1)"

# The plus signs keep SQLite from walking the whole ledger by item to save itself the grouping.
_MOVERS = f"""\
SELECT item_id, units, since FROM (
    SELECT +item_id AS item_id, -sum(quantity) AS units, {{since}} AS since FROM movement m
    WHERE {{moved}} AND {NOT_REVERSED}
        AND {SOLD}
    GROUP BY +item_id HAVING sum(quantity) < 0
) sold
WHERE EXISTS (
    SELECT 1 FROM item WHERE item.id = sold.item_id AND deleted_at IS NULL
        AND archived_at IS NULL AND admins_only <= ?
)
ORDER BY units DESC, item_id LIMIT ?
"""
# Nothing is recorded of an item before it is created, so there it is not worth a seventh of the
# statement's time to find out since when.
_SINCE = {CountedBy.RECORDED: str(2**62), CountedBy.OCCURRED: "min(m.occurred_at)"}


@dataclass(frozen=True, slots=True)
class Summary:
    """What is in stock. stock_value: at the items' prices, in ten-thousandths; by_status: how
    many items have each status, all of them named; as_of_us: when it was counted."""

    items: int
    units: int
    stock_value: int
    by_status: dict[StockStatus, int]
    live_alerts: int
    as_of_us: int


@dataclass(frozen=True, slots=True)
class MovementBucket:
    """The movements of one day, which begins at `start_us`."""

    start_us: int
    movements: int
    units_in: int
    units_out: int
    units_opening: int


class Seller(NamedTuple):
    """An item that sells. units_out: as a Mover's; since_us: when the first of it was sold or
    brought back in the window, by OCCURRED; else a moment far ahead."""

    item_id: int
    units_out: int
    since_us: int


@dataclass(frozen=True, slots=True)
class Mover:
    """How fast an item sells. units_out: sold, less what customers
    brought back, in the window; days_of_cover: for
    how long its stock lasts at that rate."""

    item: Item
    units_out: int
    units_per_day: float
    days_of_cover: float


At = tuple[int, ...] | None
LiveAlerts = Callable[[bool, At], Awaitable[int]]


async def _no_alerts(_: bool, __: At) -> int:
    """Nobody keeps alerts."""
    return 0


class Figures:
    """Reads the figures. `close` before the database is closed."""

    def __init__(
        self,
        scanning: Connection,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        """zone: the business's own."""
        self._scanning = scanning
        self._zone = zone
        self._clock = clock
        self._live_alerts: LiveAlerts = _no_alerts
        self._shared = SharedReads(clock, KEPT_S)

    def count_alerts(self, live_alerts: LiveAlerts) -> None:
        """Called once, by those who keep alerts. live_alerts: how many are live, of those that
        ADMIN sees, or everyone; of all, or of the minimums of some locations."""
        self._live_alerts = live_alerts

    async def summary(self, sees_admins: bool, location_ids: At = None) -> Summary:
        """The stock as it was at most some seconds ago. At some locations: those items of which
        there is stock; by_status is their status over all locations."""
        return await self._shared.get(
            ("summary", sees_admins, location_ids),
            lambda: self._read_summary(sees_admins, location_ids),
        )

    def zone(self, name: str | None) -> ZoneInfo:
        """The time zone of this name; the business's own for None. Raises BadRequest."""
        if name is None:
            return self._zone
        try:
            return zone_of(name)
        except ValueError as error:
            raise BadRequest(said("timeZone: {error}", error=error)) from None

    async def movement_series(
        self,
        days: int,
        sees_admins: bool,
        time_zone: str | None = None,
        by: CountedBy = CountedBy.RECORDED,
        location_ids: At = None,
    ) -> list[MovementBucket]:
        """The last `days` days of a time zone, today the last. Raises BadRequest: 1 to DAYS_MAX,
        or no such zone."""
        _refuse_outside("days", days, DAYS_MAX)
        window = last_days(self.zone(time_zone), self._clock.now_us(), days)
        return await self._shared.get(
            ("series", window, by, sees_admins, location_ids),
            lambda: self._read_series(window, by, sees_admins, location_ids),
        )

    async def fastest_sellers(
        self,
        days: int,
        first: int,
        sees_admins: bool,
        time_zone: str | None = None,
        by: CountedBy = CountedBy.RECORDED,
        location_ids: At = None,
    ) -> list[Seller]:
        """What was sold, less returned, in the last `days` days, most first: since the
        clock in that zone showed the same time, so many days ago.

        At most `first`, of items that are there and that the viewer may see. Raises BadRequest:
        days 1 to DAYS_MAX, first 1 to MOVERS_MAX, or no such zone.
        """
        _refuse_outside("days", days, DAYS_MAX)
        _refuse_outside("first", first, MOVERS_MAX)
        zone = self.zone(time_zone)
        # Most zones have the same hours in the window, and share what was read.
        length_us = self._clock.now_us() - days_ago_us(zone, self._clock.now_us(), days)
        sellers = await self._shared.get(
            ("movers", length_us, by, sees_admins, location_ids),
            lambda: self._read_sellers(length_us, by, sees_admins, location_ids),
        )
        return sellers[:first]

    async def units_at(
        self, item_ids: Sequence[int], location_ids: Sequence[int]
    ) -> dict[int, int]:
        """Item id → how many units are at these locations now."""
        return await kept_at.units_at(self._scanning, item_ids, location_ids)

    def mover(self, item: Item, seller: Seller, days: int, there: int | None = None) -> Mover:
        """What was sold in `days` says of `item`. One that is younger than the window is
        judged by its own days, at least by one: since it was created or, where figures go by when
        things happened, first sold. there: what must last, None: all of its stock."""
        age = (self._clock.now_us() - min(item.created_at, seller.since_us)) / DAY_US
        units_out = seller.units_out
        units_per_day = units_out / min(max(age, 1.0), days)
        lasting = item.stock if there is None else there
        return Mover(item, units_out, units_per_day, lasting / units_per_day)

    def forget(self) -> None:
        """The database went back."""
        self._shared.forget()

    async def close(self) -> None:
        """Give up what is being read."""
        await self._shared.close()

    async def _read_summary(self, sees_admins: bool, location_ids: At) -> Summary:
        as_of_us = self._clock.now_us()
        items, at = kept_at.items_with_units(self._scanning.dialect, location_ids)
        rows = await self._scanning.rows(_SUMMARY.format(items=items), *at, int(sees_admins))
        by_status = dict.fromkeys(StockStatus, 0) | {_PLACES[row[0]]: int(row[1]) for row in rows}
        return Summary(
            items=sum(by_status.values()),
            units=sum(int(row[2]) for row in rows),
            stock_value=sum(value_of(tuple(row)[3:]) for row in rows),
            by_status=by_status,
            live_alerts=await self._live_alerts(sees_admins, location_ids),
            as_of_us=as_of_us,
        )

    async def _read_series(
        self, window: Days, by: CountedBy, sees_admins: bool, location_ids: At
    ) -> list[MovementBucket]:
        dialect = self._scanning.dialect
        statement, parameters = series_of(dialect, window, by, sees_admins, location_ids)
        rows = await self._scanning.rows(statement, *parameters)
        sums = {int(row[0]): tuple(int(part) for part in tuple(row)[1:]) for row in rows}
        return [
            MovementBucket(start_us, *sums.get(window.first + number, (0, 0, 0, 0)))
            for number, start_us in enumerate(window.starts_us)
        ]

    async def _read_sellers(
        self, length_us: int, by: CountedBy, sees_admins: bool, location_ids: At
    ) -> list[Seller]:
        now_us = self._clock.now_us()
        span = (now_us - length_us, now_us + CLOCK_SKEW_US + 1)
        moved, within = kept_at.movements_within(
            self._scanning.dialect, by.value, span, location_ids
        )
        rows = await self._scanning.rows(
            _MOVERS.format(since=_SINCE[by], moved=moved), *within, int(sees_admins), MOVERS_MAX
        )
        return [Seller(*map(int, row)) for row in rows]


def series_of(
    dialect: Dialect, window: Days, by: CountedBy, sees_admins: bool, location_ids: At = None
) -> tuple[str, list[Any]]:
    """The statement that sums up days, and its parameters."""
    offset, offsets = "CAST(? AS BIGINT)", [window.offset_us]
    if window.changes:
        # The newest first: what comes after it is most of the window, or all of it.
        cases = "WHEN moved_at >= ? THEN CAST(? AS BIGINT) " * len(window.changes)
        offsets = [part for change in reversed(window.changes) for part in change] + offsets
        offset = f"CASE {cases}ELSE {offset} END"
    counts, crossing = kept_at.comes_or_goes(dialect, location_ids)
    span = (window.starts_us[0], window.end_us)
    moved, within = kept_at.movements_within(dialect, by.value, span, location_ids)
    visible = "" if sees_admins else _OF_VISIBLE_ITEMS
    statement = _SERIES.format(
        at=by.value, offset=offset, counts=counts, moved=moved, visible=visible
    )
    return statement, [*offsets, *crossing, *within]


def _refuse_outside(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise BadRequest(
            said("{name} must be from 1 to {most}, not {value}.", name=name, most=most, value=value)
        )
