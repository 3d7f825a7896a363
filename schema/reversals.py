"""Taking movements back: the face of graphql_api/inventory/reversals.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import strawberry

from graphql_api.inventory.reversals import Reversals, ReverseMovement
from schema.context import Info
from schema.faces import Face
from schema.node import required_id
from schema.permissions import Rule, mutation
from schema.scalars import DateTime
from schema.stock_inputs import KEY, WHEN, trimmed
from schema.stock_payloads import StockPayload, payload


@strawberry.input(description="Takes a movement back by booking its opposite.")
class ReverseMovementInput:
    idempotency_key: str = strawberry.field(description=KEY)
    movement_id: strawberry.ID = strawberry.field(
        description="The movement; with one leg of a transfer the other goes back too."
    )
    reason: str | None = strawberry.field(description="At most 500 characters.", default=None)
    occurred_at: DateTime | None = strawberry.field(description=WHEN, default=None)


@strawberry.type
class ReversalMutations:
    @mutation(
        Rule.USER,
        StockPayload,
        "Book the opposite of a movement, once: a CORRECTION, or a TRANSFER back. Figures leave "
        "both out. INVALID_TRANSITION when it was reversed, or is a reversal.",
    )
    async def reverse_movement(
        self,
        info: Info,
        input: Annotated[ReverseMovementInput, strawberry.argument("Which movement.")],
    ) -> StockPayload:
        movement_id = required_id(input.movement_id)
        reversals = info.context.services.of(Reversals)
        result = await reversals.reverse(
            ReverseMovement(
                input.idempotency_key.strip(),
                movement_id,
                trimmed(input.reason),
                info.context.signed_in.user_id,
                info.context.sees_admins,
                input.occurred_at,
            )
        )
        # Of a transfer's two the payload has room for one: what takes back the leg that was named.
        links = await reversals.of([movement.id for movement in result.movements])
        named = [m for m in result.movements if links[m.id].other_id == movement_id]
        return payload(replace(result, movements=named))


FACE = Face(mutations=ReversalMutations)
