"""How migration 0074 makes the keys and terms of the rows that are there anew."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from graphql_api.database.ddl import is_sqlite, run
from graphql_api.database.dialect import Dialect
from graphql_api.texts.folding import folded
from graphql_api.texts.sorting import sort_key
from graphql_api.texts.terms import terms_of, text_of

logger = logging.getLogger(__name__)

BATCH = 500  # rows of one go: about 1 MB of terms
# table, its text, the key that must be unique, and that key's length
_KEYS = (
    ("item", "sku", "sku_key", 128),
    ("location", "code", "code_key", 64),
    ("user_account", "email", "email_key", 508),
)


async def make_keys_anew(_apps: Any, editor: Any) -> None:
    """What compares by a text compares without what nobody sees: NFKC_Casefold.

    A row whose new key another row has keeps a key of its own, which no text has: it is found by
    its id as before, and not by this text until that is changed. The log names both.
    """
    for table, text, key, characters in _KEYS:
        last = -1
        while rows := await read_rows(
            editor, f'SELECT id, {text}, {key} FROM "{table}" WHERE id > ? ORDER BY id LIMIT ?',
            last, BATCH,
        ):  # fmt: skip
            last = rows[-1][0]
            for row_id, written, old in rows:
                new = folded(written)[:characters]
                if new == old:
                    continue
                others = await read_rows(
                    editor, f'SELECT id FROM "{table}" WHERE {key} = ? AND id <> ?', new, row_id
                )
                if others:
                    logger.warning(
                        "%s %s: its %s is now the same as that of %s, and finds that one; "
                        "change one of them",
                        table, row_id, text, others[0][0],
                    )  # fmt: skip
                    new = f"{new[: characters - 20]}\x01{row_id}"
                await read_rows(editor, f'UPDATE "{table}" SET {key} = ? WHERE id = ?', new, row_id)


async def find_items_anew(_apps: Any, editor: Any) -> None:
    """The other keys of items, and their terms."""
    sqlite = is_sqlite(editor)
    await run(editor, "DELETE FROM item_term" if sqlite else "TRUNCATE item_term")
    await run(editor, "DROP INDEX item_term_by_term")  # made of sorted rows it is smaller
    last = -1
    while rows := await read_rows(
        editor,
        "SELECT id, sku, name, barcode, category, description FROM item WHERE id > ? "
        "ORDER BY id LIMIT ?",
        last,
        BATCH,
    ):
        last = rows[-1][0]
        terms = [
            terms_of(sku, name, () if barcode is None else (barcode,), category, description)
            for _, sku, name, barcode, category, description in rows
        ]
        await changed_rows(
            editor,
            "UPDATE item SET sku_order = ?, name_key = ?, category_key = ?, search_text = ? "
            "WHERE id = ?",
            [
                (
                    sort_key(row[1]),
                    sort_key(row[2]),
                    None if row[4] is None else folded(row[4]),
                    text_of(found_by),
                    row[0],
                )
                for row, found_by in zip(rows, terms, strict=True)
            ],
        )
        await changed_rows(
            editor,
            "INSERT INTO item_term (term, item_id) VALUES (?, ?)",
            [(t, row[0]) for row, found in zip(rows, terms, strict=True) for t in sorted(found)],
        )
    await run(editor, 'CREATE INDEX "item_term_by_term" ON "item_term" ("term", "item_id")')


def _statement(editor: Any, sql: str) -> str:
    return (Dialect.SQLITE if is_sqlite(editor) else Dialect.POSTGRES).statement(sql)


async def read_rows(editor: Any, sql: str, *values: Any) -> Sequence[Any]:
    if editor.collect_sql:
        return ()
    rows: Sequence[Any] = (
        await editor.client.execute_query(_statement(editor, sql), list(values))
    )[1]
    return [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in rows or ()]


async def changed_rows(editor: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    await editor.client.execute_many(_statement(editor, sql), [list(row) for row in rows])
