"""What can go wrong, as nouns with stable codes. Every layer raises these; the schema translates.

Two families. `Refusal`: the request was understood and is not possible (an unknown item,
too little stock); a mutation answers it as a `userErrors` entry. `RequestFault`: the request
itself cannot be served (no session, a limit, a cursor that cannot be honoured); GraphQL
answers it as an entry of `errors` with `extensions.code`. Neither is logged with a traceback.
Anything else is a fault of ours: logged whole under an id, and masked outward.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from graphql_api.said import Value, said_before, template_of, values_of

FieldPath = tuple[str, ...]


class ApplicationError(Exception):
    """Base of all expected errors. `code` is stable and part of the contract."""

    code: ClassVar[str]

    def __init__(self, message: str, **extensions: Any) -> None:
        self.message = str(message)  # no `Said`: it is stored, too
        super().__init__(self.message)
        self.extensions = extensions
        # What a translation of the message is found by, and what stands in it: said.py.
        self.template: str = template_of(message)
        self.values: Mapping[str, Value] = values_of(message)

    @property
    def sentence(self) -> str:
        """The message as it was `said`, for whoever tells it on."""
        return said_before(self.message, self.template, self.values)

    @property
    def told(self) -> dict[str, Any]:
        """As `extensions` of a GraphQL error: the code, what only this error has, and what a
        translation needs."""
        words = {"template": self.template, "values": dict(self.values)} if self.values else {}
        return {"code": self.code, **self.extensions, **words}


class Refusal(ApplicationError):
    """A command that cannot be carried out. `field` is the path into the input it speaks of."""

    def __init__(self, message: str, field: FieldPath | None = None) -> None:
        super().__init__(message)
        self.field = field


class InvalidInput(Refusal):
    """A value that breaks its rule: too long, negative, too many digits."""

    code = "INVALID_INPUT"


class NotFound(Refusal):
    """Nothing there, or nothing that this viewer may know of: the two look the same."""

    code = "NOT_FOUND"


class AlreadyExists(Refusal):
    """A unique value (SKU, barcode, email, location code) that is taken."""

    code = "ALREADY_EXISTS"


class Forbidden(Refusal):
    """The viewer's role does not allow this."""

    code = "FORBIDDEN"


class InsufficientStock(Refusal):
    """The change would take a level below zero. `available` is what the level holds."""

    code = "INSUFFICIENT_STOCK"

    def __init__(self, message: str, available: int, field: FieldPath | None = None) -> None:
        super().__init__(message, field)
        self.available = available


class VersionConflict(Refusal):
    """The item moved on from `expectedVersion`. `current` is its version now."""

    code = "VERSION_CONFLICT"

    def __init__(self, message: str, current: int, field: FieldPath | None = None) -> None:
        super().__init__(message, field)
        self.current = current


class StockConflict(Refusal):
    """The level is not `expectedStock` any more. `current` is what it holds now."""

    code = "STOCK_CONFLICT"

    def __init__(self, message: str, current: int, field: FieldPath | None = None) -> None:
        super().__init__(message, field)
        self.current = current


class IdempotencyKeyReused(Refusal):
    """The key stands for another input."""

    code = "IDEMPOTENCY_KEY_REUSED"


class InvalidCredentials(Refusal):
    """Email, password or refresh token do not open a session. Never says which."""

    code = "INVALID_CREDENTIALS"


class InvalidTransition(Refusal):
    """A state that cannot be left this way; the message names both states."""

    code = "INVALID_TRANSITION"


class LeaseHeld(Refusal):
    """Somebody else has the item's edit lease. `holder`: their name; until `expires_at_us`."""

    code = "LEASE_HELD"

    def __init__(
        self, message: str, holder: str, expires_at_us: int, field: FieldPath | None = None
    ) -> None:
        super().__init__(message, field)
        self.holder = holder
        self.expires_at_us = expires_at_us


class LeaseLost(Refusal):
    """The token is not of the item's newest edit lease."""

    code = "LEASE_LOST"


class RequestFault(ApplicationError):
    """The request itself cannot be served."""


class Unauthenticated(RequestFault):
    """No valid access token."""

    code = "UNAUTHENTICATED"


class AccessDenied(RequestFault):
    """A query or subscription that this role may not use."""

    code = "FORBIDDEN"


class BadRequest(RequestFault):
    """An argument of a query or subscription that breaks its rule."""

    code = "INVALID_INPUT"


class CursorInvalid(RequestFault):
    """A cursor that this server never gave out."""

    code = "CURSOR_INVALID"


class CursorTooOld(RequestFault):
    """Events after this cursor were deleted by retention: query afresh, then subscribe."""

    code = "CURSOR_TOO_OLD"


class EpochChanged(RequestFault):
    """The cursor belongs to another log (a restored backup): query afresh, then subscribe."""

    code = "EPOCH_CHANGED"


class LimitExceeded(RequestFault):
    """A document or message beyond a limit of settings."""

    code = "LIMIT_EXCEEDED"


class RateLimited(RequestFault):
    """Too many operations; `retryAfterSeconds` says when to come back."""

    code = "RATE_LIMITED"


class Unavailable(RequestFault):
    """The server is closing or cannot reach its database; try again."""

    code = "UNAVAILABLE"


def log_fault(logger: logging.Logger, error: Exception, words: str, *values: object) -> None:
    """For work that nobody waits for. words, values: what could not be done, as the logger takes
    them. A fault of ours is logged whole; an expected one, like a database that is away, in a line:
    whoever met it first has told its cause."""
    if isinstance(error, ApplicationError):
        logger.warning(f"{words}: %s", *values, error.message)
    else:
        logger.error(words, *values, exc_info=error)


class OperationRefusal(Exception):
    """A GraphQL operation that cannot run. `errors`: as GraphQL formats them."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"] if errors else "refused")
        self.errors = errors


class ConfigurationError(Exception):
    """A setting that cannot work. The command line prints it in one line and exits with 2."""
