"""Terms of an item made plainly, one character and one word after another: what
graphql_api/texts/terms.py comes to in fewer steps. What is stored is found only while both are the
same. For test_terms.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from graphql_api.texts.folding import clusters, has_digraphs, is_mark
from graphql_api.texts.terms import (
    DESCRIPTION_TERMS_MAX,
    INNER_PARTS_MAX,
    TERM_MAX,
    TERMS_PER_ITEM_MAX,
    UNIT_MAX,
    is_unspaced,
)
from graphql_api.texts.typed import typed

_JOINTS = tuple("-_/.'`’·+#&‐‑‒–\\()")
_SIZES = re.compile(r"[0-9]+(x[0-9]+)*")


def plain_terms_of(
    sku: str, name: str, barcodes: Iterable[str], category: str | None, description: str
) -> frozenset[str]:
    whole: list[str] = []
    inner: list[str] = []
    code = _glued(sku)
    if code:
        whole += ["=" + code[: TERM_MAX - 1], code]
        inner += _inner(code, with_ends=True)
    for barcode in barcodes:
        whole.append(_glued(barcode))
        inner += _ends(_glued(barcode))
    for text in (sku, category or "", name):
        words, parts = _of_text(text)
        whole += words
        inner += parts
    whole = [word for word in dict.fromkeys(whole) if word]
    kept = whole[:TERMS_PER_ITEM_MAX]
    parts = [part + "~" for part in dict.fromkeys(inner) if part not in whole]
    kept += parts[: TERMS_PER_ITEM_MAX - len(kept)]
    words, parts = _of_text(description)
    told = [word for word in (*words, *parts) if word not in whole]
    return frozenset(kept) | {"~" + word[: TERM_MAX - 1] for word in told[:DESCRIPTION_TERMS_MAX]}


def _of_text(text: str) -> tuple[list[str], list[str]]:
    whole: list[str] = []
    inner: list[str] = []
    for digraphs in (False, True) if has_digraphs(text) else (False,):
        words = list(_words(typed(text, digraphs)))
        for word in (*_joined(words), *(word for word, _ in words)):
            whole.append(word[:TERM_MAX])
            inner += _inside(word[:TERM_MAX])
    return list(dict.fromkeys(whole)), list(dict.fromkeys(inner))


def _inside(word: str) -> list[str]:
    if not word.isascii():
        return _inner(word)
    return ([] if word.isalpha() else _inner(word)) + (
        _without_digraphs(word) if word.isalpha() or re.search("[a-z]{3}", word) else []
    )


def _without_digraphs(word: str) -> list[str]:
    """Each choice of digraphs as one letter, the most first; of many digraphs all of them alone."""
    parts = re.split("([aou]e|aa)", word)
    digraphs = parts[1::2]
    choices = sorted(product((True, False), repeat=min(len(digraphs), 4)), key=sum, reverse=True)
    if len(digraphs) > 3:
        choices = [(True,) * len(digraphs)]
    return [
        "".join(
            digraph[0] + rest if is_one else digraph + rest
            for digraph, rest, is_one in zip(digraphs, parts[2::2], choice, strict=True)
        ).join((parts[0], ""))
        for choice in choices
        if any(choice)
    ]


def _glued(text: str) -> str:
    return "".join(word for word, _ in _words(typed(text)))[:TERM_MAX]


def _words(text: str) -> Iterator[tuple[str, str]]:
    word, between = "", ""
    for part in clusters(text):
        is_letter = part[0].isalnum() and not is_mark(part[0])
        if word and (not is_letter or is_unspaced(part) != is_unspaced(word)):
            yield word, between
            word, between = "", ""
        if is_letter:
            word += part
        else:
            between += part
    if word:
        yield word, between


def _joined(words: list[tuple[str, str]]) -> Iterator[str]:
    chain: list[str] = []
    standard = ""
    for word, between in words:
        before = chain[-1] if chain else ""
        if chain and between in _JOINTS and _is_one(before, between, word):
            chain.append(word)
            continue
        if len(chain) > 1:
            yield "".join(chain)
        measured = chain and between.isspace() and _is_measure(before, word)
        if measured:
            yield before + word
            if standard and word.isalpha() and len(word) == 1:
                yield standard + word
        standard = before + word if measured and before.isalpha() else ""
        chain = [word]
    if len(chain) > 1:
        yield "".join(chain)


def _is_one(before: str, joint: str, word: str) -> bool:
    if joint in "()" and not (before.isascii() and word.isascii()):
        return False
    return not (joint in "./()" and before[-1].isdigit() and word[0].isdigit())


def _is_measure(before: str, word: str) -> bool:
    if not before.isdigit() and re.fullmatch(r"[a-z]{0,3}[0-9]+(x[0-9]+)*", before):
        return word.isalpha() and len(word) <= 3 and not is_unspaced(word)
    if before.isdigit():
        letters = word[:-1] if word[-1] in "23" else word
    elif _SIZES.fullmatch(word):
        letters = before
    else:
        return False
    return letters.isalpha() and len(letters) <= UNIT_MAX and not is_unspaced(letters)


def _inner(word: str, with_ends: bool = False) -> list[str]:
    if word.isdigit() and not with_ends:
        return []
    places: list[int] = []
    for run in re.finditer(r"[0-9]+|[^0-9]+", word):
        places.append(run.start())
        if run.group()[0].isdigit():
            if with_ends:
                places += [run.end() - len(end) for end in _ends(run.group())]
        else:
            places += [
                run.start() + place
                for place, character in enumerate(run.group())
                if is_unspaced(character) and not is_mark(character)
            ]
    return [word[place:] for place in dict.fromkeys(places) if place][:INNER_PARTS_MAX]


def _ends(digits: str) -> list[str]:
    ends = [digits.lstrip("0")] if digits.isdigit() else []
    ends += [digits[-count:] for count in (6, 5, 4, 3)]
    return [end for end in dict.fromkeys(ends) if end and len(end) < len(digits)]
