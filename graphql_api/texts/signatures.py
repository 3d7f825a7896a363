"""A signature of what an item is found by: a Bloom filter of the beginnings of its terms, in the 63
bits of one stored number. The indexes of the sorts hold it, so that a walk along one passes over
most rows that lack a word without fetching them.

It never denies a term that is there, and lets through one in five or so that are not (a usual item
has some ten bits): rows that it lets through are tested by their terms. Terms of descriptions have
no bits, they would fill it up.

Stored: another rule needs a migration that computes all anew (0191).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

from graphql_api.texts.terms import INNER, TOLD, WHOLE_SKU

BITS = 63  # not negative: -1, which has all bits, is of rows that have none yet
_BEGIN = 3  # characters of a term that make its bit
_BEGIN_UNSPACED = 2  # of scripts whose words are as short: 螺丝
_FIRST_UNSPACED = "\u2e80"
_NONE = frozenset((TOLD, WHOLE_SKU))


def signature_of(terms: Iterable[str]) -> int:
    """Of an item with these terms."""
    found = 0
    for term in terms:
        if term[0] not in _NONE:
            found |= _bit(term[:_BEGIN])
    return found


def mask_of(words: Iterable[str]) -> int:
    """The bits that the signature has of every item with terms that begin with these words; 0:
    any may have them."""
    found = 0
    for word in words:
        found |= _bit(word[:_BEGIN])
    return found


@lru_cache(maxsize=20_000)  # about 2 MB: the beginnings of a shop's words come again and again
def _bit(begin: str) -> int:
    """0 for what is too short: a longer word would have another."""
    size = _BEGIN if begin < _FIRST_UNSPACED else _BEGIN_UNSPACED
    begin = begin[:size]
    if len(begin) < size or begin.endswith(INNER):
        return 0
    return 1 << crc32(begin.encode()) % BITS
