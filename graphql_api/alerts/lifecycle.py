"""The life of alerts: raise, escalate, acknowledge, snooze, resolve, clear.

One evaluator serves everybody. `AlertBook.evaluate` compares what an item's stock calls for
(rules.py) with its live alert and makes them agree; the reactor calls it for each stock change
in that change's own transaction, the scheduled check for all items. So after any transaction
the live alerts equal those recomputed from stock.

States: OPEN → ACKNOWLEDGED or SNOOZED (silent until it gets worse, or the snooze ends) →
OPEN again → RESOLVED, which is final. An alert resolved by hand while its cause lasts is
raised anew by the next check: to be left alone, snooze it.

An item's one live alert follows it through both types. `told_severity` is how bad it was when
it last spoke, or when it was silenced: it speaks again only when it is worse than that, so
neither a little more stock nor wobbling over a severity's edge raises it anew.

One file, because the evaluator and what people do change the same rows by the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql_api.alerts import words
from graphql_api.alerts.facts import ALERT_TOLD, AlertState, AlertTold
from graphql_api.alerts.rules import AlertStatus, AlertType, Condition, Severity, condition_of
from graphql_api.clock import HOUR_US
from graphql_api.database.connection import Connection, Row
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import InvalidInput, InvalidTransition, NotFound
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event, Facts, LogTransaction, LogWriter
from graphql_api.inventory.facts import ItemState, ItemTold
from graphql_api.inventory.items import TOPIC as INVENTORY_TOPIC
from graphql_api.inventory.items import UpdateType

TOPIC = "alerts"
RAISED = "RAISED"
CHANGED = "CHANGED"
FACTS: Facts = {(TOPIC, RAISED): ALERT_TOLD, (TOPIC, CHANGED): ALERT_TOLD}
ITEMS_PER_CHECK = 2_000  # items in one transaction of the scheduled check


class Handling(Enum):
    """What a person does with an alert."""

    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    RESOLVE = "resolve"


@dataclass(slots=True)
class Alert:
    """An alert as it stands. *_at, snoozed_until: microseconds since 1970, None when not.

    What compares is its state. Beside that: sku and stock_before are for the words, None when
    not known (an alert of an older log); stock_before: the stock before it last changed, None
    also when it has not; told_severity: how bad it was when it last spoke or was silenced.
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

    @property
    def is_live(self) -> bool:
        return self.status is not AlertStatus.RESOLVED

    @property
    def title(self) -> str:
        return words.title(self.type, self.item_name, self.sku)

    @property
    def message(self) -> str:
        return words.message(
            words.labelled(self.item_name, self.sku),
            self.current_stock,
            self.stock_before,
            self.min_stock,
        )

    @property
    def roles(self) -> int:
        return audience.ADMINS if self.admins_only else audience.EVERYONE

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
        return AlertTold(state, self.sku, self.stock_before)


STATE_COLUMNS = (
    "id, item_id, type, severity, status, item_name, current_stock, min_stock, admins_only, "
    "raised_at, touched_at, acknowledged_by, acknowledged_at, snoozed_until, resolved_at"
)
COLUMNS = f"{STATE_COLUMNS}, item_sku, stock_before, told_severity"


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
        state.resolved_at, told.sku, told.stock_before,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """What the evaluator needs to know of an item.

    had_stock: whether it ever had any; asked only where it matters, at 0 without a minimum.
    stock_before: the stock before the change that is looked at, None when none is.
    """

    item_id: int
    sku: str
    name: str
    stock: int
    min_stock: int
    admins_only: int
    is_deleted: bool
    had_stock: bool
    stock_before: int | None = None

    @property
    def wanted(self) -> Condition | None:
        return condition_of(self.stock, self.min_stock, self.is_deleted, self.had_stock)


