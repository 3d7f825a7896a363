"""What a user wants to be told, and how: kinds of notifications, severities, channels.

Who never chose gets everything. A choice counts from the moment it was made:

- what is listed is asked of the choices as they are now: what is muted is neither listed nor
  counted as unread, and comes back when the choice is taken back;
- what is told live was decided when it was sent: the event names who had muted it
  (`NotificationTold.muted`), so that a subscription needs no database, and a resume tells the
  same again;
- a push is decided right before it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.alerts.rules import Severity
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import InvalidInput
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.notifications.facts import NotificationKind
from graphql_api.notifications.models import NotificationChoiceRecord
from graphql_api.said import said


class NotificationChannel(Enum):
    """How somebody is told."""

    LIST = "LIST"
    PUSH = "PUSH"


# Who gets a kind at all, and by which channels it is told.
_ACTS_ON_STOCK = Role.ADMIN.bit | Role.USER.bit
AUDIENCES: Mapping[NotificationKind, int] = {
    NotificationKind.ALERT: _ACTS_ON_STOCK,
    NotificationKind.IMPORT: _ACTS_ON_STOCK,
    NotificationKind.SERVER: Role.ADMIN.bit,
    NotificationKind.MESSAGE: _ACTS_ON_STOCK | Role.VIEWER.bit,
}
PUSHED = frozenset({NotificationKind.ALERT})
ALWAYS = 0  # the severity of what has none

# For pushes: what the user `p.user_id` has chosen of alerts, and from which severity on they are
# told: by it and by what the browser `p` was registered for, the stricter.
OF_ALERTS = "LEFT JOIN notification_choice c ON c.user_id = p.user_id AND c.kind = 'ALERT'"
LEAST_PUSHED = (
    "CASE WHEN c.min_severity > p.min_severity THEN c.min_severity ELSE p.min_severity END"
)
SUBSCRIBERS = (
    f"SELECT p.id, {LEAST_PUSHED}, u.role FROM push_subscription p "
    f"JOIN user_account u ON u.id = p.user_id {OF_ALERTS} "
    "WHERE c.pushed IS NULL OR c.pushed = 1 ORDER BY p.id"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What one user wants of one kind. min_severity: alerts below it are not told, None: all."""

    kind: NotificationKind
    listed: bool = True
    pushed: bool = True
    min_severity: Severity | None = None

    @property
    def channels(self) -> list[NotificationChannel]:
        """By which channels it is told; of a kind that is never pushed, no PUSH."""
        pushed = self.pushed and self.kind in PUSHED
        return [NotificationChannel.LIST] * self.listed + [NotificationChannel.PUSH] * pushed

    @property
    def lists_all(self) -> bool:
        return self.listed and self.min_severity is None


@dataclass(frozen=True, slots=True)
class WantedChoice:
    """A command's part: what shall be of one kind. channels None, min_severity absent (`...`):
    as it was."""

    kind: NotificationKind
    channels: frozenset[NotificationChannel] | None
    min_severity: Any = ...


@dataclass(frozen=True, slots=True)
class _Choose:
    viewer: Viewer
    wanted: tuple[WantedChoice, ...]


class Choices:
    """The use cases: what a user has chosen, and choosing."""

    def __init__(self, reading: Connection, writer: LogWriter) -> None:
        self._reading = reading
        self._writer = writer
        self._choose = single(_choose)

    async def of(self, viewer: Viewer) -> list[Choice]:
        """A choice for each kind that the viewer's role gets, chosen or not."""
        return _complete(viewer.role, await chosen(self._reading, viewer.user_id))

    async def choose(self, viewer: Viewer, wanted: Sequence[WantedChoice]) -> list[Choice]:
        """Change what is given, leave the rest; all choices then. Raises InvalidInput."""
        check(viewer.role, wanted)
        made: list[Choice] = await self._writer.submit(self._choose, _Choose(viewer, tuple(wanted)))
        return made


