"""The life of an alert: the state machine, and the alert's forms in rows and events.

States: OPEN → ACKNOWLEDGED or SNOOZED (silent until it gets worse, or the snooze ends) →
OPEN again → RESOLVED, which is final. An alert resolved by hand while its cause lasts is
raised anew by the next check: to be left alone, snooze it.

A live alert follows its item through all types of its rule. `told_severity` is how bad it was
when it last spoke, or when it was silenced: it speaks again only when it is worse than that, so
neither a little more stock nor wobbling over a severity's edge raises it anew.

Who moves an alert: the evaluator (book.py), people (commands.py), the schedule (check.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql_api.alerts import words
from graphql_api.alerts.facts import ALERT_TOLD, AlertState, AlertTold
from graphql_api.alerts.rules import (
    AlertStatus,
    AlertType,
    Condition,
    Rule,
    Severity,
    Subject,
    rule_of,
)
from graphql_api.database.connection import Row
from graphql_api.delivery import audience
from graphql_api.errors import InvalidInput, InvalidTransition
from graphql_api.events.log import Event, Facts
from graphql_api.said import said

TOPIC = "alerts"
RAISED = "RAISED"
CHANGED = "CHANGED"
FACTS: Facts = {(TOPIC, RAISED): ALERT_TOLD, (TOPIC, CHANGED): ALERT_TOLD}


class Step(Enum):
    """What following its item has made of an alert.

    FIGURES: its figures or its item's name are others: to be stored, nothing to tell.
    """

    NOTHING = "nothing"
    FIGURES = "figures"
    CHANGED = CHANGED
    RAISED = RAISED


@dataclass(slots=True)
class Alert:
    """An alert as it stands. *_at, snoozed_until: microseconds since 1970, None when not.

    What compares is its state. Beside that: sku and stock_before are for the words, None when
    not known (an alert of an older log); stock_before: the stock before it last changed, None
    also when it has not; told_severity: how bad it was when it last spoke or was silenced.
    minimum_id, with location_id and location_code: of an alert of a place, None of an item's.
    """

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
    acknowledged_by_id: int | None = None
    acknowledged_at: int | None = None
    snoozed_until: int | None = None
    resolved_at: int | None = None
    sku: str | None = field(default=None, compare=False)
    stock_before: int | None = field(default=None, compare=False)
    told_severity: int | None = field(default=None, compare=False)
    location_id: int | None = field(default=None, compare=False)
    location_code: str | None = field(default=None, compare=False)
    minimum_id: int | None = field(default=None, compare=False)

    @property
    def is_live(self) -> bool:
        return self.status is not AlertStatus.RESOLVED

    @property
    def rule(self) -> Rule:
        """What raised it."""
        return rule_of(self.type, self.minimum_id)

    @property
    def live_key(self) -> int:
        """What no two live alerts have both; see Rule.key."""
        return self.rule.key(self.item_id if self.minimum_id is None else self.minimum_id)

    @property
    def title(self) -> str:
        told = words.at(self.rule.types[self.type].title, self.location_code)
        return words.title(told, self.item_name, self.sku)

    @property
    def message(self) -> str:
        return self.rule.sentence(
            words.at(words.labelled(self.item_name, self.sku), self.location_code),
            self.current_stock,
            self.stock_before,
            self.min_stock,
        )

    @property
    def roles(self) -> int:
        return audience.ADMINS if self.admins_only else audience.EVERYONE

    def agrees(self, subject: Subject, wanted: Condition) -> bool:
        """Whether following `subject`, which calls for `wanted`, would change nothing."""
        return (
            self.type is wanted.type
            and self.severity == wanted.severity
            and self.current_stock == subject.stock
            and self.min_stock == subject.min_stock
            and self.item_name == subject.name
            and self.sku == subject.sku
            and self.admins_only == subject.admins_only
            and self.location_code == subject.location_code
        )

    def follow(self, subject: Subject, wanted: Condition, now_us: int) -> Step:
        """Become what `subject` calls for; speak when that is worse than what was told."""
        if self.agrees(subject, wanted):
            return Step.NOTHING
        told = self.severity if self.told_severity is None else self.told_severity
        is_other = self.type is not wanted.type or self.severity != wanted.severity
        self.take_figures(subject)
        self.type, self.severity = wanted.type, wanted.severity
        if wanted.severity > told:
            self.reopen(now_us)
            return Step.RAISED
        return Step.CHANGED if is_other else Step.FIGURES

    def take_figures(self, subject: Subject) -> None:
        """Tell what `subject` is now."""
        if subject.stock != self.current_stock:
            self.stock_before = self.current_stock
        self.sku = subject.sku
        self.item_name = subject.name
        self.current_stock = subject.stock
        self.min_stock = subject.min_stock
        self.admins_only = subject.admins_only
        self.location_code = subject.location_code

    def acknowledge(self, user_id: int, now_us: int) -> None:
        """Somebody takes care of it. Raises InvalidTransition."""
        self._leave_for(AlertStatus.ACKNOWLEDGED)
        if self.status is AlertStatus.ACKNOWLEDGED:
            raise InvalidTransition("The alert is ACKNOWLEDGED already.", ("id",))
        self.status = AlertStatus.ACKNOWLEDGED
        self.told_severity = self.severity
        self.acknowledged_by_id, self.acknowledged_at = user_id, now_us
        self.snoozed_until = None
        self.touched_at = now_us

    def snooze(self, until_us: int, now_us: int) -> None:
        """Be silent until then. Raises InvalidTransition, InvalidInput."""
        self._leave_for(AlertStatus.SNOOZED)
        if until_us <= now_us:
            raise InvalidInput("until must be in the future.", ("input", "until"))
        self.status = AlertStatus.SNOOZED
        self.told_severity = self.severity
        self.snoozed_until = until_us
        self.touched_at = now_us

    def resolve(self, now_us: int) -> None:
        """End: its cause is gone, or a person says so. Raises InvalidTransition."""
        self._leave_for(AlertStatus.RESOLVED)
        self.status = AlertStatus.RESOLVED
        self.resolved_at = self.touched_at = now_us
        self.snoozed_until = None

    def reopen(self, now_us: int) -> None:
        """Speak again, of how bad it is now."""
        self.told_severity = self.severity
        self.status = AlertStatus.OPEN
        self.acknowledged_by_id = self.acknowledged_at = self.snoozed_until = None
        self.touched_at = now_us

    def _leave_for(self, status: AlertStatus) -> None:
        if not self.is_live:
            raise InvalidTransition(
                said(
                    "A {status} alert cannot be {wanted}.",
                    status=self.status.value,
                    wanted=status.value,
                ),
                ("id",),
            )

    def row(self) -> tuple[Any, ...]:
        """As a row of STATE_COLUMNS."""
        return (
            self.id,
            self.item_id,
            self.type.value,
            int(self.severity),
            self.status.value,
            self.item_name,
            self.current_stock,
            self.min_stock,
            self.admins_only,
            self.timestamp,
            self.touched_at,
            self.acknowledged_by_id,
            self.acknowledged_at,
            self.snoozed_until,
            self.resolved_at,
        )

    def told(self) -> AlertTold:
        """As events keep it; see `alert_in`."""
        state = AlertState(
            self.id, self.item_id, self.type, self.severity, self.status, self.item_name,
            self.current_stock, self.min_stock, self.admins_only, self.timestamp,
            self.touched_at, self.acknowledged_by_id, self.acknowledged_at, self.snoozed_until,
            self.resolved_at,
        )  # fmt: skip
        return AlertTold(
            state,
            self.sku,
            self.stock_before,
            self.location_id,
            self.location_code,
            self.minimum_id,
        )


def raised(alert_id: int, subject: Subject, wanted: Condition, now_us: int) -> Alert:
    """A new alert: `subject` calls for `wanted`."""
    return Alert(
        alert_id, subject.item_id, wanted.type, wanted.severity, AlertStatus.OPEN, subject.name,
        subject.stock, subject.min_stock, subject.admins_only, now_us, now_us,
        sku=subject.sku, stock_before=subject.stock_before, told_severity=wanted.severity,
        location_id=subject.location_id, location_code=subject.location_code,
        minimum_id=subject.minimum_id,
    )  # fmt: skip


def together(alerts: Collection[Alert]) -> str:
    """What is told of several: like "3 items are low or out of stock"."""
    count = len({alert.item_id for alert in alerts})
    ruled = {alert.rule.many for alert in alerts}
    many = ruled.pop() if len(ruled) == 1 else said("in need of attention")
    if count == 1:
        return said("1 item is {many}", many=many)
    return said("{count} items are {many}", count=count, many=many)


STATE_COLUMNS = (
    "id, item_id, type, severity, status, item_name, current_stock, min_stock, admins_only, "
    "raised_at, touched_at, acknowledged_by, acknowledged_at, snoozed_until, resolved_at"
)
COLUMNS = (
    f"{STATE_COLUMNS}, item_sku, stock_before, told_severity, location_id, location_code, "
    "minimum_id"
)


def alert_of(row: Sequence[Any] | Row) -> Alert:
    """The alert of a row of COLUMNS, or of STATE_COLUMNS."""
    alert = Alert(*row)
    alert.type = AlertType(alert.type)
    alert.severity = Severity(alert.severity)
    alert.status = AlertStatus(alert.status)
    return alert


def alert_in(told: AlertTold) -> Alert:
    """The alert of an event, with what its words need; events of older logs lack that."""
    state = told.alert
    return Alert(
        state.id, state.item_id, state.type, state.severity, state.status, state.item_name,
        state.current_stock, state.min_stock, state.admins_only, state.timestamp,
        state.touched_at, state.acknowledged_by_id, state.acknowledged_at, state.snoozed_until,
        state.resolved_at, told.sku, told.stock_before, location_id=told.location_id,
        location_code=told.location_code, minimum_id=told.minimum_id,
    )  # fmt: skip


def sample_alert(new_id: Callable[[], int], now_us: int, _user_id: int) -> Event:
    """A test broadcast: an alert of an item that does not exist."""
    alert = Alert(
        new_id(), new_id(), AlertType.LOW_STOCK, Severity.LOW, AlertStatus.OPEN, "Test item", 1, 1,
        0, now_us, now_us,
    )  # fmt: skip
    return Event(TOPIC, RAISED, None, alert.roles, None, alert.told())
