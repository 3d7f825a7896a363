"""Finding movements by words of their references and reasons.

A reference is found by any of its parts, by what a part has behind its letters, and by all of it
without what parts it: INV-2026-0815 by "inv-2026", "0815", "2026 08" and "INV20260815", and
PO4711 by "4711". A reason is found by its words. All match by their beginning, without case and
accents; several are joined by AND. history.py asks, movements.py writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from graphql_api.database.connection import Connection
from graphql_api.database.words_of_movements import (
    INSERT_TERM,
    REASON,
    REFERENCE,
    TERM_MAX,
    TERMS_MAX,
    terms_of,
    words_of,
)

TEXT_MAX = 200  # characters that are looked for at once: as many as a reference has
WORDS_MAX = 8  # of one question; more narrow nothing down that eight did not


class Worded(Protocol):
    """What of a movement is found by words."""

    @property
    def id(self) -> int: ...

    @property
    def reference(self) -> str | None: ...

    @property
    def reason(self) -> str | None: ...


def wanted_terms(mark: str, text: str) -> list[str]:
    """What terms must begin with, all of these, for `text` to be found; the longest, which are
    the rarest, first. Empty: there is no word in it, so it finds nothing."""
    words = sorted(set(words_of(text)), key=lambda word: (-len(word), word))
    return [mark + word for word in words[:WORDS_MAX]]


def has_terms(movement: Worded, wanted: Iterable[str]) -> bool:
    """Whether a term of the movement begins with each of `wanted`."""
    terms = terms_of(movement.reference, movement.reason)
    return all(any(term.startswith(start) for term in terms) for start in wanted)


def term_rows(movements: Iterable[Worded]) -> Iterator[tuple[str, int]]:
    """Rows of movement_term: term and movement id."""
    for movement in movements:
        if movement.reference or movement.reason:
            for term in terms_of(movement.reference, movement.reason):
                yield term, movement.id


async def insert_terms(connection: Connection, movements: Sequence[Worded]) -> None:
    """Let new movements be found by their words: one statement, or none."""
    await connection.change_many(INSERT_TERM, term_rows(movements))


__all__ = [
    "REASON",
    "REFERENCE",
    "TERMS_MAX",
    "TERM_MAX",
    "TEXT_MAX",
    "WORDS_MAX",
    "has_terms",
    "insert_terms",
    "term_rows",
    "terms_of",
    "wanted_terms",
]
