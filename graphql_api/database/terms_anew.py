"""How migrations find the items that are there by terms that came since: 0170 by the signs that
people type (10uF for 10 μF, M3x10 for М3х10), 0192 by sizes with a unit and by any umlaut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from graphql_api.database.found_again import BATCH, changed_rows, read_rows
from graphql_api.texts.signatures import signature_of
from graphql_api.texts.terms import terms_of, text_of

Changed = Sequence[tuple[int, frozenset[str]]]  # an item's id, and what it is found by from now on


async def make_terms_anew(_apps: Any, editor: Any) -> None:
    """The terms of items that are there, where they have become others: few have such signs, so
    a million items are read, and not written."""
    await _make_anew(editor, write_terms)


async def make_signed_terms_anew(_apps: Any, editor: Any) -> None:
    """The same since items have signatures of their terms (0191)."""
    await _make_anew(editor, _write_signed_terms)


async def _make_anew(editor: Any, write: Callable[[Any, Changed], Awaitable[None]]) -> None:
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
        await write(editor, changed)


async def _write_signed_terms(editor: Any, changed: Changed) -> None:
    await write_terms(editor, changed)
    await changed_rows(
        editor,
        "UPDATE item SET signature = ? WHERE id = ?",
        [(signature_of(found_by), item_id) for item_id, found_by in changed],
    )


async def write_terms(editor: Any, changed: Changed) -> None:
    """What items are found by, in their rows and in the index of terms."""
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
