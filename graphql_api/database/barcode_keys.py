"""How migration 0076 gives the barcodes that are there their keys.

The rule as it was then: later versions may compare otherwise, and then migrate again.
"""

from __future__ import annotations

import logging
from typing import Any

from graphql_api.database.ddl import is_sqlite, run

logger = logging.getLogger(__name__)

_LIVING = "barcode IS NOT NULL AND deleted_at IS NULL"


async def key_barcodes(_apps: Any, editor: Any) -> None:
    """A row for each barcode of a living item: two statements, whatever the table's length.

    All-digit ones of 8, 12, 13 and 14 digits get zeros in front. Where two items have the same
    then, the older one has it; the later one's is kept as it is written, with a space before it,
    so that both are found by their own text as they were.
    """
    if is_sqlite(editor):
        is_digits = "barcode NOT GLOB '*[^0-9]*'"
        padded = "substr('00000000000000' || barcode, -14)"
    else:
        is_digits = "barcode ~ '^[0-9]+$'"
        padded = "right('00000000000000' || barcode, 14)"
    await run(
        editor,
        "INSERT INTO item_barcode (key, item_id) SELECT CASE WHEN length(barcode) IN (8, 12, 13, "
        f"14) AND {is_digits} THEN {padded} ELSE barcode END, id FROM item WHERE {_LIVING} "
        "ORDER BY id ON CONFLICT (key) DO NOTHING",
    )
    await run(
        editor,
        f"INSERT INTO item_barcode (key, item_id) SELECT ' ' || barcode, id FROM item WHERE "
        f"{_LIVING} AND NOT EXISTS (SELECT 1 FROM item_barcode WHERE item_id = item.id)",
    )
    same = 0
    if not editor.collect_sql:
        own = "SELECT count(*) AS n FROM item_barcode WHERE key LIKE ' %'"
        same = (await editor.client.execute_query(own))[1][0]["n"]
    if same:
        logger.warning(
            "%d items have a barcode that another item has too, written with more or fewer zeros "
            "in front: each is found by its own as it is written. Make them differ.",
            same,
        )
