"""A small model of holds: what commands must come to, one after the other.

Written from the contract, without the code under test. Items are named by slots (0, 1 …), places by
0 (the default location) and 1, holds by the step that placed them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Place = tuple[int, int]  # slot, place


@dataclass(frozen=True, slots=True)
class Put:
    """Place a hold. lines: slot, place, quantity."""

    step: int
    lines: tuple[tuple[int, int, int], ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class Act:
    """how: consume, release, or extend by `seconds` from now."""

    how: str
    step: int
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Expire:
    """What the expiry does."""


@dataclass(frozen=True, slots=True)
class Move:
    """Sell, receive, or correct (lose or find, by the sign)."""

    slot: int
    place: int
    quantity: int
    how: str


Command = Put | Act | Expire | Move


@dataclass(slots=True)
class ModelHold:
    units: dict[Place, int]
    expires_s: int
    status: str = "HELD"
    ends: list[str] = field(default_factory=list)

    def end(self, status: str) -> None:
        self.status = status
        self.ends.append(status)


@dataclass(slots=True)
class Model:
    levels: dict[Place, int]
    now_s: int = 0
    holds: dict[int, ModelHold] = field(default_factory=dict)

    def held(self, place: Place) -> int:
        return sum(h.units.get(place, 0) for h in self.holds.values() if h.status == "HELD")

    def apply(self, command: Command) -> str:
        """ "ok", or the refusal's code."""
        for hold in self.holds.values():
            if hold.status == "HELD" and hold.expires_s <= self.now_s:
                hold.end("EXPIRED")
        match command:
            case Put():
                return self._put(command)
            case Act():
                return self._act(command)
            case Expire():
                return "ok"
            case Move():
                return self._move(command)

    def _put(self, command: Put) -> str:
        units: dict[Place, int] = {}
        for slot, place, quantity in command.lines:
            units[slot, place] = units.get((slot, place), 0) + quantity
        if any(self.levels[at] - self.held(at) < wanted for at, wanted in units.items()):
            return "INSUFFICIENT_STOCK"
        self.holds[command.step] = ModelHold(units, self.now_s + command.seconds)
        return "ok"

    def _act(self, command: Act) -> str:
        hold = self.holds.get(command.step)
        if hold is None:
            return "NOT_FOUND"
        if hold.status != "HELD":
            return "INVALID_TRANSITION"
        match command.how:
            case "consume":
                if any(self.levels[at] < wanted for at, wanted in hold.units.items()):
                    return "INSUFFICIENT_STOCK"
                for at, wanted in hold.units.items():
                    self.levels[at] -= wanted
                hold.end("CONSUMED")
            case "release":
                hold.end("RELEASED")
            case _:
                if self.now_s + command.seconds < hold.expires_s:
                    return "INVALID_INPUT"
                hold.expires_s = self.now_s + command.seconds
        return "ok"

    def _move(self, command: Move) -> str:
        at = (command.slot, command.place)
        match command.how:
            case "sell":
                if self.levels[at] - max(self.held(at), 0) < command.quantity:
                    return "INSUFFICIENT_STOCK"
                self.levels[at] -= command.quantity
            case "receive":
                self.levels[at] += command.quantity
            case _:  # lose, or find
                if self.levels[at] + command.quantity < 0:
                    return "INSUFFICIENT_STOCK"
                self.levels[at] += command.quantity
        return "ok"
