"""What holds are asked by: the inputs of the mutations in holds.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.types.arguments import InputContext

from graphql_api.holds import commands, lifecycle
from graphql_api.inventory.quantities import NO_QUANTITY
from schema.faces import from_input, plain_input
from schema.items import ItemRef, item_ref
from schema.node import id_of
from schema.scalars import DateTime, Decimal
from schema.stock_inputs import AMOUNT, UNIT, trimmed

_KEY = (
    "Yours, at most 200 characters, new for each change. The same key and input again returns "
    "the first result; with another input it is refused. For ever."
)


@strawberry.input(description="Units to set aside.")
class HoldLineInput:
    item: ItemRef = strawberry.field(description="What.")
    quantity: int = strawberry.field(
        description="Whole units, at least 1 unless `amount` is given.", default=NO_QUANTITY
    )
    location: strawberry.ID | None = strawberry.field(
        description="Where; the default location if absent.", default=None
    )
    amount: Decimal | None = strawberry.field(description=AMOUNT, default=None)
    unit: str | None = strawberry.field(description=UNIT, default=None)


@strawberry.input(description="Sets the units of a basket aside: all of them, or none.")
class PlaceHoldInput:
    idempotency_key: str = strawberry.field(description=_KEY)
    lines: list[HoldLineInput] = strawberry.field(
        description=f"1 to {commands.LINES_MAX}; those of one item and location add up."
    )
    expires_at: DateTime | None = strawberry.field(
        description=f"In the future, at most {lifecycle.EXPIRES_IN_DAYS_MAX} days.", default=None
    )
    expires_in_seconds: int | None = strawberry.field(
        description="Instead of `expiresAt`, from now on; of both absent: as the server has it, "
        "15 minutes unless set.",
        default=None,
    )
    reference: str | None = strawberry.field(
        description="What it is for: an order, a cart. At most 200 characters.", default=None
    )
    note: str | None = strawberry.field(description="At most 500 characters.", default=None)


@plain_input
@strawberry.input(description="Sells what a hold has, all of it.")
class ConsumeHoldInput:
    idempotency_key: str = strawberry.field(description=_KEY)
    id: strawberry.ID = strawberry.field(description="The hold.")
    reference: str | None = strawberry.field(
        description="Of the movements; the hold's own if absent. At most 200 characters.",
        default=None,
    )
    reason: str | None = strawberry.field(
        description="Of the movements. At most 500 characters.", default=None
    )


@plain_input
@strawberry.input(description="Keeps a hold for longer.")
class ExtendHoldInput:
    id: strawberry.ID = strawberry.field(description="The hold.")
    expires_at: DateTime | None = strawberry.field(
        description="Not before it runs out now; or `expiresInSeconds`.", default=None
    )
    expires_in_seconds: int | None = strawberry.field(
        description="From now on; or `expiresAt`.", default=None
    )


def hold_line(_: type, given: Mapping[str, Any], context: InputContext) -> commands.WantedUnits:
    """A HoldLineInput straight as the use cases take it."""
    return commands.WantedUnits(
        item_ref(ItemRef, given["item"], context),
        given["quantity"],
        id_of(given.get("location")),
        trimmed(given.get("unit")),
        given.get("amount"),
    )


from_input(HoldLineInput, hold_line)


def place_hold_input(
    _: type, given: Mapping[str, Any], context: InputContext
) -> commands.PlaceHold:
    """A PlaceHoldInput straight as a command without its caller, and without how long a hold lasts
    of which nothing is said."""
    return commands.PlaceHold(
        given["idempotencyKey"].strip(),
        tuple([hold_line(HoldLineInput, line, context) for line in given["lines"]]),
        commands.Until(given.get("expiresAt"), given.get("expiresInSeconds")),
        trimmed(given.get("reference")),
        trimmed(given.get("note")),
        None,
        False,
    )


from_input(PlaceHoldInput, place_hold_input)
