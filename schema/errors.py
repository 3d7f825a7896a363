"""The one table at the border: errors of the layers below as GraphQL tells them.

Refusals of mutations become `userErrors`. What reaches GraphQL's `errors` gets a stable
`extensions.code`; unknown faults are masked, under an id that stands in the server's log too.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from enum import Enum

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError

from graphql_api.errors import ApplicationError, Refusal, RequestFault
from graphql_api.inventory.stock import BatchRefused

logger = logging.getLogger(__name__)


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
    field: list[str] | None = strawberry.field(
        description='The path into the input, like `["input", "lines", "3", "quantity"]`.',
        default=None,
    )


def user_errors(refusal: Refusal) -> list[UserError]:
    """A refusal as a payload tells it: one entry, or one for each line of a batch."""
    refusals = refusal.refusals if isinstance(refusal, BatchRefused) else [refusal]
    return [
        UserError(
            code=ErrorCode(one.code),
            message=one.message,
            field=None if one.field is None else list(one.field),
        )
        for one in refusals
    ]


def public_errors(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """`errors` as clients may see them; what they may not see is logged."""
    return [public_error(error) for error in errors]


def public_error(error: GraphQLError) -> GraphQLError:
    """One error with its code, or masked."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, ApplicationError):
        return _with(error, cause.message, {"code": cause.code, **cause.extensions})
    if cause is None or isinstance(cause, GraphQLError):
        if error.extensions and "code" in error.extensions:
            return error
        return _with(error, error.message, {"code": _code_of(error), **(error.extensions or {})})
    return _with(error, *masked(cause))


_SUGGESTION = " Did you mean "  # and what was meant, up to the end: graphql-core puts it last


def without_suggestions(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """`errors` without guesses at what was meant, which would tell the schema name by name."""
    return [
        _with(error, error.message.partition(_SUGGESTION)[0], error.extensions or {})
        for error in errors
    ]


def masked(cause: BaseException) -> tuple[str, dict[str, object]]:
    """What may be said of a fault of ours; all of it goes to the log under the same id."""
    error_id = secrets.token_hex(6)
    logger.error("fault %s", error_id, exc_info=cause)
    message = f"Something went wrong on the server (error {error_id})."
    return message, {"code": "INTERNAL_SERVER_ERROR", "errorId": error_id}


def fault_error(fault: RequestFault) -> GraphQLError:
    """A request's fault outside of any field."""
    return GraphQLError(fault.message, extensions={"code": fault.code, **fault.extensions})


def invalid(error: GraphQLError) -> GraphQLError:
    """What is wrong with a document, whatever its variables: its own code, or Apollo's."""
    if error.extensions and "code" in error.extensions:
        return error
    return _with(error, error.message, {"code": "GRAPHQL_VALIDATION_FAILED"})


def _with(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _code_of(error: GraphQLError) -> str:
    """Apollo's names for what is wrong with a document's text, or with variables."""
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    return "BAD_USER_INPUT"
