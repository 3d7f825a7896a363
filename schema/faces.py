"""Faces: which class of the layers below an object of the schema shows.

A face only declares: its plain fields read the shown object's attributes, so resolvers and
payloads hand over those objects as they are, and name their classes in annotations. What a face
declares is compared with the class when the schema is imported, names and types.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryContainer, has_object_definition

from graphql_api.engine.keeping import KEPT
from graphql_api.engine.personal import PERSONAL
from graphql_api.events.cursor import Cursor as LogCursor
from graphql_api.services import Noun
from schema.scalars import JSON, Cursor, DateTime, Decimal

Class = TypeVar("Class", bound=type)
Decorator = Callable[[Callable[..., Any]], Any]

# How what GraphQL shows is kept; whatever is not here is kept as it is shown.
KEPT_AS: Mapping[Any, Any] = {
    strawberry.ID: int,
    DateTime: int,
    Decimal: int,  # money: ten-thousandths
    Cursor: LogCursor,
    JSON: Any,
}
_FACES: dict[type, type] = {}  # face → the class that it shows


# The context is schema/context.py's, which faces know and this module does not need to.
Nodes = Callable[[Any, list[int]], Awaitable[Mapping[int, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a noun shows at the schema's roots. noun: None for what no noun brings, or for the
    second face of one. nodes: its objects by their ids, those of them that the viewer may see."""

    noun: Noun | None = None
    nodes: Nodes | None = None
    queries: type | None = None
    mutations: type | None = None
    subscriptions: type | None = None


class FaceMismatch(TypeError):
    """A face declares what the class that it shows does not have."""


def face_of(shown: type, description: str, *, name: str | None = None) -> Callable[[Class], Class]:
    """A class as the GraphQL type of `shown`. name: the type's, if it is not the class's."""

    def declared(face: Class) -> Class:
        kind: Any = strawberry.type(face, description=description, name=name)
        definition = kind.__strawberry_definition__
        definition.origin = shown  # so that Strawberry takes its objects for the type's
        shown.__strawberry_definition__ = definition  # type: ignore[attr-defined]  # Strawberry's mark
        _FACES[kind] = shown
        return face

    return declared


def computed(
    description: str, *, personal: bool = False, name: str | None = None, kept: bool = False
) -> Decorator:
    """A field that is computed by the static method under it, which is given the shown object.

    name: the field's, if it is not the method's.
    personal: it depends on the person who looks; in every other field the context of a shared
    rendering has no user.
    kept: answers with it may be kept. It depends on the object alone, or tells what else it reads
    and hands on (schema/kept.py); never on the moment, nor on what no event of the log changes."""
    metadata = {PERSONAL: personal, KEPT: kept}
    decorator: Decorator = strawberry.field(description=description, name=name, metadata=metadata)
    return decorator


def enum_of(members: type[Enum], name: str, description: str, values: Mapping[str, str]) -> None:
    """Show an enum of a lower layer. values: what each of its members means.

    Another face may have declared a field of it before: then Strawberry has made a definition,
    which is completed."""
    if not hasattr(members, "__strawberry_definition__"):
        strawberry.enum(members)
    definition: Any = members.__strawberry_definition__  # type: ignore[attr-defined]  # set above
    definition.name, definition.description = name, description
    for value in definition.values:
        value.description = values[value.name]


def from_input(
    input_type: type, build: Callable[[type, Mapping[str, Any], InputContext], Any]
) -> None:
    """Make values of `input_type` with `build`, out of what GraphQL has coerced already, instead
    of field by field: for inputs that come by the hundred."""
    definition: Any = input_type.__strawberry_definition__  # type: ignore[attr-defined]
    definition.from_input = build


def plain_input(input_type: Class) -> Class:
    """An input of scalars, enums and lists of them, made in one go of what GraphQL has coerced
    already; what may be left out has a default. Field by field, a filter was a tenth of what its
    page cost."""
    definition: Any = input_type.__strawberry_definition__  # type: ignore[attr-defined]
    names: list[tuple[str, str]] = []

    def build(made: type, given: Mapping[str, Any], context: InputContext) -> Any:
        if not names:
            names.extend(_leaves(definition, context))
        return made(
            **{
                name: [*given[told]] if type(given[told]) is list else given[told]
                for told, name in names
                if told in given
            }
        )

    definition.from_input = build
    return input_type


def _leaves(definition: Any, context: InputContext) -> list[tuple[str, str]]:
    """The fields of an input, as the schema and as Python name them. Raises FaceMismatch."""
    for field in definition.fields:
        kind = field.resolve_type(type_definition=definition)
        while isinstance(kind, StrawberryContainer):
            kind = kind.of_type
        if has_object_definition(kind):
            raise FaceMismatch(f"{definition.name}.{field.python_name} is no leaf: no plain_input")
    converter = context.config.name_converter
    return [(converter.from_field(field), field.python_name) for field in definition.fields]


def check_faces() -> None:
    """Compare every face with the class that it shows. Raises FaceMismatch."""
    for face, shown in _FACES.items():
        kept = _attributes(shown)
        declared = typing.get_type_hints(face)
        for field in face.__strawberry_definition__.fields:  # type: ignore[attr-defined]
            name = field.python_name
            if field.base_resolver is not None:
                continue
            if name not in kept:
                raise FaceMismatch(f"{face.__name__} shows {shown.__name__}, which has no {name}")
            if not _fits(declared[name], kept[name]):
                raise FaceMismatch(
                    f"{face.__name__}.{name} is {declared[name]}, but {kept[name]} "
                    f"in {shown.__name__}"
                )


def _attributes(shown: type) -> dict[str, Any]:
    """The attributes of a class and their types: its fields and its properties."""
    found: dict[str, Any] = dict(typing.get_type_hints(shown))
    for base in reversed(shown.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, property) and member.fget is not None:
                found[name] = typing.get_type_hints(member.fget).get("return", Any)
    return found


def _fits(declared: Any, kept: Any) -> bool:
    """Whether what is kept can be shown as declared."""
    if kept is Any or KEPT_AS.get(declared) is Any:
        return True
    wanted, given = _members(declared), _members(kept)
    return all(any(_same(one, other) for other in wanted) for one in given)


def _members(kind: Any) -> list[Any]:
    """The members of a union; of anything else, itself."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return list(typing.get_args(kind))
    return [kind]


def _same(kept: Any, declared: Any) -> bool:
    if typing.get_origin(declared) is Annotated:
        declared = typing.get_args(declared)[0]
    if typing.get_origin(declared) is list:
        (inner,) = typing.get_args(declared)
        return typing.get_origin(kept) in (list, tuple) and _fits(inner, typing.get_args(kept)[0])
    return bool(KEPT_AS.get(declared, declared) == kept)
