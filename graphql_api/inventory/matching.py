"""What a search finds of an item, and how well: the words of a query against an item's terms.

Pure; catalogue.py and ranked.py say the same in SQL. An item is found when each word is the
beginning of one of its terms, or when the whole query is its SKU or barcode.

Places in a ranked list are (tier, term, id). The lead is the longest word of the query, the first
of several; the term is the first of the item's that begin with the lead, so what is found by
beginnings stands in the order of the alphabet: M40, M400, M5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from graphql_api.inventory.barcodes import lookup_keys
from graphql_api.inventory.code_forms import other_forms
from graphql_api.inventory.search import SEARCH_MAX, WORDS_MAX
from graphql_api.texts.folding import folded
from graphql_api.texts.signatures import mask_of
from graphql_api.texts.sorting import sort_key
from graphql_api.texts.terms import TERM_MAX, TOLD, WHOLE_SKU, as_one, glued, query_words

TERM_END = "\U0010ffff"  # sorts after every letter: the end of a range of terms that begin alike


class Tier(IntEnum):
    """How well an item is found; the best first."""

    EXACT = 0  # the query is its SKU or barcode, punctuation aside; those as they stand first
    SKU = 1  # its SKU begins with the query, punctuation aside; the SKUs in their order
    NAME = 2  # the query is its name
    WHOLE = 3  # every word is a whole one
    BEGINNING = 4  # every word begins one, or is an inner part
    DESCRIPTION = 5  # some words are in the description only, the lead is not
    DESCRIPTION_LEAD = 6  # the lead is in the description only


@dataclass(frozen=True, slots=True)
class Query:
    """A search, read. words: longest first, none: nothing can be found but the exact.

    told: looks into descriptions too. barcode_keys: of the barcodes that the whole query may be;
    spelt: the word that people write it as without its punctuation, None: it has none."""

    text: str
    words: tuple[str, ...]
    sku_key: str
    code: str
    name_key: str
    told: bool
    barcode_keys: tuple[str, ...] = ()
    spelt: str | None = None

    @property
    def lead(self) -> str:
        return self.words[0]

    def places_of(self, word: str) -> list[str]:
        """How a term that the word finds may begin."""
        return [word, TOLD + word[: TERM_MAX - 1]] if self.told else [word]

    def ranges(self, word: str) -> list[tuple[str, str]]:
        """The terms that the word finds: from, to before."""
        return [(begin, begin + TERM_END) for begin in self.places_of(word)]

    @property
    def mask(self) -> int:
        """The bits of every signature of an item that it finds; 0: it may have any."""
        return 0 if self.told else mask_of(self.words)

    def whole_terms(self) -> list[str]:
        """The terms whose items the WHOLE ones are."""
        return list(self.words)


def query_of(text: str | None, told: bool = False) -> Query | None:
    """None: the search is absent or blank, and filters nothing."""
    if text is None or not text.strip():
        return None
    asked = text.strip()[:SEARCH_MAX]
    words = tuple(sorted(query_words(asked), key=len, reverse=True)[:WORDS_MAX])
    code = glued(asked)[: TERM_MAX - 1]
    keys = tuple(key for code in (asked, *other_forms(asked)) for key in lookup_keys(code))
    return Query(
        asked, words, folded(asked), code, sort_key(asked), told, keys, spelt=as_one(asked)
    )


def rank_of(query: Query, found_by: str, name_key: str) -> tuple[Tier, str] | None:
    """Where an item stands that is not EXACT, by its terms' text; None: it is not found."""
    if not query.words or not all(
        any(f" {begin}" in found_by for begin in query.places_of(word)) for word in query.words
    ):
        return None
    if all(f" {word}" in found_by for word in query.words):
        if query.code and f" {WHOLE_SKU}{query.code}" in found_by:
            return Tier.SKU, first_term(found_by, WHOLE_SKU + query.code)
        if name_key == query.name_key:
            return Tier.NAME, ""
        if all(f" {word} " in found_by for word in query.words):
            return Tier.WHOLE, query.lead
        return Tier.BEGINNING, first_term(found_by, query.lead)
    if f" {query.lead}" in found_by:
        return Tier.DESCRIPTION, first_term(found_by, query.lead)
    return Tier.DESCRIPTION_LEAD, first_term(found_by, TOLD + query.lead[: TERM_MAX - 1])


def first_term(found_by: str, begin: str) -> str:
    """The first term with this beginning."""
    start = found_by.index(f" {begin}") + 1
    return found_by[start : found_by.index(" ", start)]
