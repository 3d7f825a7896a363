"""How migration 0191 gives the items that are there their signatures (texts/signatures.py)."""

from __future__ import annotations

from typing import Any

from graphql_api.database.found_again import BATCH, changed_rows, read_rows
from graphql_api.texts.signatures import signature_of


async def sign_items(_apps: Any, editor: Any) -> None:
    """By their terms, 500 at a time."""
    last = -1
    while rows := await read_rows(
        editor,
        "SELECT id, search_text FROM item WHERE id > ? ORDER BY id LIMIT ?",
        last,
        BATCH,
    ):
        last = rows[-1][0]
        await changed_rows(
            editor,
            "UPDATE item SET signature = ? WHERE id = ?",
            [(signature_of(text.split()), item_id) for item_id, text in rows],
        )
