"""How migration 0170 finds items by the signs that people type: 10uF for 10 μF, M3x10 for М3х10."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from graphql_api.database.found_again import BATCH, changed_rows, read_rows
from graphql_api.texts.terms import terms_of, text_of


async def make_terms_anew(_apps: Any, editor: Any) -> None:
    """The terms of items that are there, where they have become others: few have such signs, so
    a million items are read, and not written."""
    last = -1
    while rows := await read_rows(
        editor,
        "SELECT id, sku, name, barcode, category, description, codes, search_text FROM item "
        "WHERE id > ? ORDER BY id LIMIT ?",
        last,
        BATCH,
    ):
        last = rows[-1][0]
        changed = []
        for item_id, sku, name, barcode, category, description, codes, old in rows:
            found_by = terms_of(sku, name, _codes(barcode, codes), category, description)
            if text_of(found_by) != old:
                changed.append((item_id, found_by))
        await write_terms(editor, changed)


async def write_terms(editor: Any, changed: Sequence[tuple[int, frozenset[str]]]) -> None:
    """What items are found by from now on: (item id, its terms)."""
    await changed_rows(
        editor,
        "UPDATE item SET search_text = ? WHERE id = ?",
        [(text_of(found_by), item_id) for item_id, found_by in changed],
    )
    await changed_rows(
        editor, "DELETE FROM item_term WHERE item_id = ?", [(each[0],) for each in changed]
    )
    await changed_rows(
        editor,
        "INSERT INTO item_term (term, item_id) VALUES (?, ?)",
        [(term, item_id) for item_id, found_by in changed for term in sorted(found_by)],
    )


def _codes(barcode: str | None, codes: str | None) -> list[str]:
    """All barcodes of an item; `codes` is a list of states, whose first field is the code."""
    if codes is not None:
        return [state[0] for state in orjson.loads(codes)]
    return [] if barcode is None else [barcode]
