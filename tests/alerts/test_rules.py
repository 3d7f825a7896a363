"""When an item deserves an alert, and how grave it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.alerts.rules import (
    PLACE_RULES,
    RULES,
    AlertType,
    Condition,
    Rule,
    Severity,
    Subject,
    condition_of,
)
from graphql_api.inventory.items import StockStatus, status_of
from tests.invariants import alert_called_for

QUANTITIES = st.integers(0, 40) | st.integers(0, 2**31 - 1)


@given(stock=QUANTITIES, min_stock=QUANTITIES, is_retired=st.booleans(), had_stock=st.booleans())
def test_conditions_are_what_the_design_says_word_by_word(
    stock: int, min_stock: int, is_retired: bool, had_stock: bool
) -> None:
    condition = condition_of(stock, min_stock, is_retired, had_stock)
    told = None if condition is None else (condition.type.value, int(condition.severity))
    assert told == alert_called_for(stock, min_stock, is_retired, had_stock)


@given(stock=QUANTITIES, min_stock=QUANTITIES)
def test_an_item_in_stock_has_no_alert_and_every_other_one_of_its_own_type(
    stock: int, min_stock: int
) -> None:
    condition = condition_of(stock, min_stock)
    status = status_of(stock, min_stock)
    if condition is None:
        assert status is StockStatus.IN_STOCK
    else:
        assert status.value == condition.type.value


@given(min_stock=QUANTITIES, first=QUANTITIES, second=QUANTITIES)
def test_less_stock_is_never_less_grave(min_stock: int, first: int, second: int) -> None:
    less, more = sorted((first, second))
    grave, mild = condition_of(less, min_stock), condition_of(more, min_stock)
    assert (grave.severity if grave else 0) >= (mild.severity if mild else 0)


@given(
    rule=st.sampled_from((*RULES, *PLACE_RULES)),
    stock=QUANTITIES,
    min_stock=QUANTITIES,
    is_retired=st.booleans(),
    had_stock=st.booleans(),
)
def test_what_a_quick_look_finds_well_calls_for_nothing(
    rule: Rule, stock: int, min_stock: int, is_retired: bool, had_stock: bool
) -> None:
    subject = Subject(1, "SKU", "Name", stock, min_stock, 0, is_retired, had_stock)
    if rule.is_well(stock, min_stock):
        assert rule.judge(subject) is None


LOW, OUT = AlertType.LOW_STOCK, AlertType.OUT_OF_STOCK


@pytest.mark.parametrize(
    ("stock", "min_stock", "wanted"),
    [
        (0, 0, Condition(OUT, Severity.CRITICAL)),
        (0, 8, Condition(OUT, Severity.CRITICAL)),
        (1, 0, None),
        (1, 8, Condition(LOW, Severity.HIGH)),
        (2, 8, Condition(LOW, Severity.HIGH)),
        (3, 8, Condition(LOW, Severity.MEDIUM)),
        (4, 8, Condition(LOW, Severity.MEDIUM)),
        (5, 8, Condition(LOW, Severity.LOW)),
        (8, 8, Condition(LOW, Severity.LOW)),
        (9, 8, None),
        (1, 1, Condition(LOW, Severity.LOW)),
        (1, 2, Condition(LOW, Severity.MEDIUM)),
        (1, 3, Condition(LOW, Severity.MEDIUM)),
        (1, 4, Condition(LOW, Severity.HIGH)),
    ],
)
def test_the_thresholds_belong_to_the_graver_side(
    stock: int, min_stock: int, wanted: Condition | None
) -> None:
    assert condition_of(stock, min_stock) == wanted


def test_a_retired_item_calls_for_nothing() -> None:
    assert condition_of(0, 8, is_retired=True) is None


def test_severities_compare_by_gravity() -> None:
    assert Severity.LOW < Severity.MEDIUM < Severity.HIGH < Severity.CRITICAL
