"""How texts are cut into what they are found by: words, and the inner parts of part numbers.

A term is a text of letters and digits that some query's word may be the beginning of. Three kinds
stand in one index, told apart by a sign that no word holds:

- `m3x10`: a word as it stands, or several that people write as one (HAM-16, 50 mm);
- `3x10~`: an inner part, from some place of a word to its end. Not the whole of anything;
- `=ham16`: a whole SKU, without its punctuation;
- `~steel`: a word of a description.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from graphql_api.texts.folding import clusters, has_digraphs, is_mark
from graphql_api.texts.typed import typed

TERM_MAX = 64
TERMS_PER_ITEM_MAX = 128
DESCRIPTION_TERMS_MAX = 200  # distinct words: the first page of a longer text
UNSPACED_MAX = 12  # characters of one word of a query in a script without spaces
INNER_PARTS_MAX = 16  # of one word, from the left
UNIT_MAX = 5  # letters beside a number that may be written as one with it: 50 mm, DIN 912
SIZED_UNIT_MAX = 3  # of a unit behind what is no number alone: M8x40 mm
DIGRAPHS_MAX = 3  # of one word, of which each may be two letters of their own: the ue of Feuer

INNER = "~"  # behind a term: an inner part
TOLD = "~"  # before a term: of a description
WHOLE_SKU = "="

_ASCII_WORD = re.compile(r"([a-z0-9]+)")
_JOINTS = frozenset("-_/.'`’·+#&‐‑‒–\\()")  # between parts that are written without them too
_BRACKETS = frozenset("()")  # of ASCII parts alone: NE555(P), but 电阻(10k) is two words
_NUMBER_JOINTS = frozenset("./()")  # 3.5 is not 35, nor 1/4 14
_SIZES = re.compile(r"[0-9]+(x[0-9]+)*")
_MEASURED = re.compile(r"[a-z]{0,3}[0-9]+(x[0-9]+)*")  # before its unit: 50, 20x40, M8x40, DN50
_RUN = re.compile(r"[0-9]+|[^0-9]+")
_DIGRAPH = re.compile("[aou]e|aa")
_SPELT = re.compile("[a-z]{3}")  # letters enough that a digraph in them may be one: oel10, not ae12
# Han, kana, hangul, bopomofo; Thai, Lao, Myanmar, Khmer: their words have no spaces between them.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u3029\u3040-\u30ff\u3100-\u312f\u3130-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]"
)


def words_of(text: str) -> list[str]:
    """The words of `text`, as people type them, in order: "Crème-BRÛLÉE 5" → creme, brulee, 5.

    Letters and digits make words, everything else parts them. So does the border to a script
    without spaces: M3螺丝 → m3, 螺丝.
    """
    return [word[:TERM_MAX] for word, _ in _words(typed(text))]


def query_words(text: str) -> list[str]:
    """The words to look for, each once. What has no spaces is cut: any part of it is a term."""
    found: dict[str, None] = {}
    for word in words_of(text):
        if not is_unspaced(word):
            found[word] = None
            continue
        letters = clusters(word)
        for start in range(0, len(letters), UNSPACED_MAX):
            found["".join(letters[start : start + UNSPACED_MAX])] = None
    return list(found)


def glued(text: str) -> str:
    """`text` without what is no letter or digit: HAM-16 → ham16."""
    return _glued(_words(typed(text)))


def as_one(text: str) -> str | None:
    """The one word that people write `text` as: HAM-16 → ham16; None: it is one, or is several."""
    words = _words(typed(text))
    whole = _glued(words)
    return whole if len(words) > 1 and whole in _joined(words) else None


def is_unspaced(word: str) -> bool:
    return not word.isascii() and bool(_UNSPACED.match(word))


def terms_of(
    sku: str, name: str, barcodes: Iterable[str], category: str | None, description: str = ""
) -> frozenset[str]:
    """The terms that an item is found by: all whole words before any inner part, as far as
    TERMS_PER_ITEM_MAX goes."""
    whole: dict[str, None] = {}
    inner: dict[str, None] = {}
    parts_of_sku = _words(typed(sku))
    code = _glued(parts_of_sku)
    if code:
        whole[WHOLE_SKU + code[: TERM_MAX - 1]] = None
        whole[code] = None
        inner.update(dict.fromkeys(_inner(code, with_ends=True)))
    for barcode in barcodes:
        digits = glued(barcode)
        whole[digits] = None
        inner.update(dict.fromkeys(_ends(digits)))
    for words, parts in (
        _of_text(sku, parts_of_sku),
        _of_category(category or ""),
        _of_text(name),
    ):
        whole |= words
        inner |= parts
    whole.pop("", None)
    kept = list(whole)[:TERMS_PER_ITEM_MAX]
    kept += [part + INNER for part in inner if part not in whole][: TERMS_PER_ITEM_MAX - len(kept)]
    return frozenset((*kept, *_told(description, whole)) if description else kept)


def text_of(terms: frozenset[str]) -> str:
    """All terms in one text, in their order, with a space before and behind each: so a row can be
    tested for a term's beginning, and tells the first that has it."""
    return f" {' '.join(sorted(terms))} " if terms else ""


def _told(description: str, whole: dict[str, None]) -> Iterator[str]:
    """The words of a description that are not among the others."""
    words, inner = _of_text(description)
    told = [word for word in (*words, *inner) if word not in whole]
    return (TOLD + word[: TERM_MAX - 1] for word in told[:DESCRIPTION_TERMS_MAX])


