"""What lists and counts cost, where no `first` says it: the table that the engine reads.

A list's size is what it may hold at most, or nearly always; a price is for work that goes by
the data and not by the answer: counts and scans.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.engine.vocabulary import Prices
from schema.pagination import IDS_MAX, PAGE_DEFAULT

BATCH_LINES = 250  # as many as a batch may have: graphql_api/inventory/stock_commands.py
LEVELS = 20  # places where one item is kept
BARCODES = 5  # of one item, nearly always
UNITS = 5
LOCATIONS = 100  # of one business
DEEP = 8  # places in one another
INNER = 20  # places that lie right in one
PARTICIPANTS = 10  # people at one item at a time
DAYS = 30
ALERTS_AT_ONCE = 100  # of one command: graphql_api/alerts/commands.py
ITEMS_AT_ONCE = 100  # likewise: graphql_api/inventory/many_items.py
KINDS = 4  # of notifications
HOLD_LINES = 10  # of a hold: a basket
ATTACHMENTS = 5  # of one item, nearly always
IMPORT_ROWS = 10  # that a preview shows
IMPORT_COLUMNS = 20  # of a file, mostly
MAPPINGS = 20  # saved ones, of a shop with many suppliers

# (type, field) → entries. Connections are not here: their pages have a size.
LIST_SIZES: Mapping[tuple[str, str], int] = {
    ("InventoryItem", "levels"): LEVELS,
    ("InventoryItem", "barcodes"): BARCODES,
    ("InventoryItem", "units"): UNITS,
    ("InventoryItem", "attachments"): ATTACHMENTS,
    ("InventoryItem", "pictures"): ATTACHMENTS,
    ("AttachmentPayload", "attachments"): ATTACHMENTS,
    ("AttachmentsUpdate", "attachments"): ATTACHMENTS,
    ("AttachmentLimits", "mediaTypes"): ATTACHMENTS,
    ("Hold", "lines"): HOLD_LINES,
    ("HoldPayload", "movements"): HOLD_LINES,
    ("Query", "locations"): LOCATIONS,
    ("Location", "path"): DEEP,
    ("Location", "children"): INNER,
    ("Query", "movementSeries"): DAYS,
    ("Query", "presence"): PARTICIPANTS,
    ("ItemPresence", "participants"): PARTICIPANTS,
    ("PushSettings", "subscriptions"): 10,
    ("ItemsPayload", "items"): ITEMS_AT_ONCE,
    ("ItemsPayload", "userErrors"): ITEMS_AT_ONCE,
    ("AlertsPayload", "alerts"): ALERTS_AT_ONCE,
    ("AlertsPayload", "userErrors"): ALERTS_AT_ONCE,
    ("Query", "notificationPreferences"): KINDS,
    ("NotificationPreferencesPayload", "preferences"): KINDS,
    ("NotificationPreferencesPayload", "userErrors"): 1,
    ("NotificationPreference", "channels"): 2,
    ("InventorySummary", "byStatus"): 3,
    ("InventoryItemConnection", "suggestions"): 3,
    ("RealtimeStatus", "connectionsByRole"): 3,
    ("LabelFile", "warnings"): 5,
    ("Query", "imports"): PAGE_DEFAULT,
    ("Query", "importMappings"): MAPPINGS,
    ("SavedImportMapping", "columns"): 5,  # those that have other names
    ("FileImport", "notes"): 5,
    ("ImportPreview", "columns"): IMPORT_COLUMNS,
    ("ImportPreview", "rows"): IMPORT_ROWS,
    ("ImportPreview", "problems"): 1,
    ("ImportPreview", "notes"): 5,
    ("ImportPreviewRow", "values"): IMPORT_COLUMNS,
    ("ImportPreviewRow", "problems"): 1,
}

# Lists that have an entry for each line of the batch that was asked for.
EACH_LINE = frozenset({("StockBatchPayload", "movements"), ("StockBatchPayload", "userErrors")})
# Root field → lines, where `input.lines` does not say it.
BATCH_LINES_OF: Mapping[str, int] = {"transferStock": 2}  # out of one place, into another

# (type, field, argument) → the list is as long as this argument, a list too, or a number.
SIZED_BY: Mapping[tuple[str, str], str] = {
    ("Query", "presence"): "itemIds",
    ("Query", "imports"): "first",
    ("Query", "movementSeries"): "days",
}

COUNT_PRICE = 10  # a count reads what it counts
INTROSPECTION_PRICE = 300  # the whole schema is about 3,000 small objects
SCANS: Mapping[tuple[str, str], int] = {
    ("Mutation", "checkAlerts"): 500,
    ("Query", "ledgerCheck"): 1_000,
    ("Query", "inventorySummary"): 50,
    ("Query", "movementSeries"): 50,
    ("Query", "fastestMovers"): 50,
    ("Alert", "suggestedQuantity"): 2,
    ("InventoryItem", "suggestedQuantity"): 2,
    ("FileImport", "undoBlocker"): 20,  # reads its items, up to 2,000
    ("Query", "categories"): 50,
    ("InventoryItemConnection", "suggestions"): 20,
    ("InventoryItemConnection", "totals"): 20,
    ("Query", "reorderList"): 50,
    ("InventorySummary", "today"): 50,
    ("Query", "labels"): 500,
}

PRICES = Prices(
    list_sizes=LIST_SIZES,
    each_line=EACH_LINE,
    batch_lines=BATCH_LINES,
    batch_lines_of=BATCH_LINES_OF,
    sized_by=SIZED_BY,
    scans=SCANS,
    count=COUNT_PRICE,
    introspection=INTROSPECTION_PRICE,
    by_ids=frozenset({"nodes"}),
    ids_max=IDS_MAX,
    page=PAGE_DEFAULT,
)
