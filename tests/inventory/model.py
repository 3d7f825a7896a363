"""A small model of the ledger: what commands must come to, one after the other.

Written from the contract, without the code under test. Items are named by slots (0, 1, 2 …),
places by 0 (the default location) and 1.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

INT32_MAX = 2**31 - 1

# What a command came to: ("ok", what it did …) or a refusal's code, with the codes of its lines.
Outcome = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Create:
    slot: int
    stock: int
    min_stock: int


@dataclass(frozen=True, slots=True)
class Update:
    """Change an item's minimum. known: whether the caller can name it by its id."""

    slot: int
    min_stock: int
    known: bool = True


@dataclass(frozen=True, slots=True)
class Delete:
    slot: int
    known: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    slot: int
    quantity: int
    place: int


@dataclass(frozen=True, slots=True)
class Adjust:
    key: str
    line: Line


@dataclass(frozen=True, slots=True)
class Batch:
    key: str
    lines: tuple[Line, ...]
    skips: bool


@dataclass(frozen=True, slots=True)
class Count:
    key: str
    slot: int
    stock: int
    expected: int
    place: int


@dataclass(frozen=True, slots=True)
class Transfer:
    key: str
    slot: int
    quantity: int
    origin: int
    target: int


@dataclass(frozen=True, slots=True)
class Reverse:
    """Take a movement back. number: in the order in which they were booked, opening stocks left
    out; None: one that is not there."""

    key: str
    number: int | None


StockCommand = Adjust | Batch | Count | Transfer | Reverse
Command = Create | Update | Delete | StockCommand


@dataclass(slots=True)
class Moved:
    """A line of the ledger. leg: the number of a transfer's other one; other: of the movement on
    the other side of a reversal."""

    slot: int
    place: int
    quantity: int
    leg: int | None = None
    other: int | None = None


@dataclass(slots=True)
class ModelItem:
    min_stock: int
    levels: dict[int, int]
    version: int = 1
    is_deleted: bool = False

    @property
    def stock(self) -> int:
        return sum(self.levels.values())


class Refused(Exception):
    """args: the outcome."""


