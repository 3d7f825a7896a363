"""Values that come from outside: one rule for each kind, used by every use case.

All raise InvalidInput with the field that they speak of.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from functools import lru_cache

from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.said import said
from graphql_api.texts.folding import folded as folded  # what every use case compares by

INT32_MAX = 2_147_483_647  # GraphQL's Int, section 3.5.1 of its specification
MONEY_DECIMALS = 4  # unit costs are quoted to a hundredth of a cent
MONEY_SCALE = 10**MONEY_DECIMALS
MONEY_MAX = 10**12 * MONEY_SCALE  # a thousand thousand million: beyond any price, far below 64 bits

MONEY_TEXTS_KEPT = 10_000  # about 1 MB; shops have fewer prices than articles

LINE_BREAKS = frozenset("\n\r\t")


def required_text(value: str, field: FieldPath, characters_max: int) -> str:
    """`value` trimmed; refused when empty, too long, or with control characters."""
    text = _checked(value, field, characters_max)
    if not text:
        raise InvalidInput(said("{field} must not be empty.", field=field[-1]), field)
    return text


def optional_text(value: str | None, field: FieldPath, characters_max: int) -> str | None:
    """`value` trimmed; None when absent or blank."""
    if value is None:
        return None
    return _checked(value, field, characters_max) or None


def prose(value: str, field: FieldPath, characters_max: int) -> str:
    """A longer text, trimmed; may be empty and hold line breaks."""
    return _checked(value, field, characters_max, allowed=LINE_BREAKS)


def _checked(
    value: str, field: FieldPath, characters_max: int, allowed: frozenset[str] = frozenset()
) -> str:
    text = value.strip()
    if len(text) > characters_max:
        raise InvalidInput(
            said(
                "{field} has {count} characters; at most {most} are allowed.",
                field=field[-1],
                count=len(text),
                most=characters_max,
            ),
            field,
        )
    if not text.isprintable() and any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in allowed
        for character in text
    ):
        raise InvalidInput(said("{field} holds control characters.", field=field[-1]), field)
    return text


NO_KEY = ""  # what `lookup_key` makes of a text that nothing can have: no key of ours is empty


def lookup_key(text: str, characters_max: int) -> str:
    """`text` trimmed and folded, to look up what `unique_text` has let in.

    Its length is judged first: normalising a run of combining marks takes time by the square of
    its length. NO_KEY: it is longer than anything that is kept.
    """
    trimmed = text.strip()
    return folded(trimmed) if len(trimmed) <= characters_max else NO_KEY


EXCERPT_MAX = 80  # characters of a text that goes back to whoever sent it


def excerpt(text: str) -> str:
    """`text` quoted for a message, cut where it is long."""
    return repr(text if len(text) <= EXCERPT_MAX else text[:EXCERPT_MAX] + "…")


def unique_text(value: str, field: FieldPath, characters_max: int) -> str:
    """A required text that is compared or sorted by `folded`: that must not grow too long.

    Folding can lengthen a text: ŉ becomes two characters, some ligatures become many.
    """
    text = required_text(value, field, characters_max)
    _check_key(text, field, characters_max)
    return text


def optional_key_text(value: str | None, field: FieldPath, characters_max: int) -> str | None:
    """An optional text that is compared by `folded`: that must not grow too long."""
    text = optional_text(value, field, characters_max)
    if text is not None:
        _check_key(text, field, characters_max)
    return text


def _check_key(text: str, field: FieldPath, characters_max: int) -> None:
    key = folded(text)
    if not key.strip():
        raise InvalidInput(
            said("{field} has no character that can be seen.", field=field[-1]), field
        )
    if len(key) > 2 * characters_max:
        raise InvalidInput(
            said("{field} is too long when written without its case.", field=field[-1]), field
        )


def at_most(count: int, most: int, field: FieldPath) -> None:
    """Refuse a list of more than `most` entries. Raises InvalidInput."""
    if count > most:
        raise InvalidInput(
            said(
                "{field} has {count} entries; at most {most} are allowed.",
                field=field[-1],
                count=count,
                most=most,
            ),
            field,
        )


def quantity(value: int, field: FieldPath, least: int = 0) -> int:
    """A whole number of units within 32 bits, at least `least`."""
    if value < least:
        raise InvalidInput(
            said(
                "{field} must be at least {least}, not {value}.",
                field=field[-1],
                least=least,
                value=value,
            ),
            field,
        )
    if value > INT32_MAX:
        raise InvalidInput(
            said("{field} must be at most {most}.", field=field[-1], most=INT32_MAX), field
        )
    return value


def money(value: Decimal, field: FieldPath) -> int:
    """A price as whole ten-thousandths. Refuses negatives, more than 4 decimals, and 10^12 on."""
    if not value.is_finite():
        raise InvalidInput(said("{field} must be a number.", field=field[-1]), field)
    if value < 0:
        raise InvalidInput(said("{field} must not be negative.", field=field[-1]), field)
    if value.adjusted() > 12:  # before scaling, so that 1e999999 costs nothing
        raise InvalidInput(said("{field} must be below 1000000000000.", field=field[-1]), field)
    # By its digits: Decimal's own arithmetic rounds to 28 of them.
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    number, shift = int("".join(map(str, digits))), exponent + MONEY_DECIMALS
    if not number:
        return 0
    if shift < -len(digits):
        units, rest = 0, 1  # far below our smallest unit, and 10**shift could be huge
    else:
        units, rest = (number * 10**shift, 0) if shift >= 0 else divmod(number, 10**-shift)
    if rest:
        raise InvalidInput(
            said(
                "{field} has more than {most} decimals.",
                field=field[-1],
                most=MONEY_DECIMALS,
            ),
            field,
        )
    if units >= MONEY_MAX:
        raise InvalidInput(said("{field} must be below 1000000000000.", field=field[-1]), field)
    return units


@lru_cache(maxsize=MONEY_TEXTS_KEPT)
def money_text(units: int) -> str:
    """Ten-thousandths as a decimal number with at least two decimals: 180000 → `18.00`."""
    whole, fraction = divmod(units, MONEY_SCALE)
    digits = f"{fraction:0{MONEY_DECIMALS}d}"
    return f"{whole}.{digits[:2]}{digits[2:].rstrip('0')}"
