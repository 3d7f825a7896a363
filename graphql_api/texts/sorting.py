"""Where a text stands in a list that people read: numbers by their value, ähre beside Apfel.

A key is stored beside its text and compared byte by byte, so both databases sort alike, and every
process does. That is why it is ours: the weights of the Unicode Collation Algorithm change with its
version, so a library's newer version would sort new rows into the midst of old keys.
"""

from __future__ import annotations

import re
import unicodedata

from graphql_api.texts.folding import folded, plain

KEY_MAX = 400  # characters; what is beyond sorts by id
_TIE = "\x01"  # below all that a key holds
_VOICING = re.compile("[\u3099\u309a]")
_NUMBER = re.compile(r"[0-9]+")
_LEADING_ZERO = re.compile(r"(?<![0-9])0[0-9]")


def sort_key(text: str) -> str:
    """A key that sorts `text` without case, accents and strokes, and numbers by their value.

    R1, R2, R10; ahre, ähre, apfel. Texts that differ in accents or leading zeros only stand
    together, in the order of their `folded`. Scripts follow each other as in Unicode.
    """
    same = folded(text)
    letters = plain(text)
    if not letters.isascii():
        parted = unicodedata.normalize("NFD", letters)
        letters = unicodedata.normalize("NFC", _VOICING.sub("", parted))
    key = _NUMBER.sub(_number, letters)
    if letters != same or _LEADING_ZERO.search(letters):
        key = f"{key}{_TIE}{same}"
    return key[:KEY_MAX]


def _number(found: re.Match[str]) -> str:
    """Its digits behind how many they are, as digits that sort: 9 → 19, 10 → 210."""
    digits = found.group().lstrip("0") or "0"
    tens, rest = divmod(len(digits), 10)
    return f"{':' * tens}{rest}{digits}"  # a colon sorts after every digit
