"""When an item deserves an alert, and how grave it is. Pure: no database, no clock.

Stock 0 is CRITICAL; at most a quarter of min_stock HIGH; at most half MEDIUM; else LOW.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class AlertType(Enum):
    LOW_STOCK = "LOW_STOCK"
    OUT_OF_STOCK = "OUT_OF_STOCK"


class Severity(IntEnum):
    """Rises with the number, so that severities compare."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class AlertStatus(Enum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SNOOZED = "SNOOZED"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True)
class Condition:
    """What an item's stock calls for."""

    type: AlertType
    severity: Severity


def condition_of(
    stock: int, min_stock: int, is_deleted: bool = False, had_stock: bool = True
) -> Condition | None:
    """The alert that `stock` calls for; None when all is well, or the item is deleted.

    had_stock: whether the item ever had any. One that never had and has no minimum calls for
    nothing: it is not missed.

    0: OUT_OF_STOCK, CRITICAL. At most min_stock: LOW_STOCK, and HIGH at a quarter of it or
    less, MEDIUM at half or less, LOW above that.
    """
    if is_deleted or stock > min_stock or not (had_stock or min_stock):
        return None
    if stock == 0:
        return Condition(AlertType.OUT_OF_STOCK, Severity.CRITICAL)
    if stock * 4 <= min_stock:
        return Condition(AlertType.LOW_STOCK, Severity.HIGH)
    if stock * 2 <= min_stock:
        return Condition(AlertType.LOW_STOCK, Severity.MEDIUM)
    return Condition(AlertType.LOW_STOCK, Severity.LOW)
