"""Custom scalars. Inside: instants are microseconds, money is ten-thousandths, both integers."""

from __future__ import annotations

import decimal
import math
import re
from datetime import datetime
from typing import Any, NewType, cast

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from graphql_api import values
from graphql_api.clock import SECOND_US, from_datetime, to_rfc3339
from graphql_api.errors import CursorInvalid
from graphql_api.events.cursor import Cursor as LogCursor
from graphql_api.events.cursor import decode_cursor

DateTime = NewType("DateTime", int)
Decimal = NewType("Decimal", decimal.Decimal)
JSON = NewType("JSON", object)
Cursor = NewType("Cursor", LogCursor)

DECIMAL_CHARACTERS_MAX = 28  # as many digits as Python's decimals keep without rounding
DATETIME_US_MAX = 253_402_300_800 * SECOND_US - 1  # the end of the year 9999 in UTC
DATETIME_CHARACTERS_MAX = 40  # the longest form has 35
JSON_DEPTH_MAX = 32  # levels; results and events wrap it in more, and encoders stop at 254
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def _parse_datetime(value: object) -> int:
    text = value if isinstance(value, str) and len(value) <= DATETIME_CHARACTERS_MAX else ""
    if not _RFC3339.fullmatch(text):
        raise GraphQLError("DateTime must be RFC 3339 with a time zone, like 2026-01-31T12:00:00Z.")
    try:
        instant_us = from_datetime(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise GraphQLError(f"DateTime {text!r} is no such moment.") from None
    if instant_us < 0:
        raise GraphQLError("DateTime must not be before 1970.")
    if instant_us > DATETIME_US_MAX:
        raise GraphQLError("DateTime must not be after the year 9999 in UTC.")
    return instant_us


def money(units: int) -> Decimal:
    """Ten-thousandths as a Decimal of the schema, which serialises them as they are."""
    return cast(Decimal, units)


def _serialize_decimal(value: Any) -> str:
    """Money out of the database is an integer; a default of an input is a Decimal."""
    return values.money_text(value) if isinstance(value, int) else str(value)


def _parse_decimal(value: object) -> decimal.Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise GraphQLError('Decimal must be a string like "12.50": exact, never a float.')
    # A number that is too long is not even spelt out: that takes time by the square of its length.
    is_long = isinstance(value, int) and value.bit_length() > 4 * DECIMAL_CHARACTERS_MAX
    text = "" if is_long else str(value)
    if len(text) > DECIMAL_CHARACTERS_MAX or not _DECIMAL.fullmatch(text):
        raise GraphQLError('Decimal must be a string like "12.50".')
    return decimal.Decimal(text)


def _parse_json(value: object) -> object:
    """`value`, if it can be kept and told again as it is."""
    level: list[object] = [value]
    for _ in range(JSON_DEPTH_MAX):
        inner: list[object] = []
        for part in level:
            _check_number(part)
            if isinstance(part, dict):
                inner += part.values()
            elif isinstance(part, list):
                inner += part
        level = inner
    if level:
        raise GraphQLError(f"JSON must be nested at most {JSON_DEPTH_MAX} levels deep.")
    return value


def _check_number(part: object) -> None:
    if isinstance(part, int) and not -(2**63) <= part < 2**63:
        raise GraphQLError("JSON's integers must fit 64 bits: send a longer one as a string.")
    if isinstance(part, float) and not math.isfinite(part):
        raise GraphQLError("JSON's numbers must be finite.")


def _parse_cursor(value: object) -> LogCursor | CursorInvalid:
    """A cursor that is none is refused when it is used, with its own code."""
    if not isinstance(value, str):
        raise GraphQLError("Cursor must be a string that this server gave out.")
    try:
        return decode_cursor(value)
    except CursorInvalid as fault:
        return fault


def _serialize_cursor(value: LogCursor) -> str:
    return value.encode()


SCALARS: dict[object, ScalarDefinition] = {
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A moment as RFC 3339, always in UTC: `2026-01-31T12:00:00Z`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=to_rfc3339,
        parse_value=_parse_datetime,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="A decimal number as a string: exact, never a float.",
        serialize=_serialize_decimal,
        parse_value=_parse_decimal,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value,
        parse_value=_parse_json,
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in the event log, opaque: `after` means strictly after this place.",
        serialize=_serialize_cursor,
        parse_value=_parse_cursor,
    ),
}

__all__ = ["JSON", "SCALARS", "Cursor", "DateTime", "Decimal", "money"]
