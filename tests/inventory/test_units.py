"""Units: whole multiples of the base unit, and quantities told in them, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest

from graphql_api.errors import InvalidInput
from graphql_api.inventory.units import (
    UNITS_MAX,
    ItemUnit,
    as_column,
    checked_units,
    in_base,
    listed,
    step_of,
)

UNITS = (ItemUnit("g", 1), ItemUnit("kg", 1_000), ItemUnit("carton", 12), ItemUnit("Stück", 2))


@pytest.mark.parametrize(
    ("amount", "unit", "base"),
    [
        (7, None, 7),
        (-7, "g", -7),
        (2, "carton", 24),
        (Decimal("0.5"), "kg", 500),
        (Decimal("0.001"), "KG", 1),
        (Decimal("-1.250"), " kg ", -1_250),
        (Decimal("2.000"), None, 2),
        (Decimal("0.25"), "carton", 3),
        (Decimal("0"), "kg", 0),
        (Decimal("2147483.647"), "kg", 2_147_483_647),
        (1, "STU\u0308CK", 2),  # another case and another form of the same letters
    ],
)
def test_a_quantity_is_exact_in_base_units(
    amount: int | Decimal, unit: str | None, base: int
) -> None:
    assert in_base(UNITS, amount, unit, ("input",), "amount") == base


@pytest.mark.parametrize(
    ("amount", "unit", "field", "words"),
    [
        (Decimal("0.0001"), "kg", "amount", "the smallest step is 0.001 kg"),
        (Decimal("0.5"), None, "amount", "the smallest step is 1 g"),
        (Decimal("0.1"), "carton", "amount", "the smallest step is 1/12 carton"),
        (Decimal("0.3"), "Stück", "amount", "the smallest step is 0.5 Stück"),
        (1, "box", "unit", "it has g, kg, carton, Stück"),
        (1, "x" * 1_000_000, "unit", "no unit"),
        (Decimal("2147483.648"), "kg", "amount", "at most 2147483647 g"),
        (Decimal("1e999999"), "kg", "amount", "out of range"),
        (Decimal("1e-999999"), "kg", "amount", "out of range"),
        (Decimal("NaN"), "kg", "amount", "a number"),
    ],
)
def test_what_is_no_whole_number_of_base_units_is_refused_in_words(
    amount: int | Decimal, unit: str | None, field: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        in_base(UNITS, amount, unit, ("input",), "amount")
    assert refused.value.field == ("input", field)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("factor", "step"),
    [(2, "0.5"), (10, "0.1"), (8, "0.125"), (250, "0.004"), (1_000, "0.001"), (3, "1/3"), (1, "1")],
)
def test_the_smallest_step(factor: int, step: str) -> None:
    assert step_of(ItemUnit("u", factor)) == step


def test_units_are_kept_in_their_order_without_the_base() -> None:
    given = [ItemUnit("g", 1), ItemUnit(" kg ", 1_000), ItemUnit("carton", 12)]
    checked = checked_units("g", given, ("units",))
    assert checked == (ItemUnit("kg", 1_000), ItemUnit("carton", 12))
    assert listed("g", as_column(checked)) == (ItemUnit("g", 1), *checked)
    assert listed("g", as_column(())) == (ItemUnit("g", 1),)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ([ItemUnit("kg", 1)], ("0", "factor")),
        ([ItemUnit("kg", 0)], ("0", "factor")),
        ([ItemUnit("kg", 1_000_001)], ("0", "factor")),
        ([ItemUnit("G", 5)], ("0",)),
        ([ItemUnit("kg", 2), ItemUnit("KG", 3)], ("1",)),
        ([ItemUnit("", 2)], ("0", "name")),
        ([ItemUnit("x" * 33, 2)], ("0", "name")),
        ([ItemUnit(f"u{n}", 2) for n in range(UNITS_MAX)], ()),
        ([ItemUnit(f"u{n}", 2) for n in range(1_000)], ()),
    ],
)
def test_bad_units_are_refused_where_they_are_bad(
    given: list[ItemUnit], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_units("g", given, ("units",))
    assert refused.value.field == ("units", *path)
