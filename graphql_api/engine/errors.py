"""Errors as GraphQL tells them: each with a stable `extensions.code`, unknown faults masked.

A masked fault stands whole in the server's log, under the id that the client is told.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence

from graphql import GraphQLError, GraphQLSyntaxError

from graphql_api.errors import ApplicationError, RequestFault

logger = logging.getLogger(__name__)


def public_errors(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """`errors` as clients may see them; what they may not see is logged."""
    return [public_error(error) for error in errors]


def public_error(error: GraphQLError) -> GraphQLError:
    """One error with its code, or masked."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, ApplicationError):
        return _with(error, cause.message, cause.told)
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
    return GraphQLError(fault.message, extensions=fault.told)


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


def limit_error(message: str) -> GraphQLError:
    """A limit that was exceeded."""
    return GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED"})
