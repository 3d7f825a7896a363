"""Barcodes that a text stands for beside itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.inventory.code_forms import measure_of, other_forms, without_measure
from graphql_api.texts.gtins import is_gtin


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("978-3-16-148410-0", ["9783161484100"]),
        ("ISBN 978-3-16-148410-0", ["9783161484100"]),
        ("4 006381 333931", ["4006381333931"]),
        ("3-16-148410-X", ["9783161484100"]),
        ("isbn-10: 316148410x", ["9783161484100"]),
        ("0306406152", ["9780306406157"]),
        ("36000291452", ["036000291452"]),  # a spreadsheet took the zero
        ("0-36000-29145-2", ["036000291452"]),
        ("04252614", ["042100005264"]),  # UPC-E
        ("4252614", ["042100005264"]),
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


def test_a_label_with_a_measure_is_told_from_one_without() -> None:
    assert without_measure("2012345000001") is None
    assert without_measure("2012345012340") is None, "its check digit is wrong"
    assert measure_of("2012345012349") == "01234"


@given(st.text("0123456789X- ", max_size=20))
def test_what_is_guessed_is_a_barcode_in_its_plain_form(text: str) -> None:
    assert all(is_gtin(code) and code != text for code in other_forms(text))
