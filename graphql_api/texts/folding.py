"""When two texts are the same: as codes (`folded`), and as people type them (`plain`).

Both rest on Unicode's normalisation and case folding alone, which never change for a character
that exists: what is stored stays right under every version of Python.
"""

from __future__ import annotations

import re
import unicodedata

# Default_Ignorable_Code_Point of Unicode: what nobody sees. Zero-width spaces and joiners, the
# soft hyphen, marks of direction, variation selectors, tags.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

# Letters that decompose into nothing, though people type them without their stroke or ligature.
_STROKES = str.maketrans({
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe",
    "ı": "i", "ȷ": "j", "ŋ": "n", "ĸ": "k", "ƀ": "b", "ƶ": "z", "ǥ": "g", "ɨ": "i", "ʉ": "u",
    "ɵ": "o", "ə": "e", "ƙ": "k", "ɓ": "b", "ɗ": "d", "ƴ": "y", "ⱥ": "a", "ɇ": "e", "ɉ": "j",
})  # fmt: skip
# How some of them are written where the keyboard lacks them: Oeltank, Aarhus, Soerensen.
_DIGRAPHS = {"o\u0308": "oe", "a\u0308": "ae", "u\u0308": "ue", "ø": "oe", "a\u030a": "aa"}
_DIGRAPH = re.compile("|".join(_DIGRAPHS))
_SIGNS = str.maketrans({"µ": "u", "×": "x"})  # 10 µF, M3×10: typed as letters

_DIAERESIS, _ACUTE, _BREVE = "\u0308", "\u0301", "\u0306"
# Cyrillic letters that have a key of their own: nobody types и for й. But all type е for ё.
_CYRILLIC_KEPT = frozenset(
    {"и" + _BREVE, "у" + _BREVE, "і" + _DIAERESIS, "г" + _ACUTE, "к" + _ACUTE}
)
_ALEF = "\u0627"


def folded(text: str) -> str:
    """`text` as codes compare: NFKC_Casefold. SKUs, emails and codes are unique by this.

    Without case, width and form, without what nobody sees, and trimmed. Source: Unicode 5.18,
    "Caseless Matching"; Unicode Standard Annex 31, 5. Its time goes by the square of a run of
    marks: who calls it bounds the length first.
    """
    if text.isascii():
        return text.strip().casefold()
    once = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()
    again = _UNSEEN.sub("", unicodedata.normalize("NFKC", once))
    # A few marks move when they lose their case (U+0345), and then compose.
    return unicodedata.normalize("NFKC", again.casefold()).strip()


def plain(text: str, digraphs: bool = False) -> str:
    """`text` as people type it in a hurry: `folded`, without accents and strokes.

    Łożysko → lozysko, Öltank → oltank (digraphs: oeltank), ё → е. What makes another letter to
    those who read the script stays: カ is not ガ, и is not й. Digits of all scripts are 0-9.
    """
    if text.isascii():
        return text.strip().casefold()
    apart = unicodedata.normalize("NFD", folded(text.translate(_SIGNS)))
    if digraphs:
        apart = _DIGRAPH.sub(lambda found: _DIGRAPHS[found.group()], apart)
    typed = "".join(map(_typed, clusters(apart)))
    return unicodedata.normalize("NFC", typed).translate(_STROKES).strip()


def has_digraphs(text: str) -> bool:
    """Whether `plain` with digraphs may be another text."""
    return not text.isascii() and bool(
        _DIGRAPH.search(unicodedata.normalize("NFD", text.casefold()))
    )


def is_mark(character: str) -> bool:
    """Whether it belongs to the letter before it."""
    return character > "\u02ff" and unicodedata.category(character)[0] == "M"


def clusters(text: str) -> list[str]:
    """Each character with the marks that follow it."""
    parts: list[str] = []
    for character in text:
        if parts and is_mark(character):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _typed(cluster: str) -> str:
    base = cluster[0]
    if len(cluster) == 1:
        return str(unicodedata.decimal(base)) if base.isdecimal() else base
    code = ord(base)
    if code < 0x400 or 0x1E00 <= code < 0x2000 or 0x2C60 <= code < 0x2C80:  # Latin, Greek
        return base
    if code < 0x530:  # Cyrillic
        return cluster[:2] if cluster[:2] in _CYRILLIC_KEPT else base
    if 0x590 <= code < 0x600:  # Hebrew: points are for learners
        return base
    if 0x600 <= code < 0x700:  # Arabic: so are vowel signs; a hamza is left out on alef only
        if base == _ALEF:
            return base
        return base + "".join(mark for mark in cluster[1:] if "\u0653" <= mark <= "\u0655")
    return cluster
