"""Barcodes that a text stands for beside itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.inventory.code_forms import measure_of, other_forms, without_measure
from graphql_api.inventory.matching import query_of
from graphql_api.texts.gtins import is_gtin


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("978-3-16-148410-0", ["9783161484100", "316148410X"]),
        ("ISBN 978-3-16-148410-0", ["9783161484100", "316148410X"]),
        ("4 006381 333931", ["4006381333931"]),
        ("3-16-148410-X", ["9783161484100", "316148410X"]),
        ("isbn-10: 316148410x", ["9783161484100", "316148410X"]),
        ("9783161484100", ["316148410X"]),
        ("09783161484100", ["316148410X"]),
        ("9780306406157", ["0306406152"]),
        ("9783161484101", []),  # its check digit is wrong
        ("9798602405453", []),  # 979: it has no ISBN of ten
        ("0306406152", ["9780306406157"]),
        ("36000291452", ["036000291452"]),  # a spreadsheet took the zero
        ("0-36000-29145-2", ["036000291452"]),
        ("04252614", ["042100005264"]),  # UPC-E
        ("4252614", ["042100005264", "04252614"]),
        ("42100005264", ["042100005264", "04252614"]),
        ("042100005264", ["04252614"]),
        ("0042100005264", ["04252614"]),
        ("00042100005264", ["04252614"]),
        ("012345000058", ["01234558"]),
        ("042100005265", []),  # its check digit is wrong
        ("10042100005261", []),  # a pack
        ("212345000056", []),  # no number system of a UPC-E
        ("2012345012349", ["2012345000001"]),  # 1.234 kg of something
        ("3161484100", []),  # its check digit is wrong
        ("36000291453", []),
        ("4006381333931", []),
        ("ABC-123", []),
        ("", []),
        ("9" * 1_000, []),
    ],
)
def test_the_other_forms_of_a_code(text: str, forms: list[str]) -> None:
    assert other_forms(text) == forms


@pytest.mark.parametrize(
    ("searched", "key"), [("9783161484100", "316148410X"), ("042100005264", "00000004252614")]
)
def test_a_search_for_the_long_code_looks_for_the_short_one(searched: str, key: str) -> None:
    query = query_of(searched)
    assert query is not None
    assert key in query.barcode_keys


def test_a_label_with_a_measure_is_told_from_one_without() -> None:
    assert without_measure("2012345000001") is None
    assert without_measure("2012345012340") is None, "its check digit is wrong"
    assert measure_of("2012345012349") == "01234"


@given(st.text("0123456789X- ", max_size=20))
def test_what_is_guessed_is_a_barcode_in_its_plain_form(text: str) -> None:
    for code in other_forms(text):
        assert is_gtin(code) or re.fullmatch("[0-9]{9}[0-9X]", code)
        assert code != text
