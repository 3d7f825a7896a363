"""What a push says, in the language of whoever gets it. Pure; called by push_deliveries.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from graphql_api.alerts import lifecycle
from graphql_api.alerts.lifecycle import Alert
from graphql_api.alerts.rules import Severity
from graphql_api.notifications.alert_notices import ALERTS_PATH
from graphql_api.said import Said, said
from graphql_api.texts.languages import Language, in_language

TITLE_CHARACTERS = 220  # an item's name and what is wrong with it

COUNTED = {
    "CRITICAL": "{count} CRITICAL",
    "HIGH": "{count} HIGH",
    "MEDIUM": "{count} MEDIUM",
    "LOW": "{count} LOW",
}


def payload_of(alerts: Sequence[Alert], language: Language = Language.EN) -> dict[str, Any]:
    """What the service worker gets, well below 4 KB: gravest alert first.

    title and message to show, in `language`; severity; path of the console to open; tag: a
    message replaces the one that shows the same tag; alertId, itemId: null when it speaks of
    `count` alerts.
    """
    first = alerts[0]
    is_one = len(alerts) == 1
    title = first.title if is_one else lifecycle.together(alerts)
    message = first.message if is_one else _together(alerts, language)
    return {
        "title": in_language(title, language)[:TITLE_CHARACTERS],
        "message": in_language(message, language),
        "language": language.value,
        "severity": first.severity.name,
        "alertId": str(first.id) if is_one else None,
        "itemId": str(first.item_id) if is_one else None,
        "count": len(alerts),
        "path": f"/items/{first.item_id}" if is_one else ALERTS_PATH,
        "tag": f"alert-{first.id}" if is_one else "alerts",
    }


def _together(alerts: Sequence[Alert], language: Language) -> Said:
    """How many by severity, and the first by its title, cut in `language`: a cut text is none that
    a translation is found by."""
    return said(
        "{counts}. {first}, and others.",
        counts=_counts(Counter(alert.severity for alert in alerts)),
        first=in_language(alerts[0].title, language)[:TITLE_CHARACTERS],
    )


def _counts(by_severity: Mapping[Severity, int]) -> Said:
    """In the order of the first of each; languages part a list differently."""
    first, *others = (said(COUNTED[one.name], count=n) for one, n in by_severity.items())
    for other in others:
        first = said("{first}, {other}", first=first, other=other)
    return first
