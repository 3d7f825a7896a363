"""Search terms: how text is cut into words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.inventory import search
from graphql_api.inventory.search import terms_of, text_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crème-BRÛLÉE 5", ["creme", "brulee", "5"]),
        ("AR-5381_B", ["ar", "5381", "b"]),
        ("Straße", ["strasse"]),
        ("İstanbul", ["istanbul"]),
        ("\uff21\uff11 ½", ["a1", "1", "2"]),  # full width, and a fraction's two numbers
        ("ねじ M8", ["ねし", "m8"]),  # a voiced mark is a combining one
        ("100% _ !", ["100"]),
        ("  ", []),
        ("%_'\"", []),
    ],
)
def test_words_are_letters_and_digits_without_case_and_accents(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_long_words_are_cut() -> None:
    assert words_of("x" * 100) == ["x" * search.TERM_MAX]


def test_an_item_is_found_by_sku_name_barcode_and_category_but_by_so_many_words_only() -> None:
    assert terms_of("AR-1", "Big Hammer", "4006381", "Tools") == {
        "ar",
        "1",
        "big",
        "hammer",
        "4006381",
        "tools",
    }
    many = " ".join(f"w{number}" for number in range(200))
    terms = terms_of("AR-1", many, None, None)
    assert len(terms) == search.TERMS_PER_ITEM_MAX
    assert "ar" in terms, "a long name does not push the SKU out"


@given(st.text())
def test_words_hold_nothing_that_a_pattern_match_would_read_as_its_own(text: str) -> None:
    for word in words_of(text):
        assert word
        assert not set(word) & set("%_\\'\" ")
        assert word == word.casefold()
        assert words_of(word) == [word], "a stored term is found by itself"


@given(st.frozensets(st.text("abc1", min_size=1, max_size=5), max_size=6))
def test_every_term_begins_after_a_space_in_the_terms_text(terms: frozenset[str]) -> None:
    text = text_of(terms)
    assert all(f" {term}" in text for term in terms)
    assert text.split() == sorted(terms)
