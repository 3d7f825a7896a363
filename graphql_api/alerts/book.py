"""The evaluator, and the live alerts that it works on.

One evaluator serves everybody. `AlertBook.evaluate` compares what an item, or a place's own
minimum, calls for (rules.py) with its live alerts and makes them agree; the reactor (reactor.py)
calls it for each change in that change's own transaction, the scheduled check (check.py) for all
of them. So after any transaction the live alerts equal those recomputed from stock.
"""

from __future__ import annotations

from collections.abc import Iterable

from graphql_api.alerts import lifecycle
from graphql_api.alerts.lifecycle import CHANGED, COLUMNS, RAISED, TOPIC, Alert, Step, alert_of
from graphql_api.alerts.rules import PLACE_RULES, RULES, Rule, Subject, live_keys
from graphql_api.events.log import Event, LogTransaction


class AlertBook:
    """The live alerts of the items that one run of commands touches, in memory, by their keys."""

    def __init__(self, transaction: LogTransaction) -> None:
        self._transaction = transaction
        self._now_us = transaction.entry.now_us
        self._live: dict[int, Alert] = {}
        self._new: dict[int, Alert] = {}
        self._changed: dict[int, Alert] = {}
        self.raised: list[Alert] = []
        self.resolved: list[Alert] = []

    async def load(self, item_ids: Iterable[int], minimum_ids: Iterable[int] = ()) -> None:
        """Fetch the live alerts of items, and of places' minimums; one statement."""
        connection = self._transaction.connection
        rows = await connection.rows(
            f"SELECT {COLUMNS} FROM alert WHERE "
            + connection.dialect.one_of("live_item_id", "bigint"),
            connection.dialect.array(live_keys(item_ids, minimum_ids)),
        )
        for row in rows:
            alert = alert_of(row)
            self._live[alert.live_key] = alert

    def is_well(self, item_id: int, stock: int, min_stock: int) -> bool:
        """Whether it is certain without a further look that `evaluate` would change nothing of the
        item: so for nearly all of the thousands of changes of a batch."""
        for rule in RULES:
            if not rule.is_well(stock, min_stock) or rule.key(item_id) in self._live:
                return False
        return True

    def evaluate(self, subject: Subject) -> None:
        """Make the subject's live alerts agree with what it calls for, rule by rule."""
        rules: tuple[Rule, ...] = RULES if subject.minimum_id is None else PLACE_RULES
        for rule in rules:
            key = rule.key(subject.own_id)
            wanted, live = rule.judge(subject), self._live.get(key)
            if wanted is None:
                if live is not None:
                    self._end(key, live, subject)
            elif live is None:
                alert = lifecycle.raised(self._transaction.new_id(), subject, wanted, self._now_us)
                self._live[key] = self._new[alert.id] = alert
                self.speak(alert)
            else:
                self._tell(live, live.follow(subject, wanted, self._now_us))

    def speak(self, alert: Alert) -> None:
        """Tell that `alert` was raised, or raised again."""
        self.raised.append(alert)
        self.record(alert, RAISED)

    def record(self, alert: Alert, kind: str) -> Event:
        """Note that `alert` changed, with an event."""
        self._keep(alert)
        return self._transaction.entry.append(
            Event(TOPIC, kind, alert.item_id, alert.roles, None, alert.told())
        )

    def _tell(self, alert: Alert, step: Step) -> None:
        match step:
            case Step.RAISED:
                self.speak(alert)
            case Step.CHANGED:
                self.record(alert, CHANGED)
            case Step.FIGURES:
                self._keep(alert)
            case Step.NOTHING:
                pass

    def _end(self, key: int, alert: Alert, subject: Subject) -> None:
        alert.take_figures(subject)
        alert.resolve(self._now_us)
        del self._live[key]
        self.resolved.append(alert)
        self.record(alert, CHANGED)

    def _keep(self, alert: Alert) -> None:
        if alert.id not in self._new:
            self._changed[alert.id] = alert

    async def store(self) -> None:
        """Write what changed: two statements. What was there first: it may have ended for what is
        new. Neither holds two live alerts of a key at any step, since a book has one."""
        connection = self._transaction.connection
        await connection.change_many(
            "UPDATE alert SET live_item_id = ?, type = ?, severity = ?, status = ?, "
            "item_name = ?, current_stock = ?, min_stock = ?, admins_only = ?, touched_at = ?, "
            "acknowledged_by = ?, acknowledged_at = ?, snoozed_until = ?, resolved_at = ?, "
            "item_sku = ?, stock_before = ?, told_severity = ?, location_id = ?, "
            "location_code = ?, minimum_id = ? WHERE id = ?",
            [
                (
                    alert.live_key if alert.is_live else None,
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
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*alert.row(), *_beside(alert), alert.live_key if alert.is_live else None)
                for alert in self._new.values()
            ],
        )


def _beside(alert: Alert) -> tuple[str | int | None, ...]:
    """What COLUMNS has beyond the state."""
    told = None if alert.told_severity is None else int(alert.told_severity)
    place = alert.location_id, alert.location_code, alert.minimum_id
    return (alert.sku, alert.stock_before, told, *place)
