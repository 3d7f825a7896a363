"""How a plain field is read: an attribute of the object at hand, coerced as its type says.

executor.py says why, and what happens with fields that are not plain.

Private parts of Strawberry: GraphQLCoreConverter.DEFINITION_BACKREF, a default resolver's
`_is_default`, and what wraps an enum's class.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
    is_leaf_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graphql_api.values import INT32_MAX

Coerce = Callable[[Any], Any]


class Step(NamedTuple):
    """One field of a selection. coerce: makes the answer of the attribute's value; it raises
    where the general way has something to say. None: the field is not plain.
    """

    response_name: str
    attribute: str
    coerce: Coerce | None
    is_nullable: bool
    leaf: Any  # the type of its value, when that is a leaf
    details: Any


NOT_PLAIN = ("", None, False, None)


WARM = 20  # objects that a selection reads before its reader is compiled


class NotPlain(Exception):
    """A value is not what the short way is for."""


# For values that are what they should be: a condition, and what the answer is then.
SHORTCUTS: dict[Any, tuple[str, str]] = {
    GraphQLString: ("type(v) is str", "v"),
    GraphQLBoolean: ("type(v) is bool", "v"),
    GraphQLID: ("type(v) is int", "str(v)"),
    GraphQLInt: (f"type(v) is int and {-INT32_MAX} <= v <= {INT32_MAX}", "v"),
}


def reader_of(kind: GraphQLObjectType, steps: list[Step]) -> Coerce | None:
    """Reads objects whose whole selection is plain; None when it is not.

    It is compiled once it has read WARM objects, since it runs for each of a page and for each
    event: twice as fast as a loop over the steps. Not before: compiling takes as long as reading
    hundreds, and one document can have a hundred selections of forty fields.
    """
    if any(step.coerce is None for step in steps):
        return None
    is_type_of = kind.is_type_of
    compiled: Coerce | None = None
    reads = 0

    def read(source: Any) -> Any:
        nonlocal compiled, reads
        if compiled is not None:
            return compiled(source)
        reads += 1
        if reads > WARM:
            compiled = _compiled(is_type_of, steps)
            return compiled(source)
        if is_type_of is not None and is_type_of(source, None) is not True:  # type: ignore[arg-type]
            raise NotPlain
        return {step.response_name: _read_one(source, step) for step in steps}

    return read


def _read_one(source: Any, step: Step) -> Any:
    value = getattr(source, step.attribute)
    if value is not None:
        assert step.coerce is not None, "such a step has no reader"
        value = step.coerce(value)
    if value is Undefined or (value is None and not step.is_nullable):
        raise NotPlain
    return value


def _compiled(is_type_of: Any, steps: list[Step]) -> Coerce:
    """What is put into its text are names of GraphQL and of our attributes."""
    scope: dict[str, Any] = {"Undefined": Undefined, "NotPlain": NotPlain}
    lines = ["def read(source):"]
    if is_type_of is not None:
        scope["is_type_of"] = is_type_of
        lines.append(" if is_type_of(source, None) is not True: raise NotPlain")
    for number, step in enumerate(steps):
        scope[f"coerce{number}"] = step.coerce
        lines += _reading(step, number)
    members = ", ".join(f"{step.response_name!r}: v{n}" for n, step in enumerate(steps))
    lines.append(f" return {{{members}}}")
    exec("\n".join(lines), scope)  # noqa: S102  # see above
    read: Coerce = scope["read"]
    return read


def _reading(step: Step, number: int) -> list[str]:
    """The lines that read one field into its variable."""
    condition, value = SHORTCUTS.get(step.leaf, ("False", "v"))
    wrong = "v is Undefined" if step.is_nullable else "v is None or v is Undefined"
    return [
        f" v = source.{step.attribute}",
        f" if {condition}: v{number} = {value}",
        " else:",
        f"  if v is not None: v = coerce{number}(v)",
        f"  if {wrong}: raise NotPlain",
        f"  v{number} = v",
    ]


PLAIN = "graphql_api.plain"  # where a field's definition remembers what `plain_of` found


def plain_of(definition: GraphQLField) -> tuple[str, Coerce | None, bool, Any]:
    """How to read the field: its attribute, its coercion, whether it may be null, its leaf type.

    Without a coercion its value is an object or a list: then the selection decides.
    """
    attribute = _attribute(definition)
    if attribute is None:
        return NOT_PLAIN
    is_nullable = not isinstance(definition.type, GraphQLNonNull)
    kind: Any = definition.type if is_nullable else definition.type.of_type  # type: ignore[union-attr]
    if not is_leaf_type(kind):
        return attribute, None, is_nullable, None
    return attribute, _coercion(kind), is_nullable, kind


def _attribute(definition: GraphQLField) -> str | None:
    """The attribute that a field without a resolver of its own reads."""
    if not getattr(definition.resolve, "_is_default", False) or definition.args:
        return None
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    name: str | None = getattr(field, "python_name", None)
    return name


def _coercion(leaf: GraphQLLeafType) -> Coerce:
    """The leaf's coercion, with its most common case first."""
    general: Coerce = leaf.coerce_output_value
    if isinstance(leaf, GraphQLEnumType):
        return _enum_coercion(leaf, general)
    if leaf is GraphQLString:
        return lambda value: value if type(value) is str else general(value)
    if leaf is GraphQLID:
        return lambda value: str(value) if type(value) is int else general(value)
    if leaf is GraphQLBoolean:
        return lambda value: value if type(value) is bool else general(value)
    if leaf is GraphQLInt:
        return lambda value: (
            value if type(value) is int and -INT32_MAX <= value <= INT32_MAX else general(value)
        )
    return general


def _enum_coercion(leaf: GraphQLEnumType, general: Coerce) -> Coerce:
    wrapped = getattr(leaf, "wrapped_cls", None)
    members = [m for m in getattr(wrapped, "wrapped_cls", wrapped) or () if isinstance(m, Enum)]
    names = {id(member): general(member) for member in members}  # hashing a member is slow

    def coerce(value: Any) -> Any:
        name = names.get(id(value))
        return general(value) if name is None else name

    return coerce