def check(role: Role, wanted: Sequence[WantedChoice]) -> None:
    """Raises InvalidInput: a kind twice, one that the role never gets, a channel or a severity
    that the kind does not have."""
    seen: set[NotificationKind] = set()
    for index, choice in enumerate(wanted):
        kind, at = choice.kind, ("input", "preferences", str(index))
        if kind in seen:
            raise InvalidInput(said("{kind} is given twice.", kind=kind.value), (*at, "kind"))
        seen.add(kind)
        if not AUDIENCES[kind] & role.bit:
            raise InvalidInput(
                said("{role} gets no notifications of {kind}.", role=role.value, kind=kind.value),
                (*at, "kind"),
            )
        if choice.channels and NotificationChannel.PUSH in choice.channels and kind not in PUSHED:
            raise InvalidInput(
                said("{kind} is never pushed: leave PUSH out.", kind=kind.value), (*at, "channels")
            )
        if kind is not NotificationKind.ALERT and isinstance(choice.min_severity, Severity):
            raise InvalidInput(
                said("{kind} has no severity.", kind=kind.value), (*at, "minSeverity")
            )


async def _choose(transaction: LogTransaction, command: _Choose) -> list[Choice]:
    connection, user_id = transaction.connection, command.viewer.user_id
    before = await chosen(connection, user_id)
    changed = {w.kind: _changed(before.get(w.kind, Choice(w.kind)), w) for w in command.wanted}
    await connection.change_many(
        "DELETE FROM notification_choice WHERE user_id = ? AND kind = ?",
        [(user_id, kind.value) for kind in changed],
    )
    for choice in changed.values():
        await connection.create(
            NotificationChoiceRecord,
            id=transaction.new_id(),
            user_id=user_id,
            kind=choice.kind.value,
            listed=int(choice.listed),
            pushed=int(choice.pushed),
            min_severity=ALWAYS if choice.min_severity is None else int(choice.min_severity),
        )
    return _complete(command.viewer.role, before | changed)


def _changed(before: Choice, wanted: WantedChoice) -> Choice:
    channels = wanted.channels
    return Choice(
        wanted.kind,
        before.listed if channels is None else NotificationChannel.LIST in channels,
        before.pushed if channels is None else NotificationChannel.PUSH in channels,
        before.min_severity if wanted.min_severity is ... else wanted.min_severity,
    )


def _complete(role: Role, made: Mapping[NotificationKind, Choice]) -> list[Choice]:
    return [made.get(kind, Choice(kind)) for kind, roles in AUDIENCES.items() if roles & role.bit]


async def chosen(connection: Connection, user_id: int) -> dict[NotificationKind, Choice]:
    """What a user has chosen: kinds that they never chose are absent."""
    rows = await connection.rows(
        "SELECT kind, listed, pushed, min_severity FROM notification_choice WHERE user_id = ?",
        user_id,
    )
    return {
        kind: Choice(kind, bool(listed), bool(pushed), Severity(least) if least else None)
        for kind, listed, pushed, least in (
            (NotificationKind(row[0]), row[1], row[2], row[3]) for row in rows
        )
    }


@dataclass(frozen=True, slots=True)
class Listed:
    """A condition on notifications for what a user lists; nothing is compared of who lists all.

    sql: " AND …", on `n`; no parameters: kinds and severities are ours, not the caller's."""

    sql: str

    @classmethod
    def of(cls, choices: Mapping[NotificationKind, Choice]) -> Listed:
        parts = []
        for choice in choices.values():
            if choice.lists_all:
                continue
            least = (
                "" if not choice.listed else f" AND n.severity < {int(choice.min_severity or 0)}"
            )
            parts.append(f" AND NOT (n.kind = '{choice.kind.value}'{least})")
        return cls("".join(parts))


async def muted_by(
    connection: Connection, told: Sequence[tuple[NotificationKind, int]]
) -> list[tuple[int, ...]]:
    """For each kind and severity: the ids of the users who do not list it. One statement."""
    rows = await connection.rows(
        "SELECT user_id, kind, listed, min_severity FROM notification_choice "
        "WHERE listed = 0 OR min_severity > 0 ORDER BY user_id"
    )
    return [
        tuple(
            user_id
            for user_id, kind_of, listed, least in rows
            if kind_of == kind.value and (not listed or severity < least)
        )
        for kind, severity in told
    ]


async def waited_for(connection: Connection, told: int, severity: int) -> bool:
    """Whether somebody who was not told of `told` wants to be told of `severity`."""
    row = await connection.row(
        "SELECT 1 FROM notification_choice WHERE kind = ? AND listed = 1 "
        "AND min_severity > ? AND min_severity <= ? LIMIT 1",
        NotificationKind.ALERT.value,
        told,
        severity,
    )
    return row is not None