@dataclass(frozen=True, slots=True)
class AlertResult:
    """The alert right after a command, and its place in the log."""

    alert: Alert
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check did, as far as its caller may see. checked: items looked at."""

    checked: int
    raised: int
    resolved: int


@dataclass(frozen=True, slots=True)
class _Handled:
    id: int
    handling: Handling
    user_id: int
    sees_admins: bool
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class _Check:
    item_ids: tuple[int, ...]
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class _WakeUp:
    stale_after_us: int


class AlertBook:
    """The live alerts of the items that one run of commands touches, in memory."""

    def __init__(self, transaction: LogTransaction) -> None:
        self._transaction = transaction
        self._live: dict[int, Alert] = {}
        self._new: dict[int, Alert] = {}
        self._changed: dict[int, Alert] = {}
        self.raised: list[Alert] = []
        self.resolved: list[Alert] = []

    async def load(self, item_ids: Iterable[int]) -> None:
        """Fetch the live alerts of `item_ids`; one statement."""
        connection = self._transaction.connection
        rows = await connection.rows(
            f"SELECT {COLUMNS} FROM alert WHERE "
            + connection.dialect.one_of("live_item_id", "bigint"),
            connection.dialect.array(item_ids),
        )
        for row in rows:
            self.take(alert_of(row))

    def take(self, alert: Alert) -> None:
        """Put a live alert into the book."""
        self._live[alert.item_id] = alert

    def evaluate(self, subject: Subject) -> None:
        """Make the item's live alert agree with its stock."""
        wanted, live = subject.wanted, self._live.get(subject.item_id)
        if wanted is None:
            if live is not None:
                self.resolve(live, subject)
        elif live is None:
            self._raise(subject, wanted)
        else:
            self._update(live, subject, wanted)

    def resolve(self, alert: Alert, subject: Subject | None = None) -> Event:
        """End a live alert: its cause is gone, or a person says so."""
        if subject is not None:
            _follow(alert, subject)
        now_us = self._transaction.entry.now_us
        alert.status = AlertStatus.RESOLVED
        alert.resolved_at = alert.touched_at = now_us
        alert.snoozed_until = None
        del self._live[alert.item_id]
        self.resolved.append(alert)
        return self.record(alert, CHANGED)

    def record(self, alert: Alert, kind: str) -> Event:
        """Note that `alert` changed, with an event."""
        if alert.id not in self._new:
            self._changed[alert.id] = alert
        return self._transaction.entry.append(
            Event(TOPIC, kind, alert.item_id, alert.roles, None, alert.told())
        )

    def _raise(self, subject: Subject, wanted: Condition) -> None:
        now_us = self._transaction.entry.now_us
        alert = Alert(
            self._transaction.new_id(),
            subject.item_id,
            wanted.type,
            wanted.severity,
            AlertStatus.OPEN,
            subject.name,
            subject.stock,
            subject.min_stock,
            subject.admins_only,
            now_us,
            now_us,
            sku=subject.sku,
            stock_before=subject.stock_before,
            told_severity=wanted.severity,
        )
        self._live[subject.item_id] = self._new[alert.id] = alert
        self.raised.append(alert)
        self.record(alert, RAISED)

    def _update(self, alert: Alert, subject: Subject, wanted: Condition) -> None:
        is_other = Condition(alert.type, alert.severity) != wanted
        if not is_other and _facts(alert) == _facts(subject):
            return
        told = alert.severity if alert.told_severity is None else alert.told_severity
        _follow(alert, subject)
        alert.type, alert.severity = wanted.type, wanted.severity
        if wanted.severity > told:
            reopen(alert, self._transaction.entry.now_us)
            self.raised.append(alert)
            self.record(alert, RAISED)
        elif is_other:
            self.record(alert, CHANGED)
        elif alert.id not in self._new:
            self._changed[alert.id] = alert  # the figures followed the stock: nothing to tell

    async def store(self) -> None:
        """Write what changed: two statements. What was there first: it may have ended for what is
        new. Neither holds two live alerts of an item at any step, since a book has one."""
        connection = self._transaction.connection
        await connection.change_many(
            "UPDATE alert SET live_item_id = ?, type = ?, severity = ?, status = ?, "
            "item_name = ?, current_stock = ?, min_stock = ?, admins_only = ?, touched_at = ?, "
            "acknowledged_by = ?, acknowledged_at = ?, snoozed_until = ?, resolved_at = ?, "
            "item_sku = ?, stock_before = ?, told_severity = ? WHERE id = ?",
            [
                (
                    alert.item_id if alert.is_live else None,
                    *alert.row()[2:9],
                    *alert.row()[10:],
                    *_beside(alert),
                    alert.id,
                )
                for alert in self._changed.values()
            ],
        )
        await connection.change_many(
            f"INSERT INTO alert ({COLUMNS}, live_item_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*alert.row(), *_beside(alert), alert.item_id if alert.is_live else None)
                for alert in self._new.values()
            ],
        )


