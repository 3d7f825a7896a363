"""Marks: the number of each writer's newest transaction, kept in the log's head row.

A transaction writes its number with the head, so in one step with everything else. When the
answer to its COMMIT was lost, its writer takes the head again (which waits for a transaction
that is still open) and looks whether its number stands there. No further statement, no second
table, and it stays true when a database fails over to one that lacks the transaction.
"""

from __future__ import annotations

from enum import Enum

from graphql_api.kernel.codec import Kind

WRITERS_MAX = 32  # processes; about 800 bytes. One that 32 others have written after is unknown

MARKS = Kind("writers' marks", dict[str, int])


class Outcome(Enum):
    """What became of a transaction."""

    COMMITTED = "committed"
    NOT_COMMITTED = "not committed"
    UNKNOWN = "unknown"


class Marks:
    """Writer → number of its newest transaction, the one that wrote last at the end."""

    __slots__ = ("_numbers",)

    def __init__(self, text: str | None) -> None:
        """text: as the head row has it; None: nobody has written yet."""
        self._numbers: dict[str, int] = MARKS.decode(text) if text else {}

    def sign(self, writer: str, number: int) -> None:
        """`writer`'s newest transaction is `number`. The one that is silent longest is dropped."""
        self._numbers.pop(writer, None)
        self._numbers[writer] = number
        while len(self._numbers) > WRITERS_MAX:
            del self._numbers[next(iter(self._numbers))]

    def outcome(self, writer: str, number: int) -> Outcome:
        """Whether the transaction `number` of `writer` is in, seen by whoever holds the head.

        Numbers only rise and a writer has one transaction at a time, so a lower one says no.
        """
        newest = self._numbers.get(writer)
        if newest is None and len(self._numbers) >= WRITERS_MAX:
            return Outcome.UNKNOWN
        return Outcome.COMMITTED if newest == number else Outcome.NOT_COMMITTED

    def text(self) -> str:
        """As the head row keeps them."""
        return MARKS.encode(self._numbers)
