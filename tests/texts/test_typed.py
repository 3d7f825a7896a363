"""What people type in place of signs, and letters that they alternate, find each other."""

from __future__ import annotations

import pytest

from graphql_api.inventory.matching import query_of, rank_of
from graphql_api.texts.terms import as_one, terms_of, text_of


def finds(search: str, name: str) -> bool:
    query = query_of(search)
    assert query is not None
    return rank_of(query, text_of(terms_of("", name, [], None)), "") is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10\u00b5F", "10uF"),  # the sign of micro
        ("10\u03bcF", "10uF"),  # a Greek mu, as keyboards have it
        ("10 \u00b5F", "10 \u03bcF"),
        ("10k\u03a9", "10kohm"),
        ("10k\u03a9", "10k ohm"),
        ("10 k\u2126", "10 k\u03a9"),  # the sign of Ohm, and an omega
        ("47\u03a9", "47 ohms"),
        ("1½ Zoll", "1 1/2 Zoll"),
        ("M3*10", "M3x10"),
        ("M3 * 10", "M3×10"),
        ("М3\u044510", "М3x10"),  # a Cyrillic kha
        ("M3\u271510", "M3\u2a2f10"),
        ("M 8 x 40", "M8x40"),
        ("LM 317 T", "LM317T"),
        ("2,5 mm²", "2.5mm2"),
        ("5 m³", "5m3"),
        ("⌀12", "Ø12"),
        ("\u220512", "ø12"),
        ("HAM\u221216", "HAM-16"),  # a minus
        ("HAM—16", "HAM\u201316"),  # dashes
        ("O'Ring", "O´Ring"),
        ("O`Ring", "O‘Ring"),
        ("з\u02bcєднання", "з'єднання"),
        ("NE555(P)", "NE555P"),
        ("AB\\CD", "AB-CD"),
        ("Loctite™ 243", "Loctite 243"),
        ("ねじ", "ネジ"),
        ("モーター", "モータ"),
        ("サーバー 12", "ｻｰﾊﾞ 12"),
        ("بـرغـي", "برغي"),  # stretched
        ("برغى", "برغي"),
        ("مطرقة", "مطرقه"),
        ("پیچ", "پيچ"),  # a Persian yeh
        ("کابل", "كابل"),  # a Persian kaf
    ],
)
def test_both_ways_to_write_it_find_the_other(one: str, other: str) -> None:
    assert finds(one, one)
    assert finds(other, one)
    assert finds(one, other)


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("35", "3.5 mm"),
        ("14", "1/4"),
        ("112", "1½"),
        ("カラス", "ガラス"),
        ("umikro", "μικρό"),  # a mu of a Greek word is no micro
        ("ohmega", "Ωμέγα"),
        ("mmx", "хх"),
        ("ネジ", "ネシ"),
    ],
)
def test_what_is_another_thing_is_not_found(search: str, name: str) -> None:
    assert not finds(search, name)


def test_greek_words_are_found_as_before() -> None:
    assert finds("μικρο", "Μπουλόνι μικρό")
    assert finds("ωμεγα", "Ωμέγα")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("HAM-16", "ham16"),
        ("O-Ring", "oring"),
        ("M 8 x 40", "m8x40"),
        ("978-3-16-148410-0", "9783161484100"),
        ("claw hammer", None),
        ("1/4", None),
        ("3.5", None),
        ("HAM16", None),
        ("%", None),
    ],
)
def test_a_text_that_people_write_as_one_word_too(text: str, word: str | None) -> None:
    assert as_one(text) == word
