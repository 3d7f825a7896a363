"""Objects as JSON text, written by functions that are made for a selection.

Where all that is selected of an object is plain (plain_fields.py), its text is put together
straight from its attributes: no dict for an object, no value for a field, nothing to serialise
afterwards. The executor puts such texts into its results as fragments; a subscription's event that
is plain altogether is nothing but one (projection.py).

A function belongs to what is selected, not to a document: two documents that select the same of a
type have the same one, whatever their aliases around it are. `Writers` keeps them.

It raises where the general way has something to say: then that way is taken.

Private part of Strawberry: GraphQLCoreConverter.DEFINITION_BACKREF.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from json.encoder import encode_basestring as quoted
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLScalarType,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graphql_api.engine.leaves import SHORTCUTS, NotPlain, Texts, Write, enum_names, leaf_writer
from graphql_api.engine.rows import Layout, Rows

Made = TypeVar("Made")

WARM = 20  # objects that a selection writes before its function is compiled
COMPILED_MAX = 200  # fields, with those of objects in it: compiling takes 0.1 ms each
WRITERS_MAX = 4_000  # kept: about 2 KB each, most of it code
WRITERS = "graphql_api.writers"  # where a schema remembers its own
LAYOUTS_MAX = 4  # of rows, that one selection is compiled for: most meet one


class Member(NamedTuple):
    """A member of an object's text. get: its value, of the object; attribute: whose that is, ""
    where it is none's. write: of the value, null included; leaf: its type where that has a
    shortcut, or None."""

    name: str
    attribute: str
    get: Callable[[Any], Any]
    write: Write
    leaf: Any


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
        if type(values) is Rows:
            text = write.text_of_rows(values) if isinstance(write, ObjectWriter) else None
            if text is not None:
                return text
            values = values.objects
        elif type(values) is not list and type(values) is not tuple:
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

    __slots__ = ("_of_rows", "_written", "kind", "members", "now", "size")

    def __init__(self, kind: GraphQLObjectType, members: tuple[Member, ...]) -> None:
        self.kind = kind
        self.members = members
        self.now: Write = self._loop
        self.size = sum(getattr(member.write, "size", 1) for member in members)
        self._written = 0
        self._of_rows: dict[Layout, Callable[[Any], str] | None] = {}

    def __call__(self, source: Any) -> str:
        return self.now(source)

    def text_of_rows(self, rows: Rows) -> str | None:
        """The list's text, straight from its rows; None: it takes the objects. Compiled for each
        layout, like the function for objects and after it."""
        if self._written <= WARM or self.size > COMPILED_MAX:
            return None
        known = self._of_rows
        if rows.layout not in known:
            if len(known) >= LAYOUTS_MAX:
                known.clear()
            known[rows.layout] = _compiled_for_rows(self, rows.layout)
        write = known[rows.layout]
        return None if write is None else write(rows.rows)

    def _loop(self, source: Any) -> str:
        self._written += 1
        if self._written > WARM and self.size <= COMPILED_MAX:
            if self._written == WARM + 1:  # a list that began before it goes on here
                self.now = _compiled(self)
            return self.now(source)
        check = self.kind.is_type_of
        if source is None or (check is not None and check(source, None) is not True):  # type: ignore[arg-type]
            raise NotPlain
        told = [f'"{one.name}":{one.write(one.get(source))}' for one in self.members]
        return f"{{{','.join(told)}}}"


def _compiled(writer: ObjectWriter) -> Write:
    """What is put into its text are names of GraphQL and of our attributes."""
    code = _Code()
    template = code.object(writer, "source")
    exec(f"def write(source):\n{code.text}\n return f'{template}'", code.scope)  # noqa: S102
    write: Write = code.scope["write"]
    return write


def _compiled_for_rows(writer: ObjectWriter, layout: Layout) -> Callable[[Any], str] | None:
    """The same for a list of rows; None where they do not have all of it."""
    code = _Code()
    columns = [f"c{number}" for number in range(len(layout.columns))]
    try:
        template = code.row(writer, layout)
    except NotPlain:
        return None
    lines = (
        "def write(rows):",
        " texts = []",
        f" for {', '.join(columns)}, in rows:",
        *(f"  {line}" for line in code.lines),
        f"  texts.append(f'{template}')",
        " return f\"[{','.join(texts)}]\"",
    )
    exec("\n".join(lines), code.scope)  # noqa: S102
    write: Callable[[Any], str] = code.scope["write"]
    return write


class _Code:
    """The body of a function that writes an object and those that it always holds."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {"quoted": quoted, "NotPlain": NotPlain}
        self.lines: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(f" {line}" for line in self.lines)

    def _named(self, beginning: str, value: Any = None) -> str:
        """A name that nothing else has."""
        name = f"{beginning}{len(self.scope)}"
        self.scope[name] = value
        return name

    def object(self, writer: ObjectWriter, source: str) -> str:
        """The lines for an object in the variable `source`; its text as a part of an f-string."""
        self.lines.append(f"if {source} is None: raise NotPlain")
        if writer.kind.is_type_of is not None:
            check = self._named("check", writer.kind.is_type_of)
            shown = self._named("shown", _shown(writer.kind))
            self.lines.append(
                f"if type({source}) is not {shown} and {check}({source}, None) is not True: "
                "raise NotPlain"
            )
        told = [f'"{one.name}":{self._member(one, source)}' for one in writer.members]
        return f"{{{{{','.join(told)}}}}}"

    def row(self, writer: ObjectWriter, layout: Layout) -> str:
        """The same for an object in a row, whose columns are c0, c1 and so on. Raises NotPlain
        where the row does not have all of it."""
        if writer.kind.is_type_of is not None and _shown(writer.kind) is not layout.shown:
            raise NotPlain
        told = [f'"{one.name}":{self._member_of_row(one, layout)}' for one in writer.members]
        return f"{{{{{','.join(told)}}}}}"

    def _member_of_row(self, member: Member, layout: Layout) -> str:
        attribute = member.attribute
        if attribute in layout.inner and isinstance(member.write, ObjectWriter):
            return self.row(member.write, layout.inner[attribute])
        if attribute == "__class__":
            return self._leaf(member, "None")
        if isinstance(member.write, ObjectWriter):
            raise NotPlain
        if attribute not in layout.made:
            return self._leaf(member, _column(layout, attribute))
        function, of = layout.made[attribute]
        value, columns = self._named("v"), ", ".join(_column(layout, one) for one in of)
        self.lines.append(f"{value} = {self._named('made', function)}({columns})")
        return self._leaf(member, value)

    def _member(self, member: Member, source: str) -> str:
        value = self._named("v")
        if member.attribute:
            self.lines.append(f"{value} = {source}.{member.attribute}")
        else:
            self.lines.append(f"{value} = {self._named('get', member.get)}({source})")
        if isinstance(member.write, ObjectWriter):
            return self.object(member.write, value)
        return self._leaf(member, value)

    def _leaf(self, member: Member, value: str) -> str:
        """The lines for the text of the variable `value`; the text as a part of an f-string."""
        text, write = self._named("t"), self._named("write", member.write)
        keyword = "if"
        for condition, told in self._shortcuts(member.leaf):
            line = f"{keyword} {condition}: {text} = {told}"
            self.lines.append(line.replace("VALUE", value))
            keyword = "elif"
        otherwise = "" if keyword == "if" else "else: "
        self.lines.append(f"{otherwise}{text} = {write}({value})")
        return f"{{{text}}}"

    def _shortcuts(self, leaf: Any) -> tuple[tuple[str, str], ...]:
        if isinstance(leaf, GraphQLScalarType) and leaf not in SHORTCUTS:
            return (("type(VALUE) is int", f"{self._named('texts', Texts.of(leaf))}[VALUE]"),)
        if not isinstance(leaf, GraphQLEnumType):
            return SHORTCUTS.get(leaf, ())
        names = {key: f'"{name}"' for key, name in enum_names(leaf).items()}
        texts = self._named("texts", names)
        return ((f"id(VALUE) in {texts}", f"{texts}[id(VALUE)]"),)


def _column(layout: Layout, attribute: str) -> str:
    """The variable that holds an attribute. Raises NotPlain."""
    if not attribute or attribute not in layout.columns:
        raise NotPlain
    return f"c{layout.columns.index(attribute)}"


def _shown(kind: GraphQLObjectType) -> type | None:
    """The class whose objects are of the type for certain, without asking; None: there is none.
    Only an object with attributes of its own can say that it is of another (strawberry.cast)."""
    definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    shown = getattr(definition, "origin", None)
    if getattr(definition, "is_type_of", None) is not None or not isinstance(shown, type):
        return None
    return None if shown.__dictoffset__ else shown
