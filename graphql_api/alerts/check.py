"""What the schedule does with alerts: the check of all items, and waking what slept enough.

Called by commands.py, for people who ask for a check too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql_api.alerts.book import AlertBook
from graphql_api.alerts.lifecycle import COLUMNS, alert_of
from graphql_api.alerts.rules import HAD_STOCK, RULES, Rule, Subject
from graphql_api.clock import HOUR_US
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.events.log import LogTransaction, LogWriter

ITEMS_PER_CHECK = 2_000  # items in one transaction


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check did, as far as its caller may see. checked: items looked at."""

    checked: int
    raised: int
    resolved: int


@dataclass(frozen=True, slots=True)
class _Check:
    item_ids: tuple[int, ...]
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class _WakeUp:
    stale_after_us: int


class AlertCheck:
    """Twice has the effect of once, in one process or in several."""

    def __init__(self, writer: LogWriter, scanning: Connection) -> None:
        self._writer = writer
        self._scanning = scanning
        self._check = single(_check_items)
        self._wake = single(_wake_up)

    async def run(self, sees_admins: bool) -> CheckResult:
        """Evaluate every item, and count those that the caller may see.

        Rule by rule, items are read beside the writer, and only those whose alert does not agree
        with them are handed to it, to be evaluated again in a transaction.
        """
        raised = resolved = 0
        for rule in RULES:
            done = await self._run_rule(rule, sees_admins)
            raised += done.raised
            resolved += done.resolved
        seen = "" if sees_admins else " AND admins_only = 0"
        counted = await self._scanning.row(
            f"SELECT count(*) FROM item WHERE deleted_at IS NULL AND archived_at IS NULL{seen}"
        )
        assert counted is not None
        return CheckResult(counted[0], raised, resolved)

    async def _run_rule(self, rule: Rule, sees_admins: bool) -> CheckResult:
        checked = raised = resolved = last = 0
        statement = _candidates(rule)
        while True:
            rows = await self._scanning.rows(statement, last, ITEMS_PER_CHECK)
            unsettled = tuple(row[0] for row in rows if not _is_settled(rule, tuple(row)))
            if unsettled:
                done: CheckResult = await self._writer.submit(
                    self._check, _Check(unsettled, sees_admins)
                )
                checked += done.checked
                raised += done.raised
                resolved += done.resolved
            if len(rows) < ITEMS_PER_CHECK:
                return CheckResult(checked, raised, resolved)
            last = rows[-1][0]

    async def wake_up(self, stale_hours: int) -> int:
        """Raise again what has slept enough: ended snoozes, and open alerts that nobody touched
        for `stale_hours`. How many were raised."""
        woken: int = await self._writer.submit(self._wake, _WakeUp(stale_hours * HOUR_US))
        return woken


_SUBJECT_COLUMNS = (
    "i.id, i.sku, i.name, i.stock, i.min_stock, i.admins_only, "
    "coalesce(i.deleted_at, i.archived_at), "
    f"(i.stock > 0 OR i.min_stock > 0 OR {HAD_STOCK})"
)
_SUBJECT_WIDTH = 8
_ALERT_COLUMNS = ", ".join(f"a.{column}" for column in COLUMNS.split(", "))


def _candidates(rule: Rule) -> str:
    """A page of the items that can call for an alert of `rule`, and of those that have one: all
    others agree without a look."""
    key = f"i.id + {rule.key_offset}" if rule.key_offset else "i.id"
    return (
        f"SELECT {_SUBJECT_COLUMNS}, {_ALERT_COLUMNS} "
        f"FROM item i LEFT JOIN alert a ON a.live_item_id = {key} WHERE i.id > ? AND "
        f"(a.id IS NOT NULL OR ({rule.candidates})) ORDER BY i.id LIMIT ?"
    )


def _subject_of(row: tuple[Any, ...]) -> Subject:
    item_id, sku, name, stock, min_stock, admins_only, retired_at, had_stock = row[:_SUBJECT_WIDTH]
    return Subject(
        item_id, sku, name, stock, min_stock, admins_only, retired_at is not None, bool(had_stock)
    )


def _is_settled(rule: Rule, row: tuple[Any, ...]) -> bool:
    """Whether evaluating a row of the rule's candidates would change nothing."""
    subject, found = _subject_of(row), row[_SUBJECT_WIDTH:]
    wanted = rule.judge(subject)
    if found[0] is None or wanted is None:
        return found[0] is None and wanted is None
    return alert_of(found).agrees(subject, wanted)


async def _check_items(transaction: LogTransaction, command: _Check) -> CheckResult:
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
        book.evaluate(_subject_of(tuple(row)))
    await book.store()
    raised, resolved = (
        sum(command.sees_admins or not alert.admins_only for alert in alerts)
        for alerts in (book.raised, book.resolved)
    )
    return CheckResult(len(rows), raised, resolved)


async def _wake_up(transaction: LogTransaction, command: _WakeUp) -> int:
    now_us = transaction.entry.now_us
    rows = await transaction.connection.rows(
        f"SELECT {COLUMNS} FROM alert WHERE live_item_id IS NOT NULL AND "
        "((status = 'SNOOZED' AND snoozed_until <= ?) OR "
        "(status = 'OPEN' AND touched_at <= ?)) ORDER BY id LIMIT ?",
        now_us,
        now_us - command.stale_after_us,
        ITEMS_PER_CHECK,
    )
    book = AlertBook(transaction)
    for row in rows:
        alert = alert_of(row)
        alert.reopen(now_us)
        book.speak(alert)
    await book.store()
    return len(rows)
