"""Objects as JSON text, written by functions that are made for a selection.

Where all that is selected of an object is plain (plain_fields.py), its text is put together
straight from its attributes: no dict for an object, no value for a field, nothing to serialise
afterwards. The executor puts such texts into its results as fragments; a subscription's event that
is plain altogether is nothing but one (projection.py).

A function belongs to what is selected, not to a document: two documents that select the same of a
type have the same one, whatever their aliases around it are. `Writers` keeps them.

It raises where the general way has something to say: then that way is taken.

Private parts of Strawberry: GraphQLCoreConverter.DEFINITION_BACKREF, and what wraps an enum's
class.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from enum import Enum
from json.encoder import encode_basestring as quoted
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import orjson
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graphql_api.values import INT32_MAX

Write = Callable[[Any], str]
Made = TypeVar("Made")

WARM = 20  # objects that a selection writes before its function is compiled
COMPILED_MAX = 200  # fields, with those of objects in it: compiling takes 0.1 ms each
WRITERS_MAX = 4_000  # kept: about 2 KB each, most of it code
WRITERS = "graphql_api.writers"  # where a schema remembers its own

# For values that are what they should be: a condition, and what their text is then.
SHORTCUTS: dict[Any, tuple[tuple[str, str], ...]] = {
    GraphQLString: (("type(VALUE) is str", "quoted(VALUE)"),),
    GraphQLID: (
        ("type(VALUE) is int", "f'\"{VALUE}\"'"),
        ("type(VALUE) is str", "quoted(VALUE)"),
    ),
    GraphQLInt: ((f"type(VALUE) is int and {-INT32_MAX} <= VALUE <= {INT32_MAX}", "VALUE"),),
    GraphQLBoolean: (("VALUE is True", "'true'"), ("VALUE is False", "'false'")),
}


class NotPlain(Exception):
    """A value is not what the short way is for."""


class Member(NamedTuple):
    """A member of an object's text. write: of the attribute's value, null included; leaf: its
    type where that has a shortcut, or None."""

    name: str
    attribute: str
    write: Write
    leaf: Any


def leaf_writer(coerce: Callable[[Any], Any], is_nullable: bool) -> Write:
    """Texts of a leaf's values. coerce: as the leaf's type does it."""

    def write(value: Any) -> str:
        if value is None:
            return null(is_nullable)
        told = coerce(value)
        if type(told) is str:
            return quoted(told)
        if told is Undefined or told is None:
            raise NotPlain
        return orjson.dumps(told).decode()

    return write


def null(is_nullable: bool) -> str:
    """Raises NotPlain where null must not be."""
    if not is_nullable:
        raise NotPlain
    return "null"


class Part:
    """A part of an object, or of what it holds: how its text is made of the object."""

    __slots__ = ("_get", "_write")

    def __init__(self, get: Callable[[Any], Any], write: Write) -> None:
        self._get = get
        self._write = write

    def text(self, value: Any) -> str:
        """Raises what the general way has to say something of."""
        return self._write(self._get(value))


class Writers:
    """The functions of one schema, each made once for what it writes."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}

    @classmethod
    def of(cls, schema: Any) -> Writers:
        """Those of a schema of graphql-core."""
        known: Writers | None = schema.extensions.get(WRITERS)
        if known is None:
            known = schema.extensions[WRITERS] = cls()
        return known

    def of_objects(self, kind: GraphQLObjectType, members: Iterable[Member]) -> Write:
        """Writes objects of a type."""
        listed = tuple(members)
        return self._known((kind.name, listed), lambda: ObjectWriter(kind, listed))

    def of_leaves(self, leaf: Any, coercion: Callable[[Any], Callable[[Any], Any]]) -> Write:
        """Writes values of a leaf type. coercion: makes it, of the type."""
        return self._known(("leaf", leaf.name), lambda: leaf_writer(coercion(leaf), False))

    def of_lists(self, write: Write) -> Write:
        """Writes lists of what `write` writes."""
        return self._known(("list", write), lambda: _list_writer(write))

    def or_null(self, write: Write) -> Write:
        """Writes null, and what `write` writes."""
        return self._known(("null", write), lambda: _null_writer(write))

    def part(self, path: str, write: Write) -> Part:
        """The part at a path of attributes; "": the object itself."""
        return self._known(
            (path, write),
            lambda: Part(attrgetter(path) if path else itself, write),
        )

    def of_types(self, kind: GraphQLObjectType) -> Write:
        """Writes nothing for an object of the type, and raises for any other."""
        return self._known(("type", kind.name), lambda: _type_writer(kind))

    def _known(self, key: Hashable, make: Callable[[], Made]) -> Made:
        known: Made | None = self._kept.get(key)
        if known is None:
            if len(self._kept) >= WRITERS_MAX:
                self._kept.clear()  # whoever uses one has it
            known = self._kept[key] = make()
        return known


def itself(value: Any) -> Any:
    """What the empty path leads to."""
    return value


def _null_writer(write: Write) -> Write:
    return lambda value: "null" if value is None else write(value)