def _of_text(
    text: str, parted: Sequence[tuple[str, str]] | None = None
) -> tuple[dict[str, None], dict[str, None]]:
    """The whole terms of a text, and its inner parts, without their sign. parted: its words, where
    somebody has them."""
    whole: dict[str, None] = {}
    inner: dict[str, None] = {}
    spellings = (False, True) if has_digraphs(text) else (False,)
    for digraphs in spellings:
        words = _words(typed(text, digraphs)) if digraphs or parted is None else parted
        for joined in (*_joined(words), *(word for word, _ in words)):
            word = joined[:TERM_MAX]
            if word in whole:
                continue
            whole[word] = None
            if not word.isdigit():
                for part in _inside(word):
                    inner[part] = None
    return whole, inner


_of_category = lru_cache(maxsize=1_000)(_of_text)  # about 0.5 MB: many items share one


def _glued(words: Sequence[tuple[str, str]]) -> str:
    return "".join(word for word, _ in words)[:TERM_MAX]


def _words(text: str) -> list[tuple[str, str]]:
    """Each word of a plain text, with what stands between it and the one before."""
    if text.isascii():
        parts = _ASCII_WORD.split(text)  # what is between them, and they, in turn
        return list(zip(parts[1::2], parts[::2], strict=False))
    return list(_words_of_any_script(text))


def _words_of_any_script(text: str) -> Iterator[tuple[str, str]]:
    word, between, was_unspaced = "", "", False
    for part in clusters(text):
        if not part[0].isalnum() or is_mark(part[0]):
            if word:
                yield word, between
                word, between = "", ""
            between += part
            continue
        unspaced = bool(_UNSPACED.match(part))
        if word and unspaced != was_unspaced:
            yield word, between
            word, between = "", ""
        word += part
        was_unspaced = unspaced
    if word:
        yield word, between


def _joined(words: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Neighbours that people write as one: HAM-16 → ham16, 50 mm → 50mm."""
    before = standard = ""  # standard: letters with their number, LM 317
    first = 0  # of the neighbours so far
    for place, (word, between) in enumerate(words):
        if before and between in _JOINTS and _is_one(before, between, word):
            before = word
            continue
        if place - first > 1:
            yield "".join(part for part, _ in words[first:place])
        measured = before and between.isspace() and _is_measure(before, word)
        if measured:
            yield before + word
            if standard and word.isalpha() and len(word) == 1:
                yield standard + word  # LM 317 T
        standard = before + word if measured and before.isalpha() else ""
        before, first = word, place
    if len(words) - first > 1:
        yield "".join(part for part, _ in words[first:])


def _is_one(before: str, joint: str, word: str) -> bool:
    """Whether people write the two without the joint, too."""
    if joint in _BRACKETS and not (before.isascii() and word.isascii()):
        return False
    return not (joint in _NUMBER_JOINTS and before[-1].isdigit() and word[0].isdigit())


def _is_measure(before: str, word: str) -> bool:
    """A size beside its unit (50 mm, M8x40 mm), or beside the letters of a standard (M 8x40)."""
    most = UNIT_MAX
    if before.isdigit():
        letters = word[:-1] if word[-1] in "23" else word
    elif _MEASURED.fullmatch(before):
        letters, most = word, SIZED_UNIT_MAX
    elif word[0].isdigit() and _SIZES.fullmatch(word):
        letters = before
    else:
        return False
    return letters.isalpha() and len(letters) <= most and not is_unspaced(letters)


@lru_cache(maxsize=4_000)  # about 1 MB: the words of a shop come again and again
def _inside(word: str) -> tuple[str, ...]:
    """What a word of a text is found by beside itself."""
    if not word.isascii():
        return _inner(word)
    if word.isalpha():
        return _without_digraphs(word)
    return (*_inner(word), *(_without_digraphs(word) if _SPELT.search(word) else ()))


def _without_digraphs(word: str) -> tuple[str, ...]:
    """What is found by a query with umlauts: feuerloescher by feuerlöscher, whose eu is none."""
    seconds = [found.start() + 1 for found in _DIGRAPH.finditer(word)]
    fewer = range(len(seconds) - 1, 0, -1) if len(seconds) <= DIGRAPHS_MAX else ()
    counts = (len(seconds), *fewer) if seconds else ()
    return tuple(
        "".join(letter for place, letter in enumerate(word) if place not in left_out)
        for count in counts
        for left_out in combinations(seconds, count)
    )


def _inner(word: str, with_ends: bool = False) -> tuple[str, ...]:
    """The inner parts that a word is found by: where letters and digits meet (1N4148 → n4148,
    4148), and from each character of a script without spaces. with_ends: the ends of its long
    numbers too."""
    if word.isdigit() and not with_ends:
        return ()
    places: list[int] = []
    start = 0
    for text in _RUN.findall(word):
        places.append(start)
        if text[0].isdigit():
            if with_ends:
                places += [start + len(text) - len(end) for end in _ends(text)]
        elif not text.isascii():
            places += _unspaced_places(text, start)
        start += len(text)
    parts = [word[place:] for place in dict.fromkeys(places) if place]
    return tuple(parts[:INNER_PARTS_MAX])


def _unspaced_places(text: str, start: int) -> Iterator[int]:
    """Where a part may begin: at each character without spaces, not at its marks."""
    for place, character in enumerate(text):
        if _UNSPACED.match(character) and not is_mark(character):
            yield start + place


def _ends(digits: str) -> list[str]:
    """A number without its leading zeros, and its last six, five, four and three characters:
    what people read off a label."""
    ends = [digits[-count:] for count in (6, 5, 4, 3) if count < len(digits)]
    if digits[:1] == "0" and digits.isdigit():
        bare = digits.lstrip("0")
        return [bare, *(end for end in ends if end != bare)] if bare else ends
    return ends
