"""Refusals of mutations as payloads tell them: `userErrors`, each with a stable code.

What reaches GraphQL's own `errors` is told by graphql_api/engine/errors.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import strawberry

from graphql_api.errors import Refusal
from graphql_api.inventory.stock import BatchRefused
from schema.scalars import JSON


@strawberry.enum(description="Why a mutation was not carried out.")
class ErrorCode(Enum):
    INVALID_INPUT = strawberry.enum_value(
        "INVALID_INPUT", description="A value breaks its rule: empty, too long, out of range."
    )
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND", description="Nothing there, or nothing that your role may see."
    )
    ALREADY_EXISTS = strawberry.enum_value(
        "ALREADY_EXISTS", description="A unique value (SKU, barcode, email, code) is taken."
    )
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="Your role may not do this.")
    INSUFFICIENT_STOCK = strawberry.enum_value(
        "INSUFFICIENT_STOCK", description="The level would go below zero; nothing was recorded."
    )
    VERSION_CONFLICT = strawberry.enum_value(
        "VERSION_CONFLICT", description="The item is not at `expectedVersion` any more."
    )
    STOCK_CONFLICT = strawberry.enum_value(
        "STOCK_CONFLICT", description="The level is not `expectedStock` any more."
    )
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key stands for another input, for ever."
    )
    INVALID_CREDENTIALS = strawberry.enum_value(
        "INVALID_CREDENTIALS", description="Email, password or refresh token open no session."
    )
    INVALID_TRANSITION = strawberry.enum_value(
        "INVALID_TRANSITION", description="The state cannot be left this way."
    )
    LEASE_HELD = strawberry.enum_value(
        "LEASE_HELD", description="Somebody else has the item's edit lease; the message says who."
    )
    LEASE_LOST = strawberry.enum_value(
        "LEASE_LOST", description="The token is not of the item's newest edit lease."
    )


@strawberry.type(description="An expected failure of a mutation; nothing was changed by it.")
class UserError:
    code: ErrorCode = strawberry.field(description="Stable: decide by this.")
    message: str = strawberry.field(description="For people: what was wrong, and what is right.")
    template: str = strawberry.field(
        description="The message with names in braces where values stand: a translation is found "
        "by it. docs/errors.md lists them all.",
    )
    values: JSON = strawberry.field(description="What stands there, by those names.")
    field: list[str] | None = strawberry.field(
        description='The path into the input, like `["input", "lines", "3", "quantity"]`.',
        default=None,
    )


def user_errors(refusal: Refusal) -> list[UserError]:
    """A refusal as a payload tells it: one entry, or one for each line of a batch."""
    refusals = refusal.refusals if isinstance(refusal, BatchRefused) else [refusal]
    return [user_error(one, one.field) for one in refusals]


def user_error(refusal: Refusal, field: Sequence[str] | None) -> UserError:
    """field: the path into the input of the mutation that tells it; None: it speaks of no field."""
    return UserError(
        code=ErrorCode(refusal.code),
        message=refusal.message,
        template=refusal.template,
        values=JSON(dict(refusal.values)),
        field=None if field is None else list(field),
    )
