"""What is wrong with an import, or with a row of it, as it is kept: so that whoever reads it later
is told in their own language. Called by whatever stores it.

One sentence without values is kept as it stands, which is what 0.1.0 wrote of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphql_api.imports.facts import TOLD_PROBLEMS, ToldProblem
from graphql_api.kernel.codec import Damaged
from graphql_api.said import said_before, template_of, values_of

Problems = Sequence[str]  # sentences, as they were said; empty: there is nothing wrong


def told_of(problems: Iterable[str]) -> tuple[ToldProblem, ...]:
    """As an event has them."""
    return tuple(ToldProblem(str(one), template_of(one), dict(values_of(one))) for one in problems)


def said_again(kept: Iterable[ToldProblem]) -> list[str]:
    """What `told_of` kept."""
    return [said_before(one.message, one.template, one.values) for one in kept]


def text_of(problems: Problems) -> str | None:
    """As a column keeps them."""
    if not problems:
        return None
    if len(problems) == 1 and not values_of(problems[0]):
        return problems[0].replace("\0", "\ufffd")  # which PostgreSQL does not keep
    return TOLD_PROBLEMS.encode(list(told_of(problems)))


def problems_in(text: str | None) -> list[str]:
    """What `text_of` kept, or an older version."""
    if text is None:
        return []
    try:
        return said_again(TOLD_PROBLEMS.decode(text))
    except Damaged:
        return [said_before(text, text, None)]


def joined(problems: Iterable[str]) -> str | None:
    """In English, as one text; None: there is nothing wrong."""
    return " ".join(problems) or None
