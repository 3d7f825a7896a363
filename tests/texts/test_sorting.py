"""The order of texts in a list."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphql_api.texts.folding import folded
from graphql_api.texts.sorting import KEY_MAX, sort_key


@pytest.mark.parametrize(
    "in_order",
    [
        ["R1", "r2", "R10", "R10A", "R100"],
        ["ahre", "ähre", "Ährengold", "Apfel", "Äpfel", "Ofen", "Öl", "Zebra"],
        ["Łata", "Lato", "Ława"],
        ["M3x8", "M3X10", "M4x6", "M10x6"],
        ["A-9", "A-10", "A-10-2", "A-10-11"],
        ["R1", "R01", "R2"],
        ["9" * 9, "1" + "0" * 9, "9" * 10, "1" + "0" * 19, "1" + "0" * 20],
        ["かき", "がき", "かく"],
        ["apfel", "яблоко", "りんご", "苹果"],
    ],
)
def test_texts_stand_as_people_look_for_them(in_order: list[str]) -> None:
    assert sorted(set(in_order), key=sort_key) == in_order


@example("", " ")
@example("R1", "\tr1 ")
@given(st.text(max_size=200), st.text(max_size=200))
def test_texts_that_compare_alike_sort_alike(one: str, other: str) -> None:
    assert len(sort_key(one)) <= KEY_MAX
    if folded(one) == folded(other):
        assert sort_key(one) == sort_key(other)


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_sort_by_their_value(one: int, other: int) -> None:
    assert (sort_key(f"R{one}") < sort_key(f"R{other}")) == (one < other)
