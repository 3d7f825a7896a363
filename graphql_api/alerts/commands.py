"""What people and the schedule do with alerts: the use cases, called by the schema and noun.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphql_api.alerts.book import AlertBook
from graphql_api.alerts.check import AlertCheck, CheckResult
from graphql_api.alerts.lifecycle import CHANGED, COLUMNS, Alert, alert_of
from graphql_api.alerts.rules import Basis
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import InvalidInput, NotFound, Refusal
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.said import said

AT_ONCE_MAX = 100  # alerts of one command: as many as a page shows


@dataclass(frozen=True, slots=True)
class AlertResult:
    """The alert right after a command, and its place in the log."""

    alert: Alert
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class ManyResult:
    """alerts: those that were moved, right after it, in the order asked for. refusals: of the
    others, by their index in what was asked for. cursor: of the last; None: none was moved."""

    alerts: list[Alert]
    refusals: list[tuple[int, Refusal]]
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class _AlertCommand(ABC):
    """What a person does with one alert. sees_admins: whether it may be one for ADMIN alone."""

    alert_id: int
    sees_admins: bool

    @abstractmethod
    def carry_out(self, alert: Alert, now_us: int) -> None:
        """Move the alert. Raises a Refusal when it cannot be."""


@dataclass(frozen=True, slots=True)
class _Acknowledge(_AlertCommand):
    user_id: int

    def carry_out(self, alert: Alert, now_us: int) -> None:
        alert.acknowledge(self.user_id, now_us)


@dataclass(frozen=True, slots=True)
class _Snooze(_AlertCommand):
    until_us: int

    def carry_out(self, alert: Alert, now_us: int) -> None:
        alert.snooze(self.until_us, now_us)


@dataclass(frozen=True, slots=True)
class _Resolve(_AlertCommand):
    def carry_out(self, alert: Alert, now_us: int) -> None:
        alert.resolve(now_us)


class Alerts:
    """The use cases of alerts."""

    def __init__(self, writer: LogWriter, scanning: Connection, basis: Basis) -> None:
        self._writer = writer
        self._check = AlertCheck(writer, scanning, basis)
        self._handle = single(_handle)
        self._handle_many = single(_handle_many)

    async def acknowledge(self, alert_id: int, user_id: int, sees_admins: bool) -> AlertResult:
        """Somebody takes care of it: silent until it gets worse. Raises NotFound,
        InvalidTransition."""
        return await self._submit(_Acknowledge(alert_id, sees_admins, user_id))

    async def snooze(
        self, alert_id: int, until_us: int, user_id: int, sees_admins: bool
    ) -> AlertResult:
        """Silent until it gets worse, at most until `until_us`. Raises NotFound, InvalidInput,
        InvalidTransition."""
        return await self._submit(_Snooze(alert_id, sees_admins, until_us))

    async def resolve(self, alert_id: int, user_id: int, sees_admins: bool) -> AlertResult:
        """Close it. Raised anew by the next check while its cause lasts. Raises NotFound,
        InvalidTransition."""
        return await self._submit(_Resolve(alert_id, sees_admins))

    async def acknowledge_many(
        self, alert_ids: Sequence[int], user_id: int, sees_admins: bool
    ) -> ManyResult:
        """Each as `acknowledge`; see `_handle_many`."""
        return await self._submit_many([_Acknowledge(i, sees_admins, user_id) for i in alert_ids])

    async def snooze_many(
        self, alert_ids: Sequence[int], until_us: int, user_id: int, sees_admins: bool
    ) -> ManyResult:
        """Each as `snooze`; see `_handle_many`."""
        return await self._submit_many([_Snooze(i, sees_admins, until_us) for i in alert_ids])

    async def resolve_many(
        self, alert_ids: Sequence[int], user_id: int, sees_admins: bool
    ) -> ManyResult:
        """Each as `resolve`; see `_handle_many`."""
        return await self._submit_many([_Resolve(i, sees_admins) for i in alert_ids])

    async def check(self, sees_admins: bool = True) -> CheckResult:
        """Evaluate every item; see AlertCheck.run."""
        return await self._check.run(sees_admins)

    async def wake_up(self, stale_hours: int) -> int:
        """Raise again what has slept enough; see AlertCheck.wake_up."""
        return await self._check.wake_up(stale_hours)

    async def _submit_many(self, commands: Sequence[_AlertCommand]) -> ManyResult:
        if len(commands) > AT_ONCE_MAX:
            raise InvalidInput(said("At most {most} alerts at once.", most=AT_ONCE_MAX), ("ids",))
        result: ManyResult = await self._writer.submit(self._handle_many, commands)
        return result

    async def _submit(self, command: _AlertCommand) -> AlertResult:
        result: AlertResult = await self._writer.submit(self._handle, command)
        return result


async def _handle_many(
    transaction: LogTransaction, commands: Sequence[_AlertCommand]
) -> ManyResult:
    """What somebody picked from a list is done in one transaction, as far as it still can be:
    one alert that ended meanwhile does not keep the others from being silenced. The same alert
    twice is done once."""
    found = await _load(transaction.connection, {command.alert_id for command in commands})
    book, now_us = AlertBook(transaction), transaction.entry.now_us
    moved: dict[int, Alert] = {}
    refusals: list[tuple[int, Refusal]] = []
    event = None
    for index, command in enumerate(commands):
        if command.alert_id in moved:
            continue
        try:
            alert = _visible(found.get(command.alert_id), command)
            command.carry_out(alert, now_us)
        except Refusal as refusal:
            refusals.append((index, refusal))
            continue
        moved[alert.id] = alert
        event = book.record(alert, CHANGED)
    await book.store()
    cursor = None if event is None else transaction.entry.cursor_of(event)
    return ManyResult(list(moved.values()), refusals, cursor)


async def _load(connection: Connection, alert_ids: Iterable[int]) -> dict[int, Alert]:
    rows = await connection.rows(
        f"SELECT {COLUMNS} FROM alert WHERE " + connection.dialect.one_of("id", "bigint"),
        connection.dialect.array(alert_ids),
    )
    return {alert.id: alert for alert in map(alert_of, rows)}


def _visible(alert: Alert | None, command: _AlertCommand) -> Alert:
    if alert is None or (alert.admins_only and not command.sees_admins):
        raise NotFound("There is no alert with this id.", ("id",))
    return alert


async def _handle(transaction: LogTransaction, command: _AlertCommand) -> AlertResult:
    found = await _load(transaction.connection, [command.alert_id])
    alert = _visible(found.get(command.alert_id), command)
    command.carry_out(alert, transaction.entry.now_us)
    book = AlertBook(transaction)
    event = book.record(alert, CHANGED)
    await book.store()
    return AlertResult(alert, transaction.entry.cursor_of(event))
