"""What is wrong with stock though a change goes through: told beside what was done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from graphql_api.errors import FieldPath
from graphql_api.said import said


class WarningCode(Enum):
    HELD_EXCEEDS_STOCK = "HELD_EXCEEDS_STOCK"


@dataclass(frozen=True, slots=True)
class StockWarning:
    """message: for people; field: the path into the input that it speaks of."""

    code: WarningCode
    message: str
    field: FieldPath


def held_exceeds_stock(
    sku: str, code: str, level: int, held: int, field: FieldPath
) -> StockWarning:
    """After a change there are `level` units at a place where `held` are promised."""
    return StockWarning(
        WarningCode.HELD_EXCEEDS_STOCK,
        said(
            "{sku} has {level} at {code} now, and {held} are held there: {missing} too "
            "few. Release holds, or bring in more.",
            sku=sku,
            level=level,
            code=code,
            held=held,
            missing=held - level,
        ),
        field,
    )
