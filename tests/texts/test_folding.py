"""When two texts are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.texts.folding import folded, plain


@pytest.mark.parametrize(
    "other",
    [
        "AB-1",
        " ab-1 ",
        "ＡＢ－１",  # full width
        "AB\u200b-1",  # zero-width space
        "A\u00adB-1",  # soft hyphen
        "\u200eAB-1\u200f",  # marks of direction
        "\ufeffAB-1",  # a byte order mark, as a file's first cell has it
        "AB-1\u2060 ",  # a word joiner, and a space behind it
        "AB-1\ufe0f",  # a variation selector
        "A\u2066B\u2069-1",  # an isolate
    ],
)
def test_a_code_is_the_same_without_case_form_and_what_nobody_sees(other: str) -> None:
    assert folded(other) == "ab-1"


@pytest.mark.parametrize(
    ("one", "other"), [("AB-1", "AB1"), ("カ", "ガ"), ("a", "ä"), ("l", "ł"), ("A B", "AB")]
)
def test_codes_that_look_different_are_different(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_what_is_folded_stays_as_it_is() -> None:
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            once = folded(chr(code))
            assert folded(once) == once, hex(code)


@given(st.text())
def test_what_is_folded_or_plain_stays_as_it_is(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Łożysko", "lozysko"),
        ("Öltank", "oltank"),
        ("Straße", "strasse"),
        ("Bjørn Æbelø", "bjorn aebelo"),
        ("Đorđe", "dorde"),
        ("Þór", "thor"),
        ("İstanbul ılık", "istanbul ilik"),
        ("Crème BRÛLÉE", "creme brulee"),
        ("Việt", "viet"),
        ("œuvre", "oeuvre"),
        ("ξύλο", "ξυλο"),
        ("ёлка", "елка"),
        ("йод", "йод"),
        ("їжак", "їжак"),
        ("ガラス", "ガラス"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("나사", "나사"),
        ("हिन्दी", "हिन्दी"),
        ("กุ้ง", "กุ้ง"),
        ("كِتَاب", "كتاب"),
        ("أحمد", "احمد"),
        ("שָׁלוֹם", "שלום"),
        ("٣٤", "34"),
        ("M3×10 µF", "m3x10 uf"),
    ],
)
def test_a_word_is_plain_as_people_type_it(written: str, typed: str) -> None:
    assert plain(written) == typed


def test_umlauts_may_be_written_with_two_letters() -> None:
    assert plain("Öltank Åse Ærø süß", digraphs=True) == "oeltank aase aeroe suess"
