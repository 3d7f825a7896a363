"""A text as a search reads it: `plain`, with what people type in place of signs. For terms.py.

Signs that no keyboard has, and letters that look alike or are alternated, become one: 10 μF is
10uF, 10kΩ 10k ohm, М3х10 with a Cyrillic х 3x10, ネジ ねじ, the Persian ک the Arabic ك. Texts sort
and compare without this (folding.py): what is stored by it are terms alone.

Sources: JIS Z 8301 (a long vowel's mark at a word's end may be left out); Lucene's
ArabicNormalizer and PersianNormalizer, for which letters are alternated.
"""

from __future__ import annotations

import re
import unicodedata

from graphql_api.texts.folding import plain

_SIGNS = str.maketrans(
    dict.fromkeys("\u2715\u2716\u2a09\u2a2f\u2573", "x")  # crosses that stand for ×
    | dict.fromkeys("\u2300\u2205", "o")  # ⌀ and ∅ stand for Ø
    | dict.fromkeys("\u00b4\u2018\u201b\u02b9\u02bb\u02bc\u2032", "'")  # stand for an apostrophe
    | dict.fromkeys("\u2014\u2015\u2212\u2043\ufe58", "-")  # and for a hyphen
    | dict.fromkeys("\u2122\u2120\u00ae\u00a9\u0640", "")  # ™ ℠ ® ©, and a stretched Arabic line
    | {"\u2126": "ohm"}
)
_GREEK = "\u0370-\u03bb\u03bd-\u03ff\u1f00-\u1fff"  # but for μ
_SIGN = re.compile(
    f"(?<![\u03bc{_GREEK}])(?P<micro>\u03bc)(?![\u03bc{_GREEK}])"
    f"|(?<![{_GREEK}])(?P<ohm>\u03a9)(?![\u03bc{_GREEK}])"
    "|(?<=[0-9])(?P<fraction>[\u00bc-\u00be\u2150-\u215e])"
    "|(?<=[0-9])(?P<times>[\u0425\u0445])(?=[0-9])"
)
_SQUARED = re.compile("[\u3371-\u33df]")  # units in one character: ㎌, ㏀
_MEANT = {"micro": "u", "ohm": "ohm", "times": "x"}
_OHM = re.compile(r"(?<![a-z])([kmgu]?)ohms?(?![a-z])")
_TIMES = re.compile(r"(?<=\d)(?:\s+[x*]\s*|\s*[x*]\s+|\*)(?=\d)")

_ALTERNATED = str.maketrans(
    {code: code - 0x60 for code in range(0x30A1, 0x30F7)}  # katakana are hiragana
    | {0x06CC: 0x064A, 0x0649: 0x064A, 0x06D2: 0x064A, 0x06A9: 0x0643}  # yeh, kaf
    | {0x0629: 0x0647, 0x06C1: 0x0647, 0x06D5: 0x0647, 0x06BE: 0x0647}  # heh
)
_LONG_END = re.compile("(?<=[\u3041-\u3096])\u30fc(?![\u3041-\u3096\u30fc])")


def typed(text: str, digraphs: bool = False) -> str:
    """`text` in the letters that a search compares."""
    if not text.isascii():
        text = _SQUARED.sub(lambda unit: unicodedata.normalize("NFKC", unit.group()), text)
        text = _SIGN.sub(_meant, text.translate(_SIGNS))
    letters = plain(text, digraphs)
    if not letters.isascii():
        letters = _LONG_END.sub("", letters.translate(_ALTERNATED))
    if "ohm" in letters:
        letters = _OHM.sub(r"\1 ohm", letters)
    return _TIMES.sub("x", letters) if "x" in letters or "*" in letters else letters


def _meant(found: re.Match[str]) -> str:
    sign = found.lastgroup or ""
    return _MEANT.get(sign) or f" {found.group()}"
