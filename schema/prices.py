"""What lists and counts cost, where no `first` says it: the table that limits.py reads.

A list's size is what it may hold at most, or nearly always; a price is for work that goes by
the data and not by the answer: counts and scans.
"""

from __future__ import annotations

from collections.abc import Mapping

BATCH_LINES = 250  # as many as a batch may have: graphql_api/inventory/stock.py
LEVELS = 20  # places where one item is kept
LOCATIONS = 100  # of one business
PARTICIPANTS = 10  # people at one item at a time
DAYS = 30

# (type, field) → entries. Connections are not here: their pages have a size.
LIST_SIZES: Mapping[tuple[str, str], int] = {
    ("InventoryItem", "levels"): LEVELS,
    ("Query", "locations"): LOCATIONS,
    ("Query", "movementSeries"): DAYS,
    ("Query", "presence"): PARTICIPANTS,
    ("ItemPresence", "participants"): PARTICIPANTS,
    ("PushSettings", "subscriptions"): 10,
    ("InventorySummary", "byStatus"): 3,
    ("RealtimeStatus", "connectionsByRole"): 3,
}

# Lists that have an entry for each line of the batch that was asked for.
EACH_LINE = frozenset({("StockBatchPayload", "movements"), ("StockBatchPayload", "userErrors")})
# Root field → lines, where `input.lines` does not say it.
BATCH_LINES_OF: Mapping[str, int] = {"transferStock": 2}  # out of one place, into another

# (type, field, argument) → the list is as long as this argument, a list too, or a number.
SIZED_BY: Mapping[tuple[str, str], str] = {
    ("Query", "presence"): "itemIds",
    ("Query", "movementSeries"): "days",
}

COUNT_PRICE = 10  # a count reads what it counts
INTROSPECTION_PRICE = 300  # the whole schema is about 3,000 small objects
PRICES: Mapping[tuple[str, str], int] = {
    ("Mutation", "checkAlerts"): 500,
    ("Query", "ledgerCheck"): 1_000,
    ("Query", "inventorySummary"): 50,
    ("Query", "movementSeries"): 50,
    ("Query", "fastestMovers"): 50,
}


def price_of(type_name: str, field: str) -> int:
    """What the field costs beside the objects that it answers; for a count: COUNT_PRICE."""
    if field == "__schema":
        return INTROSPECTION_PRICE
    return PRICES.get((type_name, field), 0)
