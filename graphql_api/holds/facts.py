"""What is stored of holds in forms: the topic's events, and what a key remembers.

Fields are only appended, with defaults: kernel/codec.py says why, and what else can be done.
"""

from __future__ import annotations

from graphql_api.inventory.keys import Place
from graphql_api.kernel.codec import Fact, Kind, State


class HoldLineState(State):
    """Units of an item at a location."""

    item_id: int
    location_id: int
    quantity: int


class HoldState(State):
    """A hold right after a change; see lifecycle.Hold."""

    id: int
    status: str
    lines: list[HoldLineState]
    reference: str | None
    note: str | None
    user_id: int | None
    created_at: int
    expires_at: int
    ended_at: int | None
    ended_by: int | None


class HoldTold(Fact):
    """Something happened to a hold. user_id: who did it; None: nobody, it ran out."""

    hold: HoldState
    user_id: int | None


class WantedLine(State):
    """A line of placeHold, as far as it makes an input the same."""

    by: str
    value: str
    quantity: int
    location_id: int | None
    unit: str | None = None
    amount: str | None = None


class PlaceInput(State):
    """What placeHold was asked for."""

    mutation: str
    lines: list[WantedLine]
    expires_at_us: int | None
    expires_in_s: int | None
    reference: str | None
    note: str | None


class ConsumeInput(State):
    """What consumeHold was asked for."""

    mutation: str
    hold_id: int
    reference: str | None
    reason: str | None


class Remembered(Fact):
    """A key's first result. movements: by id; none for placeHold."""

    hold: HoldState
    movements: list[int]
    cursor: Place


HOLD_TOLD = Kind("event holds", HoldTold)
PLACE_INPUT = Kind("input of placeHold", PlaceInput)
CONSUME_INPUT = Kind("input of consumeHold", ConsumeInput)
REMEMBERED = Kind("idempotency result of holds", Remembered)
