"""What changes of stock are asked by: the inputs of the mutations in stock.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.types.arguments import InputContext

from graphql_api.inventory import stock as domain
from graphql_api.inventory.quantities import NO_QUANTITY, NO_STOCK
from schema.faces import from_input
from schema.items import ItemRef, item_ref
from schema.node import id_of
from schema.scalars import DateTime, Decimal


def trimmed(text: str | None) -> str | None:
    """A text without what is around it; None for a blank one."""
    return (text.strip() or None) if text else None


KEY = (
    "Yours, at most 200 characters, new for each change. The same key and input again returns "
    "the first result; with another input it is refused. For ever."
)
WHEN = "When it happened, not in the future; now if absent."
AMOUNT = (
    "Instead of it, a decimal amount of `unit`: 0.5 kg is 500 g; refused where it is no whole "
    "number of base units."
)
UNIT = "The unit of the item in which it is told, without case; the base unit if absent."


@strawberry.input
class Keyed:
    """What each of them begins with; never shown by itself."""

    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="One line of a batch; see AdjustStockInput.")
class StockLine:
    item: ItemRef = strawberry.field(description="What.")
    action_type: domain.ActionType = strawberry.field(description="Why.")
    quantity: int = strawberry.field(
        description="The signed change, whole units, not 0 unless `amount` is given.",
        default=NO_QUANTITY,
    )
    amount: Decimal | None = strawberry.field(description=AMOUNT, default=None)
    unit: str | None = strawberry.field(description=UNIT, default=None)
    location: strawberry.ID | None = strawberry.field(
        description="Where; the default location if absent.", default=None
    )
    reason: str | None = strawberry.field(description="At most 500 characters.", default=None)
    reference: str | None = strawberry.field(description="At most 200 characters.", default=None)
    occurred_at: DateTime | None = strawberry.field(description=WHEN, default=None)


@strawberry.input(description="A relative change: receipt, sale, return, write-off, correction.")
class AdjustStockInput(Keyed, StockLine):
    """A line with a key."""


@strawberry.input(
    description="An absolute level at one location, if it is `expectedStock` now (a count)."
)
class SetStockInput:
    idempotency_key: str = strawberry.field(description=KEY)
    item: ItemRef = strawberry.field(description="What.")
    expected_stock: int = strawberry.field(
        description="The level before, in base units; else STOCK_CONFLICT."
    )
    stock: int = strawberry.field(
        description="The level that was counted; needed unless `amount` is given.",
        default=NO_STOCK,
    )
    amount: Decimal | None = strawberry.field(description=AMOUNT, default=None)
    unit: str | None = strawberry.field(description=UNIT, default=None)
    location: strawberry.ID | None = strawberry.field(
        description="Where; the default location if absent.", default=None
    )
    reason: str | None = strawberry.field(description="At most 500 characters.", default=None)
    reference: str | None = strawberry.field(description="At most 200 characters.", default=None)
    occurred_at: DateTime | None = strawberry.field(description=WHEN, default=None)


def stock_line(_: type, given: Mapping[str, Any], context: InputContext) -> domain.StockLine:
    """A StockLine straight as the use cases take it: batches have hundreds of them."""
    return domain.StockLine(
        item_ref(ItemRef, given["item"], context),
        given["quantity"],
        given["actionType"],
        id_of(given.get("location")),
        trimmed(given.get("reason")),
        trimmed(given.get("reference")),
        given.get("occurredAt"),
        trimmed(given.get("unit")),
        given.get("amount"),
    )


from_input(StockLine, stock_line)


@strawberry.input(description="One count of a batch; see SetStockInput.")
class CountLine:
    item: ItemRef = strawberry.field(description="What.")
    expected_stock: int = strawberry.field(
        description="The level before, in base units; else STOCK_CONFLICT."
    )
    stock: int = strawberry.field(
        description="The level that was counted; needed unless `amount` is given.",
        default=NO_STOCK,
    )
    amount: Decimal | None = strawberry.field(description=AMOUNT, default=None)
    unit: str | None = strawberry.field(description=UNIT, default=None)
    location: strawberry.ID | None = strawberry.field(
        description="Where; the default location if absent.", default=None
    )
    reason: str | None = strawberry.field(description="At most 500 characters.", default=None)
    reference: str | None = strawberry.field(description="At most 200 characters.", default=None)
    occurred_at: DateTime | None = strawberry.field(description=WHEN, default=None)


def count_line(_: type, given: Mapping[str, Any], context: InputContext) -> domain.CountLine:
    """A CountLine straight as the use cases take it, as `stock_line` does."""
    return domain.CountLine(
        item_ref(ItemRef, given["item"], context),
        given["stock"],
        given["expectedStock"],
        id_of(given.get("location")),
        trimmed(given.get("reason")),
        trimmed(given.get("reference")),
        trimmed(given.get("unit")),
        given.get("amount"),
        given.get("occurredAt"),
    )


from_input(CountLine, count_line)


def adjust_stock_input(
    _: type, given: Mapping[str, Any], context: InputContext
) -> domain.AdjustStock:
    """An AdjustStockInput straight as a command without its caller: the most frequent one."""
    return domain.AdjustStock(
        given["idempotencyKey"].strip(),
        (stock_line(StockLine, given, context),),
        domain.BulkPolicy.ABORT_ALL,
        False,
        None,
        False,
    )


from_input(AdjustStockInput, adjust_stock_input)


@strawberry.input(description="Up to 250 changes, applied in their order.")
class AdjustStockBatchInput:
    idempotency_key: str = strawberry.field(description=KEY)
    lines: list[StockLine] = strawberry.field(description="1 to 250; an item may come twice.")
    on_error: domain.BulkPolicy = strawberry.field(
        description="What a bad line means for the others.",
        default=domain.BulkPolicy.ABORT_ALL,
    )


def adjust_batch_input(
    _: type, given: Mapping[str, Any], context: InputContext
) -> domain.AdjustStock:
    """An AdjustStockBatchInput straight as a command without its caller: Strawberry would look at
    each of its lines to see what it is."""
    lines = given["lines"]
    return domain.AdjustStock(
        given["idempotencyKey"].strip(),
        tuple([stock_line(StockLine, line, context) for line in lines]),
        given["onError"],
        True,
        None,
        False,
    )


from_input(AdjustStockBatchInput, adjust_batch_input)


@strawberry.input(description="Up to 250 counts, each of another item or location.")
class SetStockBatchInput:
    idempotency_key: str = strawberry.field(description=KEY)
    lines: list[CountLine] = strawberry.field(description="1 to 250.")
    on_error: domain.BulkPolicy = strawberry.field(
        description="What a bad line means for the others.",
        default=domain.BulkPolicy.ABORT_ALL,
    )


@strawberry.input(description="Moves units between two locations; the item's stock stays.")
class TransferStockInput:
    idempotency_key: str = strawberry.field(description=KEY)
    item: ItemRef = strawberry.field(description="What.")
    from_: strawberry.ID = strawberry.field(name="from", description="Where they leave.")
    to: strawberry.ID = strawberry.field(description="Where they arrive.")
    quantity: int = strawberry.field(
        description="Whole units, at least 1 unless `amount` is given.", default=NO_QUANTITY
    )
    amount: Decimal | None = strawberry.field(description=AMOUNT, default=None)
    unit: str | None = strawberry.field(description=UNIT, default=None)
    reason: str | None = strawberry.field(description="At most 500 characters.", default=None)
    reference: str | None = strawberry.field(description="At most 200 characters.", default=None)
    occurred_at: DateTime | None = strawberry.field(description=WHEN, default=None)
