"""The life of a hold: the state machine, and the hold's forms in rows and events. Pure.

States: HELD → CONSUMED (sold), RELEASED (given back) or EXPIRED (its time was over), each of them
final. A hold's time is over at its `expires_at` itself, whether or not somebody has come to say
so: from then on it can only become EXPIRED, so of a consumption and an expiry one alone can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql_api.clock import DAY_US, SECOND_US, to_rfc3339
from graphql_api.delivery import audience
from graphql_api.errors import FieldPath, InvalidInput, InvalidTransition
from graphql_api.events.log import Event, Facts
from graphql_api.holds.facts import HOLD_TOLD, HoldLineState, HoldState, HoldTold
from graphql_api.said import said

TOPIC = "holds"
EXPIRES_IN_DAYS_MAX = 90  # as long as anything may be set aside, counted from now
EXPIRES_IN_S_MAX = EXPIRES_IN_DAYS_MAX * DAY_US // SECOND_US


class HoldStatus(Enum):
    HELD = "HELD"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class HoldChange(Enum):
    """What happened to a hold: the kinds of the topic's events."""

    PLACED = "PLACED"
    EXTENDED = "EXTENDED"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


FACTS: Facts = {(TOPIC, change.value): HOLD_TOLD for change in HoldChange}


@dataclass(frozen=True, slots=True)
class HoldLine:
    """Units of an item at a location; a hold has one line at most for each such place."""

    item_id: int
    location_id: int
    quantity: int


@dataclass(slots=True)
class Hold:
    """A hold as it stands. *_at: microseconds since 1970; ended_at None while it is HELD.

    user_id: who placed it; ended_by_id: who ended it, None also when it ran out.
    """

    id: int
    status: HoldStatus
    reference: str | None
    note: str | None
    user_id: int | None
    created_at: int
    expires_at: int
    ended_at: int | None = None
    ended_by_id: int | None = None
    lines: list[HoldLine] = field(default_factory=list)

    def is_over(self, now_us: int) -> bool:
        """Whether its time is over, or it has ended."""
        return self.status is not HoldStatus.HELD or self.expires_at <= now_us

    def check_live(self, target: str, now_us: int, at: FieldPath) -> None:
        """Raises InvalidTransition unless it may become `target` now."""
        if self.status is not HoldStatus.HELD:
            raise InvalidTransition(
                said(
                    "The hold is {status} since {since} and cannot be {target}: place a new one.",
                    status=self.status.value,
                    since=to_rfc3339(self.ended_at or 0),
                    target=target,
                ),
                at,
            )
        if self.is_over(now_us):
            raise InvalidTransition(
                said(
                    "The hold is {status} since {since} and cannot be {target}: place a new one.",
                    status=HoldStatus.EXPIRED.value,
                    since=to_rfc3339(self.expires_at),
                    target=target,
                ),
                at,
            )

    def end(self, status: HoldStatus, now_us: int, user_id: int | None) -> None:
        """Become CONSUMED or RELEASED; `check_live` was asked before."""
        assert not self.is_over(now_us), "an ended hold does not end again"
        self.status, self.ended_at, self.ended_by_id = status, now_us, user_id

    def expire(self, now_us: int) -> None:
        """Become EXPIRED, as of when its time was over."""
        assert self.status is HoldStatus.HELD, "an ended hold does not end again"
        assert self.is_over(now_us), "its time is not over"
        self.status, self.ended_at = HoldStatus.EXPIRED, self.expires_at

    def extend(self, expires_at_us: int, now_us: int, at: FieldPath) -> None:
        """Last until then. Raises InvalidInput, InvalidTransition."""
        self.check_live("extended", now_us, ("input", "id"))
        checked_expiry(expires_at_us, now_us, at)
        if expires_at_us < self.expires_at:
            raise InvalidInput(
                said(
                    "The hold lasts until {until} already: give a later moment, or release it.",
                    until=to_rfc3339(self.expires_at),
                ),
                at,
            )
        self.expires_at = expires_at_us

    def state(self) -> HoldState:
        """As events and keys keep it; see `hold_of`."""
        return HoldState(
            self.id, self.status.value,
            [HoldLineState(line.item_id, line.location_id, line.quantity) for line in self.lines],
            self.reference, self.note, self.user_id, self.created_at, self.expires_at,
            self.ended_at, self.ended_by_id,
        )  # fmt: skip


def hold_of(state: HoldState) -> Hold:
    """The hold that `Hold.state` wrote."""
    return Hold(
        state.id, HoldStatus(state.status), state.reference, state.note, state.user_id,
        state.created_at, state.expires_at, state.ended_at, state.ended_by,
        [HoldLine(line.item_id, line.location_id, line.quantity) for line in state.lines],
    )  # fmt: skip


def checked_expiry(expires_at_us: int, now_us: int, at: FieldPath) -> int:
    """When a hold shall run out. Raises InvalidInput unless it is after now, and not too far."""
    if expires_at_us <= now_us:
        raise InvalidInput(said("{at} must be in the future.", at=at[-1]), at)
    if expires_at_us > now_us + EXPIRES_IN_DAYS_MAX * DAY_US:
        raise InvalidInput(
            said("{at} is more than {most} days away.", at=at[-1], most=EXPIRES_IN_DAYS_MAX), at
        )
    return expires_at_us


def added_up(lines: Iterable[HoldLine]) -> list[HoldLine]:
    """One line for each place, with the sum of those for it; in the order of first mention."""
    sums: dict[tuple[int, int], int] = {}
    for line in lines:
        place = (line.item_id, line.location_id)
        sums[place] = sums.get(place, 0) + line.quantity
    return [HoldLine(*place, quantity) for place, quantity in sums.items()]


def told(change: HoldChange, hold: Hold, is_hidden: bool, user_id: int | None) -> Event:
    """The event of a change. is_hidden: whether one of its items exists for ADMIN only."""
    roles = audience.ADMINS if is_hidden else audience.EVERYONE
    return Event(TOPIC, change.value, hold.id, roles, None, HoldTold(hold.state(), user_id))


COLUMNS = "id, status, reference, note, user_id, created_at, expires_at, ended_at, ended_by"


def hold_from_row(row: Sequence[Any] | Any) -> Hold:
    """A hold without its lines, out of a row of COLUMNS."""
    hold = Hold(*row)
    hold.status = HoldStatus(hold.status)
    return hold
