"""The words that movements are found by, as they are stored: of a reference, its parts, what a part
has behind its letters, and all of it without what parts it; of a reason, its words.

For migration 0084, which gives the movements that are there theirs, and for
inventory/movement_terms.py. Whoever changes what a text's terms are fills the table anew.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

TERM_MAX = 64  # characters, its mark included
TERMS_MAX = 32  # of a reference, and of a reason: a reason of 500 characters has 80 words or so

# A term's first character: whose word it is.
REFERENCE = "="
REASON = "~"

_WORD = re.compile(r"[^\W_]+")
_NUMBER_BEHIND_LETTERS = re.compile(r"(?<=[^\W\d_])\d+[^\W_]*$")


def words_of(text: str) -> list[str]:
    """Its words in their order, without case and accents. text: bounded by the caller, since
    normalising a run of combining marks takes time by the square of its length."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return [word[: TERM_MAX - 1] for word in _WORD.findall(plain)]


@lru_cache(maxsize=512)  # of the lines of an invoice: some megabytes at most
def terms_of(reference: str | None, reason: str | None) -> tuple[str, ...]:
    """The terms of a movement with these texts; an order that is always the same."""
    terms: dict[str, None] = {}
    if reference:
        words = words_of(reference)
        parts = list(words)
        if len(words) > 1:
            parts.append("".join(words)[: TERM_MAX - 1])
        for word in words:
            parts += _NUMBER_BEHIND_LETTERS.findall(word)
        terms |= dict.fromkeys(REFERENCE + part for part in list(dict.fromkeys(parts))[:TERMS_MAX])
    if reason:
        words = list(dict.fromkeys(words_of(reason)))[:TERMS_MAX]
        terms |= dict.fromkeys(REASON + word for word in words)
    return tuple(terms)


INSERT_TERM = "INSERT INTO movement_term (term, movement_id) VALUES (?, ?)"

FILLED_AT_ONCE = 5_000  # movements of a migration's step: some megabytes


async def fill_terms(_apps: Any, editor: Any) -> None:
    """For migration 0084: the terms of all movements that are there, in bounded steps."""
    if editor.collect_sql:
        return
    is_sqlite = editor.client.capabilities.dialect == "sqlite"
    insert = INSERT_TERM if is_sqlite else INSERT_TERM.replace("?, ?", "$1, $2")
    last_id = -1
    while True:
        _, rows = await editor.client.execute_query(
            "SELECT id, reference, reason FROM movement WHERE "
            f"(reference IS NOT NULL OR reason IS NOT NULL) AND id > {last_id} "
            f"ORDER BY id LIMIT {FILLED_AT_ONCE}"
        )
        if not rows:
            return
        found = [
            [term, row["id"]] for row in rows for term in terms_of(row["reference"], row["reason"])
        ]
        if found:
            await editor.client.execute_many(insert, found)
        last_id = rows[-1]["id"]
