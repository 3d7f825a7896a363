"""Search terms: the words of an item's SKU, name, barcode and category.

One index of our own serves both databases, instead of SQLite's FTS5 beside PostgreSQL's text
search, which cut words differently ("AR-5381") and would answer differently. A term matches
by its beginning, words are joined by AND. How a search stays fast at a million items:
catalogue.py.
"""

from __future__ import annotations

import re
import unicodedata

TERM_MAX = 64
TERMS_PER_ITEM_MAX = 64
SEARCH_MAX = 400  # characters of a search; a longer one is refused where it comes in
WORDS_MAX = 8  # of one search; more narrow nothing down that eight did not

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The words of `text`, without case and accents, in order: "Crème-BRÛLÉE 5" → creme, brulee, 5.

    Letters and digits make words, everything else parts them.
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return [word[:TERM_MAX] for word in _WORD.findall(plain)]


def terms_of(sku: str, name: str, barcode: str | None, category: str | None) -> frozenset[str]:
    """The terms that an item is found by."""
    words = words_of(" ".join(part for part in (sku, barcode, category, name) if part))
    return frozenset(words[:TERMS_PER_ITEM_MAX])


def text_of(terms: frozenset[str]) -> str:
    """All terms in one text, each after a space: a row can be tested for a term's beginning."""
    return "".join(f" {term}" for term in sorted(terms))
