"""Search terms: how texts are cut into words and inner parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.texts import terms
from graphql_api.texts.terms import query_words, terms_of, text_of, words_of
from tests.texts.plain_terms import plain_terms_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crème-BRÛLÉE 5", ["creme", "brulee", "5"]),
        ("AR-5381_B", ["ar", "5381", "b"]),
        ("Straße", ["strasse"]),
        ("\uff21\uff11 ½", ["a1", "1", "2"]),  # full width, and a fraction's two numbers
        ("ねじ M8", ["ねじ", "m8"]),
        ("M3螺丝10", ["m3", "螺丝", "10"]),
        ("M3 x 10, M4 × 8", ["m3x10", "m4x8"]),
        ("हिन्दी पेंच", ["हिन्दी", "पेंच"]),  # vowel signs belong to their letters
        ("so\u00adft", ["soft"]),
        ("100% _ !", ["100"]),
        ("  ", []),
        ("%_'\"~=", []),
    ],
)
def test_words_are_letters_and_digits_as_people_type_them(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_long_words_are_cut() -> None:
    assert words_of("x" * 100) == ["x" * terms.TERM_MAX]


def test_a_long_query_without_spaces_is_parted_so_that_each_part_is_a_term() -> None:
    text = "不锈钢内六角圆柱头螺丝钉套装"
    assert query_words(text) == [text[:12], text[12:]]
    found_by = terms_of("A", f"新{text}", [], None)
    assert all(any(t.startswith(word) for t in found_by) for word in query_words(text))


@pytest.mark.parametrize(
    ("sku", "found_by"),
    [
        ("1N4148", {"=1n4148", "1n4148", "n4148~", "4148~", "148~"}),
        ("M3X10", {"=m3x10", "m3x10", "3x10~", "x10~", "10~"}),
        ("HAM-16", {"=ham16", "ham16", "ham", "16"}),
        ("00123456", {"=00123456", "00123456", "123456~", "23456~", "3456~", "456~"}),
        ("%", set()),
    ],
)
def test_a_code_is_found_by_its_inner_parts(sku: str, found_by: set[str]) -> None:
    assert terms_of(sku, "", [], None) == found_by


@pytest.mark.parametrize(
    ("name", "found_by"),
    [
        ("50 mm", {"50", "mm", "50mm"}),
        ("50mm", {"50mm", "mm~"}),
        ("3.5 mm", {"3", "5", "mm", "5mm"}),
        ("don't", {"don", "t", "dont"}),
        ("Öltank", {"oltank", "oeltank"}),
        ("Oeltank", {"oeltank", "oltank~"}),
        ("Oel10", {"oel10", "ol10~", "10~"}),
        ("AE12", {"ae12", "12~"}),
        ("Feuerloescher", {"feuerloescher", "feurloscher~", "feurloescher~", "feuerloscher~"}),
        ("M8 mm", {"m8", "mm", "m8mm", "8~", "8mm~"}),
        ("M8 blue", {"m8", "blue", "8~", "blu~"}),
        ("螺丝钉", {"螺丝钉", "丝钉~", "钉~"}),
        ("กุ้ง", {"กุ้ง", "ง~"}),
    ],
)
def test_a_name_is_found_by_its_words_and_what_is_written_as_one(
    name: str, found_by: set[str]
) -> None:
    assert terms_of("", name, [], None) == found_by


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Feuerl\u00f6scher", "Feuerloescher"),
        ("Steuerger\u00e4t", "Steuergeraet"),
        ("Mauerd\u00fcbelschl\u00fcssel", "Mauerduebelschluessel"),
        ("\u00d6l10", "Oel10"),
        ("\u00d6ltank500", "Oeltank500"),
        ("20x40mm", "Leiste 20x40 mm"),
        ("20x40mm", "Leiste 20 x 40 mm"),
        ("40mm", "Leiste 20x40 mm"),
        ("M8x40mm", "Bolt M8 x 40 mm"),
        ("100x200x3mm", "Plate 100 x 200 x 3 mm"),
        ("3mm", "Plate 100 x 200 x 3 mm"),
        ("50mm", "Rohr \u00d850 mm"),
        ("50mm", "Rohr DN50 mm"),
        ("10uF", "Elko 10\u338c"),
        ("4.7kohm", "R 4.7\u33c0"),
    ],
)
def test_a_name_is_found_as_people_type_it(query: str, name: str) -> None:
    found_by = terms_of("", name, [], None)
    assert all(any(term.startswith(word) for term in found_by) for word in query_words(query))


def test_a_word_of_many_digraphs_has_few_terms() -> None:
    assert len(terms_of("", "oe" * 20, [], None)) == 2


def test_an_item_is_found_by_barcode_category_and_description_too() -> None:
    found_by = terms_of("A", "Hammer", ["4006381333931"], "Tools", "A hammer of steel")
    assert found_by >= {"4006381333931", "3931~", "tools", "hammer", "~steel", "~of"}
    assert "~hammer" not in found_by, "it is in the name"


def test_a_long_text_has_so_many_terms_only_and_whole_words_first() -> None:
    name = " ".join(f"w{number}x" for number in range(200))
    found_by = terms_of("AR-1", name, [], None)
    assert len(found_by) == terms.TERMS_PER_ITEM_MAX
    assert "ar" in found_by, "a long name does not push the SKU out"
    assert not any(term.endswith(terms.INNER) for term in found_by)
    long = terms_of("", "", [], None, " ".join(map(str, range(2_000))))
    assert len(long) == terms.DESCRIPTION_TERMS_MAX


@given(st.text())
def test_words_hold_nothing_that_a_pattern_match_would_read_as_its_own(text: str) -> None:
    for word in words_of(text):
        assert word
        assert not set(word) & set("%_\\'\" ~=")


@given(st.text(max_size=60))
def test_an_item_is_found_by_its_own_name(name: str) -> None:
    found_by = terms_of("", name, [], None)
    if len(found_by) < terms.TERMS_PER_ITEM_MAX:
        assert all(any(term.startswith(word) for term in found_by) for word in query_words(name))


@given(st.frozensets(st.text("abc1~", min_size=1, max_size=5), max_size=6))
def test_every_term_stands_between_spaces_in_the_terms_text(found_by: frozenset[str]) -> None:
    text = text_of(found_by)
    assert all(f" {term} " in text for term in found_by)
    assert text.split() == sorted(found_by)


# Letters, digits, joints and signs that are cut and joined by rules, of several scripts.
_CUT = "aeoxmh0012359-_/. ',()*²½ßøæäöüåéΩμ×螺丝ねじカー\u0e38กุ้ हि\u0308\u200b"
_TEXT = st.one_of(
    st.text(max_size=40),
    st.text("abx019-/. ()*m", max_size=40),
    st.text(_CUT, max_size=40),
    st.lists(st.text("aeox01235²ß螺", min_size=1, max_size=4), max_size=60).map(" ".join),
    st.lists(st.text("ab01", min_size=1, max_size=3), max_size=60).map("-".join),
)


@given(_TEXT, _TEXT, st.lists(_TEXT, max_size=2), st.none() | _TEXT, st.just("") | _TEXT)
def test_the_terms_are_those_that_a_plain_reading_comes_to(
    sku: str, name: str, barcodes: list[str], category: str | None, description: str
) -> None:
    expected = plain_terms_of(sku, name, barcodes, category, description)
    assert terms_of(sku, name, barcodes, category, description) == expected
