"""What all objects of the schema share: the Node interface, ids, and the payloads' shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.arguments import InputContext

from graphql_api.inventory.items import parse_id


@strawberry.interface(description="An object with an id that no other object has.")
class Node:
    id: strawberry.ID = strawberry.field(description="Unique over all types; never changes.")


Decorator = Callable[[Callable[..., Any]], Any]


def computed(description: str) -> Decorator:
    """A field of an object that is computed by the function under it."""
    decorator: Decorator = strawberry.field(description=description)
    return decorator


def from_input(
    input_type: type, build: Callable[[type, Mapping[str, Any], InputContext], Any]
) -> None:
    """Make values of `input_type` with `build`, out of what GraphQL has coerced already, instead
    of field by field: for inputs that come by the hundred."""
    definition: Any = input_type.__strawberry_definition__  # type: ignore[attr-defined]
    definition.from_input = build


def enum_of(members: type[Enum], name: str, description: str, values: Mapping[str, str]) -> Any:
    """An enum of a lower layer as the schema shows it. values: what each of its members means."""
    shown: Any = strawberry.enum(members, name=name, description=description)
    for value in shown.__strawberry_definition__.values:
        value.description = values[value.name]
    return shown


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
