"""Sentences beside refusals, which clients tell in any language by their templates."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from graphql_api.said import template_of, values_of
from schema.scalars import JSON


@strawberry.type(description="A sentence for people, in English, and what a translation needs.")
class Sentence:
    message: str = strawberry.field(description="The sentence.")
    template: str = strawberry.field(
        description="The same with names in braces where values stand: a translation is found by "
        "it. docs/errors.md lists them all.",
    )
    values: JSON = strawberry.field(description="What stands there, by those names.")


def sentence(words: str) -> Sentence:
    """Of words without values the template is the words."""
    return Sentence(
        message=str(words), template=template_of(words), values=JSON(dict(values_of(words)))
    )


def sentences(told: Iterable[str]) -> list[Sentence]:
    """In their order."""
    return [sentence(words) for words in told]