def _beside(alert: Alert) -> tuple[str | None, int | None, int | None]:
    """What COLUMNS has beyond the state."""
    told = None if alert.told_severity is None else int(alert.told_severity)
    return alert.sku, alert.stock_before, told


def _facts(of: Alert | Subject) -> tuple[Any, ...]:
    if isinstance(of, Alert):
        return of.current_stock, of.min_stock, of.item_name, of.sku, of.admins_only
    return of.stock, of.min_stock, of.name, of.sku, of.admins_only


def _follow(alert: Alert, subject: Subject) -> None:
    if subject.stock != alert.current_stock:
        alert.stock_before = alert.current_stock
    alert.sku = subject.sku
    alert.item_name = subject.name
    alert.current_stock = subject.stock
    alert.min_stock = subject.min_stock
    alert.admins_only = subject.admins_only


def reopen(alert: Alert, now_us: int) -> None:
    """Make a live alert speak again, of how bad it is now."""
    alert.told_severity = alert.severity
    alert.status = AlertStatus.OPEN
    alert.acknowledged_by_id = alert.acknowledged_at = alert.snoozed_until = None
    alert.touched_at = now_us


async def react(transaction: LogTransaction, events: Sequence[Event]) -> None:
    """The reactor: evaluate every item that a run of commands changed, change by change.

    Test broadcasts speak of no item (their subject is None) and change nothing.
    """
    told = [e for e in events if e.topic == INVENTORY_TOPIC and e.subject is not None]
    if not told:
        return
    bare = {event.subject for event in told if _is_bare(event)}
    stocked = await _once_stocked(transaction.connection, bare) if bare else set()
    subjects = [_subject_of(event, event.subject not in bare - stocked) for event in told]
    book = AlertBook(transaction)
    await book.load({subject.item_id for subject in subjects})
    for subject in subjects:
        book.evaluate(subject)
    await book.store()
    # Whoever may not see an item may not see the alerts that it had.
    await transaction.connection.change_many(
        "UPDATE alert SET admins_only = ? WHERE item_id = ?",
        [
            (subject.admins_only, subject.item_id)
            for subject, event in zip(subjects, told, strict=True)
            if event.kind == UpdateType.UPDATED.value
        ],
    )


def _is_bare(event: Event) -> bool:
    """Whether the item has neither stock nor a minimum, so that its past decides."""
    state: ItemState = event.payload.item
    return state.stock == 0 and state.min_stock == 0


async def _once_stocked(connection: Connection, item_ids: Iterable[Any]) -> set[int]:
    """Those of the items that had stock some time; one statement."""
    rows = await connection.rows(
        "SELECT i.id FROM item i WHERE "
        + connection.dialect.one_of("i.id", "bigint")
        + f" AND {_HAD_STOCK}",
        connection.dialect.array(item_ids),
    )
    return {row[0] for row in rows}


def _subject_of(event: Event, had_stock: bool) -> Subject:
    told: ItemTold = event.payload
    state, details = told.item, told.details
    return Subject(
        item_id=state.id,
        sku=state.sku,
        name=state.name,
        stock=state.stock,
        min_stock=state.min_stock,
        admins_only=state.admins_only,
        is_deleted=event.kind == UpdateType.DELETED.value,
        had_stock=had_stock,
        stock_before=None if details is None else details.old_stock,
    )


# By the index of an item's movements: its first one decides nearly always.
_HAD_STOCK = "EXISTS (SELECT 1 FROM movement m WHERE m.item_id = i.id AND m.new_stock > 0)"
_SUBJECT_COLUMNS = (
    "i.id, i.sku, i.name, i.stock, i.min_stock, i.admins_only, i.deleted_at, "
    f"(i.stock > 0 OR i.min_stock > 0 OR {_HAD_STOCK})"
)
_SUBJECT_WIDTH = 8

