"""What the schedule does with alerts: the check of all items, and waking what slept enough.

Called by commands.py, for people who ask for a check too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql_api.alerts.book import AlertBook
from graphql_api.alerts.lifecycle import COLUMNS, alert_of
from graphql_api.alerts.rules import PLACE_RULES, RULES, Basis, Rule
from graphql_api.alerts.subjects import (
    WIDTH,
    Source,
    judged,
    source_of,
    subject_of,
    subjects_of,
)
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
    """source: of the subjects; ids: of its key."""

    source: Source
    ids: tuple[int, ...]
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class _WakeUp:
    stale_after_us: int


class AlertCheck:
    """Twice has the effect of once, in one process or in several."""

    def __init__(self, writer: LogWriter, scanning: Connection, basis: Basis) -> None:
        self._writer = writer
        self._scanning = scanning
        self._basis = basis
        self._check = single(_check_subjects)
        self._wake = single(_wake_up)

    async def run(self, sees_admins: bool) -> CheckResult:
        """Evaluate every item, and count those that the caller may see.

        Rule by rule, items and places are read beside the writer, and only those whose alert does
        not agree with them are handed to it, to be evaluated again in a transaction.
        """
        raised = resolved = 0
        for rule in (*RULES, *PLACE_RULES):
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
        source = source_of(rule, self._basis)
        statement = _candidates(rule, source, self._basis)
        while True:
            rows = await self._scanning.rows(statement, last, ITEMS_PER_CHECK)
            unsettled = tuple(row[-1] for row in rows if not _is_settled(rule, tuple(row)))
            if unsettled:
                done: CheckResult = await self._writer.submit(
                    self._check, _Check(source, unsettled, sees_admins)
                )
                checked += done.checked
                raised += done.raised
                resolved += done.resolved
            if len(rows) < ITEMS_PER_CHECK:
                return CheckResult(checked, raised, resolved)
            last = rows[-1][-1]

    async def wake_up(self, stale_hours: int) -> int:
        """Raise again what has slept enough: ended snoozes, and open alerts that nobody touched
        for `stale_hours`. How many were raised."""
        woken: int = await self._writer.submit(self._wake, _WakeUp(stale_hours * HOUR_US))
        return woken


_ALERT_COLUMNS = ", ".join(f"a.{column}" for column in COLUMNS.split(", "))


def _candidates(rule: Rule, source: Source, basis: Basis) -> str:
    """A page of the subjects that can call for an alert of `rule`, and of those that have one: all
    others agree without a look."""
    key = f"{source.key} + {rule.key_offset}" if rule.key_offset else source.key
    return (
        f"SELECT {source.columns}, {_ALERT_COLUMNS}, {source.key} FROM {source.tables} "
        f"LEFT JOIN alert a ON a.live_item_id = {key} WHERE {source.key} > ? AND "
        f"(a.id IS NOT NULL OR ({judged(rule.candidates, basis)})) ORDER BY {source.key} LIMIT ?"
    )


def _is_settled(rule: Rule, row: tuple[Any, ...]) -> bool:
    """Whether evaluating a row of the rule's candidates would change nothing."""
    subject, found = subject_of(row), row[WIDTH:-1]
    wanted = rule.judge(subject)
    if found[0] is None or wanted is None:
        return found[0] is None and wanted is None
    return alert_of(found).agrees(subject, wanted)


async def _check_subjects(transaction: LogTransaction, command: _Check) -> CheckResult:
    subjects = await subjects_of(transaction.connection, command.source, command.ids)
    book = AlertBook(transaction)
    await book.load(
        [subject.item_id for subject in subjects if subject.minimum_id is None],
        [subject.minimum_id for subject in subjects if subject.minimum_id is not None],
    )
    for subject in subjects:
        book.evaluate(subject)
    await book.store()
    raised, resolved = (
        sum(command.sees_admins or not alert.admins_only for alert in alerts)
        for alerts in (book.raised, book.resolved)
    )
    return CheckResult(len(subjects), raised, resolved)


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
