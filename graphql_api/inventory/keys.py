"""What an idempotency key remembers, for ever: a digest of its input, and its first result.

Fields are only appended, with defaults: kernel/codec.py says why, and what else can be done.
"""

from __future__ import annotations

from graphql_api.inventory.facts import ItemState
from graphql_api.kernel.codec import Fact, Kind, State


class LineInput(State):
    """A line of adjustStock or adjustStockBatch, as far as it makes an input the same."""

    by: str
    value: str
    quantity: int
    action_type: str
    location_id: int | None
    reason: str | None
    reference: str | None
    occurred_at_us: int | None
    unit: str | None = None
    amount: str | None = None


class AdjustInput(State):
    """What adjustStock ("adjust") or adjustStockBatch ("batch") was asked for."""

    mutation: str
    on_error: str
    lines: list[LineInput]


class SetInput(State):
    """What setStock was asked for."""

    mutation: str
    by: str
    value: str
    stock: int
    expected_stock: int
    location_id: int | None
    reason: str | None
    reference: str | None
    unit: str | None = None
    amount: str | None = None
    occurred_at_us: int | None = None


class SetBatchInput(State):
    """What setStockBatch was asked for."""

    mutation: str
    on_error: str
    lines: list[SetInput]


class TransferInput(State):
    """What transferStock was asked for."""

    mutation: str
    by: str
    value: str
    quantity: int
    from_id: int
    to_id: int
    reason: str | None
    reference: str | None
    unit: str | None = None
    amount: str | None = None
    occurred_at_us: int | None = None


class ReverseInput(State):
    """What reverseMovement was asked for."""

    mutation: str
    movement_id: int
    reason: str | None
    occurred_at_us: int | None = None


class Place(State):
    """A place in the log: events.cursor.Cursor."""

    epoch: str
    position: int
    witness_us: int


class RefusedLine(State):
    """A line that was refused. field: the path into the input; template, values: what the message
    was made of (said.py)."""

    code: str
    message: str
    field: list[str] | None
    template: str | None = None
    values: dict[str, str | int | float | bool] | None = None


class WarnedLine(State):
    """What was told beside what was done. field: the path into the input. template, values: of
    the message; "" and None: a server of before wrote it."""

    code: str
    message: str
    field: list[str]
    template: str = ""
    values: dict[str, str | int | float | bool] | None = None


class Remembered(Fact):
    """A key's first result. movements: by id; item: None for a batch."""

    movements: list[int]
    item: ItemState | None
    cursor: Place
    refusals: list[RefusedLine]
    warnings: tuple[WarnedLine, ...] = ()


ADJUST_INPUT = Kind("input of adjustStock", AdjustInput)
SET_INPUT = Kind("input of setStock", SetInput)
SET_BATCH_INPUT = Kind("input of setStockBatch", SetBatchInput)
TRANSFER_INPUT = Kind("input of transferStock", TransferInput)
REVERSE_INPUT = Kind("input of reverseMovement", ReverseInput)
REMEMBERED = Kind("idempotency result", Remembered)