# Items that call for an alert, and items that have one: all others agree without a look.
_CANDIDATES = (
    f"SELECT {_SUBJECT_COLUMNS}, "
    + ", ".join(f"a.{column}" for column in COLUMNS.split(", "))
    + " FROM item i LEFT JOIN alert a ON a.live_item_id = i.id WHERE i.id > ? AND "
    "(a.id IS NOT NULL OR (i.stock <= i.min_stock AND i.deleted_at IS NULL AND "
    f"(i.min_stock > 0 OR {_HAD_STOCK}))) ORDER BY i.id LIMIT ?"
)


def _subject_of_row(row: tuple[Any, ...]) -> Subject:
    item_id, sku, name, stock, min_stock, admins_only, deleted_at, had_stock = row[:_SUBJECT_WIDTH]
    return Subject(
        item_id, sku, name, stock, min_stock, admins_only, deleted_at is not None, bool(had_stock)
    )


def _is_settled(row: tuple[Any, ...]) -> bool:
    """Whether evaluating a row of _CANDIDATES would change nothing."""
    subject, found = _subject_of_row(row), row[_SUBJECT_WIDTH:]
    wanted = subject.wanted
    if found[0] is None or wanted is None:
        return found[0] is None and wanted is None
    alert = alert_of(found)
    return Condition(alert.type, alert.severity) == wanted and _facts(alert) == _facts(subject)


class Alerts:
    """The use cases of alerts."""

    def __init__(self, writer: LogWriter, scanning: Connection) -> None:
        self._writer = writer
        self._scanning = scanning
        self._handle = single(self._handle_one)
        self._check = single(self._check_items)
        self._wake = single(self._wake_up)

    async def acknowledge(self, alert_id: int, user_id: int, sees_admins: bool) -> AlertResult:
        """Somebody takes care of it: silent until it gets worse. Raises NotFound,
        InvalidTransition."""
        return await self._submit(_Handled(alert_id, Handling.ACKNOWLEDGE, user_id, sees_admins))

    async def snooze(
        self, alert_id: int, until_us: int, user_id: int, sees_admins: bool
    ) -> AlertResult:
        """Silent until it gets worse, at most until `until_us`. Raises NotFound, InvalidInput,
        InvalidTransition."""
        return await self._submit(
            _Handled(alert_id, Handling.SNOOZE, user_id, sees_admins, until_us)
        )

    async def resolve(self, alert_id: int, user_id: int, sees_admins: bool) -> AlertResult:
        """Close it. Raised anew by the next check while its cause lasts. Raises NotFound,
        InvalidTransition."""
        return await self._submit(_Handled(alert_id, Handling.RESOLVE, user_id, sees_admins))

    async def check(self, sees_admins: bool = True) -> CheckResult:
        """Evaluate every item, and count those that the caller may see. Twice has the effect of
        once.

        Items are read beside the writer, and only those whose alert does not agree with their
        stock are handed to it, to be evaluated again in a transaction.
        """
        raised = resolved = 0
        last = 0
        while True:
            rows = await self._scanning.rows(_CANDIDATES, last, ITEMS_PER_CHECK)
            unsettled = tuple(row[0] for row in rows if not _is_settled(tuple(row)))
            if unsettled:
                result: CheckResult = await self._writer.submit(
                    self._check, _Check(unsettled, sees_admins)
                )
                raised += result.raised
                resolved += result.resolved
            if len(rows) < ITEMS_PER_CHECK:
                break
            last = rows[-1][0]
        seen = "" if sees_admins else " AND admins_only = 0"
        counted = await self._scanning.row(
            f"SELECT count(*) FROM item WHERE deleted_at IS NULL{seen}"
        )
        assert counted is not None
        return CheckResult(counted[0], raised, resolved)

    async def wake_up(self, stale_hours: int) -> int:
        """Raise again what has slept enough: ended snoozes, and open alerts that nobody touched
        for `stale_hours`. How many were raised."""
        woken: int = await self._writer.submit(self._wake, _WakeUp(stale_hours * HOUR_US))
        return woken

    async def _submit(self, command: _Handled) -> AlertResult:
        result: AlertResult = await self._writer.submit(self._handle, command)
        return result

    async def _handle_one(self, transaction: LogTransaction, command: _Handled) -> AlertResult:
        row = await transaction.connection.row(
            f"SELECT {COLUMNS} FROM alert WHERE id = ?", command.id
        )
        alert = alert_of(row) if row else None
        if alert is None or (alert.admins_only and not command.sees_admins):
            raise NotFound("There is no alert with this id.", ("id",))
        if not alert.is_live:
            raise InvalidTransition(
                f"A {alert.status.value} alert cannot be {_PAST[command.handling]}.", ("id",)
            )
        book = AlertBook(transaction)
        book.take(alert)
        event = _apply(book, alert, command, transaction.entry.now_us)
        await book.store()
        return AlertResult(alert, transaction.entry.cursor_of(event))

    async def _check_items(self, transaction: LogTransaction, command: _Check) -> CheckResult:
        connection = transaction.connection
        rows = await connection.rows(
            f"SELECT {_SUBJECT_COLUMNS} FROM item i WHERE "
            + connection.dialect.one_of("i.id", "bigint")
            + " ORDER BY i.id",
            connection.dialect.array(command.item_ids),
        )
        book = AlertBook(transaction)
        await book.load(command.item_ids)
        for row in rows:
            book.evaluate(_subject_of_row(tuple(row)))
        await book.store()
        raised, resolved = (
            sum(command.sees_admins or not alert.admins_only for alert in alerts)
            for alerts in (book.raised, book.resolved)
        )
        return CheckResult(len(rows), raised, resolved)

    async def _wake_up(self, transaction: LogTransaction, command: _WakeUp) -> int:
        rows = await transaction.connection.rows(
            f"SELECT {COLUMNS} FROM alert WHERE live_item_id IS NOT NULL AND "
            "((status = 'SNOOZED' AND snoozed_until <= ?) OR "
            "(status = 'OPEN' AND touched_at <= ?)) ORDER BY id LIMIT ?",
            transaction.entry.now_us,
            transaction.entry.now_us - command.stale_after_us,
            ITEMS_PER_CHECK,
        )
        book = AlertBook(transaction)
        for row in rows:
            alert = alert_of(row)
            book.take(alert)
            reopen(alert, transaction.entry.now_us)
            book.record(alert, RAISED)
        await book.store()
        return len(rows)


