"""The value of many items in SQL: the sum of price × units, exact on both databases.

It is taken by halves of both factors: SQLite turns a product beyond 64 bits into a rounded float.
Halves overflow only with a million items at both of their maxima. For figures.py and catalogue.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_PRICE_HALF = 10**8
_STOCK_HALF = 2**16


def value_sums(units: str) -> str:
    """Four columns, of which `value_of` makes the sum. units: SQL, how many units of an item."""
    return f"""\
    sum((price / {_PRICE_HALF}) * ({units} / {_STOCK_HALF})),
    sum((price / {_PRICE_HALF}) * ({units} % {_STOCK_HALF})),
    sum((price % {_PRICE_HALF}) * ({units} / {_STOCK_HALF})),
    sum((price % {_PRICE_HALF}) * ({units} % {_STOCK_HALF}))"""


def value_of(columns: Sequence[Any]) -> int:
    """In ten-thousandths. columns: as they were read; None: of no items."""
    high_high, high_low, low_high, low_low = (int(part or 0) for part in columns)
    return (
        high_high * _PRICE_HALF * _STOCK_HALF
        + high_low * _PRICE_HALF
        + low_high * _STOCK_HALF
        + low_low
    )
