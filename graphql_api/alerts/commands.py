"""What people and the schedule do with alerts: the use cases, called by the schema and noun.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from graphql_api.alerts.book import AlertBook
from graphql_api.alerts.check import AlertCheck, CheckResult
from graphql_api.alerts.lifecycle import CHANGED, COLUMNS, Alert, alert_of
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import NotFound
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import LogTransaction, LogWriter


@dataclass(frozen=True, slots=True)
class AlertResult:
    """The alert right after a command, and its place in the log."""

    alert: Alert
    cursor: Cursor


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

    def __init__(self, writer: LogWriter, scanning: Connection) -> None:
        self._writer = writer
        self._check = AlertCheck(writer, scanning)
        self._handle = single(_handle)

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

    async def check(self, sees_admins: bool = True) -> CheckResult:
        """Evaluate every item; see AlertCheck.run."""
        return await self._check.run(sees_admins)

    async def wake_up(self, stale_hours: int) -> int:
        """Raise again what has slept enough; see AlertCheck.wake_up."""
        return await self._check.wake_up(stale_hours)

    async def _submit(self, command: _AlertCommand) -> AlertResult:
        result: AlertResult = await self._writer.submit(self._handle, command)
        return result


async def _handle(transaction: LogTransaction, command: _AlertCommand) -> AlertResult:
    row = await transaction.connection.row(
        f"SELECT {COLUMNS} FROM alert WHERE id = ?", command.alert_id
    )
    alert = alert_of(row) if row else None
    if alert is None or (alert.admins_only and not command.sees_admins):
        raise NotFound("There is no alert with this id.", ("id",))
    command.carry_out(alert, transaction.entry.now_us)
    book = AlertBook(transaction)
    event = book.record(alert, CHANGED)
    await book.store()
    return AlertResult(alert, transaction.entry.cursor_of(event))
