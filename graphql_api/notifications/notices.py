"""What the server itself tells people, in words: imports that end, and, to ADMIN only, itself.

Pure: app.py and cli/ send these when the thing happens.
"""

from __future__ import annotations

from typing import Any

from graphql_api.accounts.roles import Role
from graphql_api.clock import to_rfc3339
from graphql_api.imports.items import ImportEnd
from graphql_api.imports.stock import StockEnd
from graphql_api.notifications.alert_notices import ACTS_ON_STOCK, Digest
from graphql_api.notifications.facts import NotificationKind, NotificationType
from graphql_api.notifications.sending import Notice

ADMINS = Role.ADMIN.bit
NAME_MAX = 150  # characters of a file's name: it stands in a title
_ITEMS_PATH = "/items"


def import_ended(end: ImportEnd, raised: Digest | None = None) -> Notice:
    """SUCCESS; WARNING when rows were left out, when alerts were raised or when it was given up;
    ERROR when it stopped half way. raised: the alerts that it raised, None when it did not: an
    import is one notification, however many they are."""
    counts, name = end.counts, _printable(end.name)
    data: dict[str, Any] = {
        "kind": "IMPORT",
        "name": name,
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "bad": counts.bad,
        "path": _ITEMS_PATH,
    }
    text = (
        f"{_count(counts.created, 'item')} created, {counts.updated} updated, "
        f"{counts.unchanged} unchanged, {_count(counts.bad, 'row')} left out."
    )
    kind, title, text = _outcome(end, text)
    data["outcome"] = _outcome_of(end)
    if counts.deleted:
        text += f" {_count(counts.deleted, 'deleted item')} stayed so."
    if counts.archived:
        text += f" {_count(counts.archived, 'archived item')} stayed so."
    if counts.stock_ignored:
        ignored = _count(counts.stock_ignored, "item")
        text += f" The counts of {ignored} that existed were ignored."
    return _notice(kind, f"{title}: {name}", text, data, raised)


def stock_import_ended(end: StockEnd, raised: Digest | None = None) -> Notice:
    """The same of an import of stock."""
    counts, name = end.counts, _printable(end.name)
    data: dict[str, Any] = {
        "kind": "IMPORT",
        "name": name,
        "booked": counts.booked,
        "unchanged": counts.unchanged,
        "already": counts.already,
        "bad": counts.bad,
        "path": _ITEMS_PATH,
    }
    booked = _count(counts.booked, "row")
    text = f"{booked} booked, {counts.unchanged} unchanged, {counts.bad} left out."
    kind, title, text = _outcome(end, text)
    data["outcome"] = _outcome_of(end)
    if counts.already:
        text += f" {counts.already} were booked before."
    return _notice(kind, f"{title}: {name}", text, data, raised)


def _notice(
    kind: NotificationType, title: str, text: str, data: dict[str, Any], raised: Digest | None
) -> Notice:
    if raised is not None:
        kind = NotificationType.WARNING if kind is NotificationType.SUCCESS else kind
        text += f" {raised.title}: {raised.sentence}"
        data["alerts"] = raised.counts
    return Notice(
        kind,
        title,
        text,
        data,
        ACTS_ON_STOCK,
        named_items=() if raised is None else raised.named,
        kind=NotificationKind.IMPORT,
    )


def _count(count: int, word: str) -> str:
    return f"1 {word}" if count == 1 else f"{count} {word}s"


def _outcome(end: ImportEnd | StockEnd, text: str) -> tuple[NotificationType, str, str]:
    """How it ended, in a kind, a title and a sentence. text: its counts."""
    if end.stopped_at is not None:
        text = f"At line {end.stopped_at}; the rows before it are in. {text}"
        return NotificationType.ERROR, "Import stopped", text
    if end.given_up:
        text = f"The same file again goes on from there. {text}"
        return NotificationType.WARNING, "Import given up", text
    if end.refused:
        text = f"{end.counts.bad} of {end.counts.rows} rows are bad; nothing was written."
        return NotificationType.WARNING, "Import refused", text
    if end.counts.bad:
        return NotificationType.WARNING, "Import ended, with rows left out", text
    return NotificationType.SUCCESS, "Import ended", text


def _outcome_of(end: ImportEnd | StockEnd) -> dict[str, Any]:
    """The same for clients in other languages."""
    if end.stopped_at is not None:
        return {"how": "STOPPED", "line": end.stopped_at}
    if end.given_up:
        return {"how": "GIVEN_UP"}
    if end.refused:
        return {"how": "REFUSED", "rows": end.counts.rows}
    return {"how": "ENDED"}


def _printable(name: str) -> str:
    """A file may have any bytes as its name; PostgreSQL and JSON do not take them all."""
    return "".join(character if character.isprintable() else "?" for character in name)[:NAME_MAX]


def job_failed(name: str, error: Exception) -> Notice:
    """The first failure in a row of a scheduled job. The cause itself is in the log alone."""
    return Notice(
        NotificationType.ERROR,
        f"Scheduled job failed: {name}",
        f"{type(error).__name__}; the server's log tells more. It runs again when next due.",
        {"kind": "JOB", "job": name, "ok": False},
        ADMINS,
        kind=NotificationKind.SERVER,
    )


def job_recovered(name: str) -> Notice:
    """A job that had failed went well again."""
    return Notice(
        NotificationType.SUCCESS,
        f"Scheduled job works again: {name}",
        "Its last run went well.",
        {"kind": "JOB", "job": name, "ok": True},
        ADMINS,
        kind=NotificationKind.SERVER,
    )


def stopped_uncleanly(host: str, seen_us: int) -> Notice:
    """A server ended without saying so: killed, out of memory, or its machine went down."""
    return Notice(
        NotificationType.WARNING,
        "A server did not stop in good order",
        f"The one on {host} was last seen at {to_rfc3339(seen_us)}. Nothing that it had "
        "answered is lost.",
        {"kind": "UNCLEAN_STOP", "host": host, "seenAt": to_rfc3339(seen_us)},
        ADMINS,
        kind=NotificationKind.SERVER,
    )
