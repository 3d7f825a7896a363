"""The end of an import is one notification, with the alerts that it raised. Called by app.py."""

from __future__ import annotations

import logging

from graphql_api.alerts.lifecycle import COLUMNS, Alert, alert_of
from graphql_api.alerts.rules import AlertStatus, Severity, live_keys
from graphql_api.alerts.subjects import minimum_ids_of
from graphql_api.database.writer import single
from graphql_api.errors import log_fault
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.imports.items import ImportEnd
from graphql_api.imports.stock import StockEnd
from graphql_api.notifications.alert_notices import digest_of, notice_of
from graphql_api.notifications.notices import import_ended, stock_import_ended
from graphql_api.notifications.sending import store

logger = logging.getLogger(__name__)

IDS_AT_ONCE = 5_000  # items of one question: all of a long file would fill the memory


class ImportNotices:
    """threshold: from which severity on alerts are told."""

    def __init__(self, writer: LogWriter, threshold: Severity) -> None:
        self._writer = writer
        self._threshold = threshold
        self._handle = single(self._store)

    async def tell(self, end: ImportEnd | StockEnd) -> None:
        """Tell that an import has ended. A fault is logged: the import itself is done."""
        try:
            await self._writer.submit(self._handle, end)
        except Exception as error:
            log_fault(logger, error, "cannot tell the end of the import of %s", end.name)

    async def _store(self, transaction: LogTransaction, end: ImportEnd | StockEnd) -> None:
        """In the writer, after the import's last command. Alerts of items for ADMIN alone are
        told to ADMIN alone, in a notification of their own."""
        alerts = await self._raised(transaction, end)
        hidden = [alert for alert in alerts if alert.admins_only]
        shown = [alert for alert in alerts if not alert.admins_only]
        digest = digest_of(shown) if shown else None
        if isinstance(end, StockEnd):
            notices = [stock_import_ended(end, digest)]
        else:
            notices = [import_ended(end, digest)]
        if hidden:
            notices.append(notice_of(hidden))
        await store(transaction, notices)

    async def _raised(self, transaction: LogTransaction, end: ImportEnd | StockEnd) -> list[Alert]:
        """Of the items that the import wrote, and of their places, what it raised and still
        stands."""
        connection = transaction.connection
        ids = sorted(set(end.item_ids))
        alerts: list[Alert] = []
        for start in range(0, len(ids), IDS_AT_ONCE):
            some = ids[start : start + IDS_AT_ONCE]
            keys = live_keys(some, await minimum_ids_of(connection, some))
            rows = await connection.rows(
                f"SELECT {COLUMNS} FROM alert WHERE status = ? AND severity >= ? AND "
                "touched_at >= ? AND " + connection.dialect.one_of("live_item_id", "bigint"),
                AlertStatus.OPEN.value,
                int(self._threshold),
                end.began_us,
                connection.dialect.array(keys),
            )
            alerts += [alert_of(row) for row in rows]
        return sorted(alerts, key=lambda alert: alert.id)
