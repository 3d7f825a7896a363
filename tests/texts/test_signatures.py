"""Signatures deny what an item has never, and most of what it has not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graphql_api.texts.signatures import mask_of, signature_of
from graphql_api.texts.terms import query_words, terms_of, text_of
from tests import campaigns

WORDS = "hammer claw steel drill torch plier screw socket washer 电阻 螺丝 ねじ M3x10 HAM-16"
TEXTS = st.text("ab1-9 .x\u00e4\u00e6~=\u87ba\u4e1d\u30ab\u3099\u0e01\u0e33", max_size=20)


def finds(mask: int, signature: int) -> bool:
    return signature & mask == mask


@given(TEXTS, TEXTS, TEXTS, TEXTS, st.integers(1, 9))
def test_whatever_begins_a_term_is_let_through(
    sku: str, name: str, barcode: str, typed: str, length: int
) -> None:
    terms = terms_of(sku, name, [barcode], None)
    signature = signature_of(terms)
    found_by = text_of(terms)
    words = [word for word in query_words(typed) if f" {word}" in found_by]
    words += [term[:length] for term in terms if term[0] not in "=~" and "~" not in term[:length]]
    assert finds(mask_of(words), signature), (words, terms)


def test_most_items_that_lack_a_word_are_passed_over() -> None:
    chance = campaigns.chance(3)
    words = WORDS.split()
    passed = others = 0
    for number in range(500):
        chosen = chance.sample(words, 4)
        terms = terms_of(f"SKU-{number:07}", " ".join(chosen), ["4006381333931"], None)
        signature = signature_of(terms)
        for word in set(words) - set(chosen):
            others += 1
            passed += not finds(mask_of(query_words(word)), signature)
    assert passed / others > 0.7


def test_a_description_fills_no_signature() -> None:
    terms = terms_of("A", "hammer", [], None, WORDS)
    assert signature_of(terms) == signature_of(terms_of("A", "hammer", [], None))


def test_what_is_too_short_to_have_a_bit_is_looked_for_in_all_items() -> None:
    assert mask_of(["m4", "h", "丝", "กำ"]) == 0
    assert mask_of(["m40", "m4"]) == mask_of(["m40"]) != 0


def test_the_rule_is_the_one_that_is_stored() -> None:
    """Another rule needs a migration that computes all signatures anew, and then these numbers."""
    assert signature_of(["hammer"]) == 1 << 45
    terms = ["hammer", "螺丝钉", "3x10~", "=ham16", "~steel", "m4", "x1~"]
    assert signature_of(terms) == 576777411652222976
    assert signature_of([]) == 0
    assert finds(mask_of(["hammer"]), -1), "an item whose signature is not known"