_PAST = {
    Handling.ACKNOWLEDGE: AlertStatus.ACKNOWLEDGED.value,
    Handling.SNOOZE: AlertStatus.SNOOZED.value,
    Handling.RESOLVE: AlertStatus.RESOLVED.value,
}


def _apply(book: AlertBook, alert: Alert, command: _Handled, now_us: int) -> Event:
    match command.handling:
        case Handling.ACKNOWLEDGE:
            if alert.status is AlertStatus.ACKNOWLEDGED:
                raise InvalidTransition("The alert is ACKNOWLEDGED already.", ("id",))
            alert.status = AlertStatus.ACKNOWLEDGED
            alert.told_severity = alert.severity
            alert.acknowledged_by_id, alert.acknowledged_at = command.user_id, now_us
            alert.snoozed_until = None
        case Handling.SNOOZE:
            assert command.until_us is not None
            if command.until_us <= now_us:
                raise InvalidInput("until must be in the future.", ("input", "until"))
            alert.status = AlertStatus.SNOOZED
            alert.told_severity = alert.severity
            alert.snoozed_until = command.until_us
        case Handling.RESOLVE:
            return book.resolve(alert)
    alert.touched_at = now_us
    return book.record(alert, CHANGED)


def sample_alert(new_id: Callable[[], int], now_us: int, _user_id: int) -> Event:
    """A test broadcast: an alert of an item that does not exist."""
    alert = Alert(
        new_id(), new_id(), AlertType.LOW_STOCK, Severity.LOW, AlertStatus.OPEN, "Test item", 1, 1,
        0, now_us, now_us,
    )  # fmt: skip
    return Event(TOPIC, RAISED, None, alert.roles, None, alert.told())
