"""What all objects of the schema share: the Node interface and ids."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.inventory.items import parse_id


@strawberry.interface(description="An object with an id that no other object has.")
class Node:
    id: strawberry.ID = strawberry.field(description="Unique over all types; never changes.")


Id = Annotated[strawberry.ID, strawberry.argument("As the object tells it.")]


def findable(text: str) -> str:
    """A text to look up. No text that we keep holds control characters, so one with NUL finds
    nothing: PostgreSQL refuses even to look."""
    return text.replace("\0", "\x01")


NO_ID = -1  # an id of a form that we never give out: nothing has it


def id_of(text: str | None) -> int | None:
    """An id argument as a number; None stays None, and what is no id of ours finds nothing."""
    if text is None:
        return None
    number = parse_id(text)
    return NO_ID if number is None else number


def required_id(text: str) -> int:
    """`id_of` for an argument that is always there."""
    number = parse_id(text)
    return NO_ID if number is None else number
