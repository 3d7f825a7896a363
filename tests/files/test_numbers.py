"""Numbers as people write them: each cell, and what a column of them comes to."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.files.numbers import (
    AmbiguousNumber,
    NumberColumn,
    NumberForm,
    Point,
    as_plain,
    forms_of,
    taken_apart,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("12", "12"),
        ("12.50", "12.50"),
        ("12,5", "12.5"),
        (".5", "0.5"),
        ("-,5", "-0.5"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1,23,456.00", "123456.00"),
        ("1.234.567", "1234567"),
        ("1'234.50", "1234.50"),
        ("1’234,5", "1234.5"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234\u202f567", "1234567"),
        ("15 000 F", "15000"),
        ("1.200 F CFA", "1200"),
        ("1.200 FCFA", "1200"),
        ("€ 12", "12"),
        ("12,50\u00a0€", "12.50"),
        ("R$ 1.234,50", "1234.50"),
        ("CHF 1'234.50", "1234.50"),
        ("¥1,200", "1200"),
        ("￥１，２００", "1200"),
        ("12,50 zł", "12.50"),
        ("$1,234", "1234"),
        ("-$1,234", "-1234"),
        ("$-12.50", "-12.50"),
        ("Rs. 500", "500"),
        ("INR 250.00", "250.00"),
        ("100 руб.", "100"),
        ("12.50-", "-12.50"),
        ("12.-", "12"),
        ("1'200.--", "1200"),
        ("€ 12,-", "12"),
        ("8.–", "8"),
        ("(12.50)", "-12.50"),
        ("(€ 12,50)", "-12.50"),
        ("−5", "-5"),
        ("1２", "12"),
        ("0,500", "0.500"),
        ("1234,500", "1234.500"),
        # none at all
        ("", None),
        ("abc", None),
        ("1e3", None),
        ("1_000", None),
        ("NaN", None),
        ("١٢", None),
        ("5 kg", None),
        ("1 2 3", None),
        ("12,34,5", None),
        ("1,2345,678", None),
        ("1.234,567.8", None),
        ("--5", None),
        ("(-5)", None),
        ("EUR 12 EUR", None),
        ("9" * 41, None),
    ],
)
def test_a_cell_that_can_be_read_in_one_way_is(text: str, plain: str | None) -> None:
    written = taken_apart(text)
    assert written is None or written.point is not Point.OPEN
    assert (written and as_plain(written, written.point or Point.POINT)) == plain


@pytest.mark.parametrize(
    ("price", "count", "read"),
    [
        (["1,234", "12,50"], [], "1.234"),  # its own column tells
        (["1,234", "$5"], ["1,001"], "1234"),  # a count is whole, so its comma groups
        (["1.234"], ["1.000", "12,5"], "1234"),  # another column tells
        (["1.234", "2.5"], ["1.000"], "1.234"),
        (["1,234"], ["7"], None),  # nothing tells
        (["1,234", "1.5", "2,5"], [], None),  # the column tells both
    ],
)
def test_a_doubtful_cell_is_read_as_the_others_are(
    price: list[str], count: list[str], read: str | None
) -> None:
    columns = {"price": NumberColumn(), "count": NumberColumn(is_whole=True)}
    for name, cells in (("price", price), ("count", count)):
        for cell in cells:
            columns[name].look_at(cell)
    form = forms_of(columns, None)["price"]
    if read is None:
        with pytest.raises(AmbiguousNumber):
            form.read(price[0])
    else:
        assert form.read(price[0]) == read


@pytest.mark.parametrize("text", ["0.500", "00.500", "0.500.000", "01.234", "-0.250", "€ 0.999"])
def test_nobody_groups_behind_a_nought(text: str) -> None:
    """A half must not become five hundred, because somebody said that a comma is the sign."""
    told, spoken = NumberForm(Point.COMMA, is_strict=True), text.translate({46: 44, 44: 46})
    assert told.read(text) is None
    assert NumberForm(Point.POINT, is_strict=True).read(spoken) is None
    assert told.read("1.500") == "1500" and told.read("0,500") == "0.500"


def test_what_people_say_decides() -> None:
    column = NumberColumn()
    column.look_at("1,234")
    assert forms_of({"price": column}, ",")["price"].read("1,234") == "1.234"
    assert forms_of({"price": column}, ".")["price"].read("1,234") == "1234"
    assert forms_of({"price": column}, ",")["price"].read("12.50") is None


@given(st.text(max_size=60))
def test_whatever_a_cell_holds_it_is_a_plain_number_or_none(text: str) -> None:
    written = taken_apart(text)
    for point in (Point.COMMA, Point.POINT):
        plain = None if written is None else as_plain(written, point)
        assert plain is None or Decimal(plain).is_finite()


def test_a_hostile_cell_costs_nothing() -> None:
    begun_s = time.process_time()
    for text in ("1 " * 1_000_000, " " * 1_000_000, "(" * 1_000_000, "1,2" * 1_000_000):
        assert taken_apart(text) is None
        NumberColumn().look_at(text)
    assert time.process_time() - begun_s < 1
