"""What the log keeps of notifications: the forms of the topic's events; and lists of ids.

Fields are only appended, with defaults: kernel/codec.py says why, and what else can be done.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from graphql_api.kernel.codec import Fact, Kind, State


class NotificationType(Enum):
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class NotificationKind(Enum):
    """What a notification is about."""

    ALERT = "ALERT"
    IMPORT = "IMPORT"
    SERVER = "SERVER"
    MESSAGE = "MESSAGE"


class NotificationState(State):
    """A notification as it was sent; see sending.Notification. kind: "" of older ones, whose data
    tells; a text, so that a server of before reads what has a kind that it does not know."""

    id: int
    type: NotificationType
    title: str
    message: str
    data: Any
    timestamp: int
    kind: str = ""


class NotificationTold(Fact):
    """A notification was sent. muted: the users who did not want it, by their choices then."""

    notification: NotificationState
    muted: tuple[int, ...] = ()


class ReadTold(Fact):
    """A notification was marked read; None: all of them until then."""

    notification_id: int | None
    read_at: int


NOTIFICATION_TOLD = Kind("event notifications SENT", NotificationTold)
READ_TOLD = Kind("event notifications READ", ReadTold)
ALERT_IDS = Kind("alert ids", list[int])  # of a go's notification, of a push delivery
