"""What the log keeps of alerts: the form of the topic's events.

Fields are only appended, with defaults: kernel/codec.py says why, and what else can be done.
"""

from __future__ import annotations

from graphql_api.alerts.rules import AlertStatus, AlertType, Severity
from graphql_api.kernel.codec import Fact, Kind, State


class AlertState(State):
    """An alert right after a change; see lifecycle.Alert."""

    id: int
    item_id: int
    type: AlertType
    severity: Severity
    status: AlertStatus
    item_name: str
    current_stock: int
    min_stock: int
    admins_only: int
    timestamp: int
    touched_at: int
    acknowledged_by_id: int | None
    acknowledged_at: int | None
    snoozed_until: int | None
    resolved_at: int | None


class AlertTold(Fact):
    """An alert was raised or changed. sku and stock_before are for its words; older logs lack
    them. The rest: the location and its minimum, of an alert of a place, and what that location
    was in (nesting.py)."""

    alert: AlertState
    sku: str | None = None
    stock_before: int | None = None
    location_id: int | None = None
    location_code: str | None = None
    minimum_id: int | None = None
    around: tuple[int, ...] = ()


ALERT_TOLD = Kind("event alerts", AlertTold)
