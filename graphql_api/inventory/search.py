"""Search: what of an item is found, and how much a search may ask.

One index of our own serves both databases, instead of SQLite's FTS5 beside PostgreSQL's trigrams,
which cut words differently ("AR-5381", 螺丝) and cannot give the best of a hundred thousand matches
without reading them all. A term matches by its beginning, words are joined by AND. The terms:
texts/terms.py; what they find, and in which order: matching.py; how that stays fast: ranked.py.
"""

from __future__ import annotations

from graphql_api.texts.terms import TERM_MAX, TERMS_PER_ITEM_MAX, terms_of, text_of, words_of

SEARCH_MAX = 400  # characters of a search; a longer one is refused where it comes in
WORDS_MAX = 8  # of one search; more narrow nothing down that eight did not

__all__ = [
    "SEARCH_MAX",
    "TERMS_PER_ITEM_MAX",
    "TERM_MAX",
    "WORDS_MAX",
    "terms_of",
    "text_of",
    "words_of",
]