def _type_writer(kind: GraphQLObjectType) -> Write:
    check = kind.is_type_of

    def write(source: Any) -> str:
        if source is None or (check is not None and check(source, None) is not True):  # type: ignore[arg-type]
            raise NotPlain
        return ""

    return write


def _list_writer(write: Write) -> Write:
    def write_all(values: Any) -> str:
        if type(values) is not list and type(values) is not tuple:
            raise NotPlain
        one = write.now if isinstance(write, ObjectWriter) else write
        return f"[{','.join([one(value) for value in values])}]"

    return write_all


class ObjectWriter:
    """Writes objects of a type. now: what does it at this time.

    Compiled once it has written WARM objects, since it runs for each of a page and for each
    event: several times as fast as a loop over the members. Not before: compiling takes as long
    as writing hundreds, and one document can have a hundred selections of forty fields. size: how
    many fields it writes; one with more than COMPILED_MAX is not compiled, what it holds may be.
    """

    __slots__ = ("_written", "kind", "members", "now", "size")

    def __init__(self, kind: GraphQLObjectType, members: tuple[Member, ...]) -> None:
        self.kind = kind
        self.members = members
        self.now: Write = self._loop
        self.size = sum(getattr(member.write, "size", 1) for member in members)
        self._written = 0

    def __call__(self, source: Any) -> str:
        return self.now(source)

    def _loop(self, source: Any) -> str:
        self._written += 1
        if self._written > WARM and self.size <= COMPILED_MAX:
            if self._written == WARM + 1:  # a list that began before it goes on here
                self.now = _compiled(self)
            return self.now(source)
        check = self.kind.is_type_of
        if source is None or (check is not None and check(source, None) is not True):  # type: ignore[arg-type]
            raise NotPlain
        told = [f'"{one.name}":{one.write(getattr(source, one.attribute))}' for one in self.members]
        return f"{{{','.join(told)}}}"


def _compiled(writer: ObjectWriter) -> Write:
    """What is put into its text are names of GraphQL and of our attributes."""
    code = _Code()
    template = code.object(writer, "source")
    exec(f"def write(source):\n{code.text}\n return f'{template}'", code.scope)  # noqa: S102
    write: Write = code.scope["write"]
    return write


class _Code:
    """The body of a function that writes an object and those that it always holds."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {"quoted": quoted, "NotPlain": NotPlain}
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(f" {line}" for line in self._lines)

    def _named(self, beginning: str, value: Any = None) -> str:
        """A name that nothing else has."""
        name = f"{beginning}{len(self.scope)}"
        self.scope[name] = value
        return name

    def object(self, writer: ObjectWriter, source: str) -> str:
        """The lines for an object in the variable `source`; its text as a part of an f-string."""
        self._lines.append(f"if {source} is None: raise NotPlain")
        if writer.kind.is_type_of is not None:
            check = self._named("check", writer.kind.is_type_of)
            shown = self._named("shown", _shown(writer.kind))
            self._lines.append(
                f"if type({source}) is not {shown} and {check}({source}, None) is not True: "
                "raise NotPlain"
            )
        told = [f'"{one.name}":{self._member(one, source)}' for one in writer.members]
        return f"{{{{{','.join(told)}}}}}"

    def _member(self, member: Member, source: str) -> str:
        value = self._named("v")
        self._lines.append(f"{value} = {source}.{member.attribute}")
        if isinstance(member.write, ObjectWriter):
            return self.object(member.write, value)
        text, write = self._named("t"), self._named("write", member.write)
        keyword = "if"
        for condition, told in self._shortcuts(member.leaf):
            line = f"{keyword} {condition}: {text} = {told}"
            self._lines.append(line.replace("VALUE", value))
            keyword = "elif"
        otherwise = "" if keyword == "if" else "else: "
        self._lines.append(f"{otherwise}{text} = {write}({value})")
        return f"{{{text}}}"

    def _shortcuts(self, leaf: Any) -> tuple[tuple[str, str], ...]:
        if not isinstance(leaf, GraphQLEnumType):
            return SHORTCUTS.get(leaf, ())
        names = {key: f'"{name}"' for key, name in enum_names(leaf).items()}
        texts = self._named("texts", names)
        return ((f"id(VALUE) in {texts}", f"{texts}[id(VALUE)]"),)


def _shown(kind: GraphQLObjectType) -> type | None:
    """The class whose objects are of the type for certain, without asking; None: there is none.
    Only an object with attributes of its own can say that it is of another (strawberry.cast)."""
    definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    shown = getattr(definition, "origin", None)
    if getattr(definition, "is_type_of", None) is not None or not isinstance(shown, type):
        return None
    return None if shown.__dictoffset__ else shown


def enum_names(leaf: GraphQLEnumType) -> dict[int, str]:
    """The members' names by their ids: hashing a member is slow."""
    wrapped = getattr(leaf, "wrapped_cls", None)
    members = [m for m in getattr(wrapped, "wrapped_cls", wrapped) or () if isinstance(m, Enum)]
    return {id(member): leaf.coerce_output_value(member) for member in members}