@dataclass(slots=True)
class Model:
    """The state after some commands. `apply` carries one out and says what it came to."""

    items: dict[int, ModelItem] = field(default_factory=dict)
    keys: dict[str, tuple[StockCommand, Outcome]] = field(default_factory=dict)
    ledger: list[Moved] = field(default_factory=list)

    def copy(self) -> Model:
        return copy.deepcopy(self)

    def apply(self, command: Command) -> Outcome:
        try:
            match command:
                case Create():
                    return self._create(command)
                case Update():
                    self._named(command.slot, command.known).min_stock = command.min_stock
                    return self._touched(command.slot)
                case Delete():
                    self._named(command.slot, command.known).is_deleted = True
                    return self._touched(command.slot)
                case _:
                    return self._with_key(command)
        except Refused as refused:
            outcome: Outcome = refused.args
            return outcome

    def _create(self, command: Create) -> Outcome:
        if command.slot in self.items:
            raise Refused("ALREADY_EXISTS")
        levels = {0: command.stock} if command.stock else {}
        self.items[command.slot] = ModelItem(command.min_stock, levels)
        return "ok", command.slot, 1

    def _named(self, slot: int, known: bool) -> ModelItem:
        if not known:
            raise Refused("NOT_FOUND")
        return self._living(slot)

    def _living(self, slot: int, goes_out: bool = False) -> ModelItem:
        """goes_out: one that is deleted may have something left to book out."""
        item = self.items.get(slot)
        if item is None or (item.is_deleted and not (goes_out and item.stock)):
            raise Refused("NOT_FOUND")
        return item

    def _touched(self, slot: int) -> Outcome:
        self.items[slot].version += 1
        return "ok", slot, self.items[slot].version

    def _with_key(self, command: StockCommand) -> Outcome:
        _check(command)
        known = self.keys.get(command.key)
        if known is not None:
            if known[0] != command:
                raise Refused("IDEMPOTENCY_KEY_REUSED")
            return *known[1][:-1], True
        outcome = self._book(command)
        if outcome[1]:  # something was booked
            self.keys[command.key] = command, outcome
        return outcome

    def _book(self, command: StockCommand) -> Outcome:
        match command:
            case Adjust():
                self._living(command.line.slot, command.line.quantity < 0)
                return "ok", (self._move(command.line),), (), False
            case Batch():
                return self._batch(command)
            case Count():
                goes_out = command.stock < command.expected
                level = self._living(command.slot, goes_out).levels.get(command.place, 0)
                if level != command.expected:
                    raise Refused("STOCK_CONFLICT")
                line = Line(command.slot, command.stock - level, command.place)
                return "ok", (self._move(line),), (), False
            case Transfer():
                away = Line(command.slot, -command.quantity, command.origin)
                here = Line(command.slot, command.quantity, command.target)
                return "ok", self._move_both(away, here), (), False
            case Reverse():
                return "ok", self._reverse(command), (), False

    def _move_both(self, away: Line, here: Line) -> tuple[Any, Any]:
        version = self._living(away.slot, goes_out=True).version + 1
        moved = self._move(away), self._move(here)
        self.items[away.slot].version = version  # one change of the item
        number = len(self.ledger)
        self.ledger[-2].leg, self.ledger[-1].leg = number - 1, number - 2
        return moved

    def _reverse(self, command: Reverse) -> tuple[Any, ...]:
        if command.number is None:
            raise Refused("NOT_FOUND")
        named = self.ledger[command.number]
        if named.other is not None:
            raise Refused("INVALID_TRANSITION")
        numbers = [n for n in (command.number, named.leg) if n is not None]
        came_in = sum(self.ledger[n].quantity for n in numbers)
        if self.items[named.slot].is_deleted and came_in < 0:
            raise Refused("INVALID_TRANSITION")  # nothing comes back to what is deleted
        numbers.sort(key=lambda n: -self.ledger[n].quantity)
        lines = [Line(named.slot, -self.ledger[n].quantity, self.ledger[n].place) for n in numbers]
        moved = (self._move(lines[0]),) if len(lines) == 1 else self._move_both(*lines)
        for back, number in enumerate(numbers, start=len(self.ledger) - len(numbers)):
            self.ledger[number].other, self.ledger[back].other = back, number
        return moved

    def _batch(self, command: Batch) -> Outcome:
        trial = self.copy()
        moved: list[Any] = []
        codes: list[tuple[int, str]] = []
        for number, line in enumerate(command.lines):
            try:
                self._living(line.slot, line.quantity < 0)
                moved.append(trial._move(line))
            except Refused as refused:
                codes.append((number, refused.args[0]))
        if codes and not command.skips:
            raise Refused("INVALID_INPUT", tuple(codes))
        self.items, self.ledger = trial.items, trial.ledger
        return "ok", tuple(moved), tuple(codes), False

    def _move(self, line: Line) -> tuple[int, int, int, int, int]:
        item = self.items[line.slot]
        level, stock = item.levels.get(line.place, 0), item.stock
        if level + line.quantity < 0:
            raise Refused("INSUFFICIENT_STOCK")
        if stock + line.quantity > INT32_MAX:
            raise Refused("INVALID_INPUT")
        item.levels[line.place] = level + line.quantity
        item.version += 1
        self.ledger.append(Moved(line.slot, line.place, line.quantity))
        return line.slot, line.place, line.quantity, stock, stock + line.quantity


def _check(command: StockCommand) -> None:
    """What is refused before anything is looked up."""
    match command:
        case Adjust():
            is_good = command.line.quantity != 0
        case Batch():
            is_good = bool(command.lines) and all(line.quantity for line in command.lines)
        case Transfer():
            is_good = command.quantity >= 1 and command.origin != command.target
        case _:
            is_good = True
    if not is_good:
        raise Refused("INVALID_INPUT")
