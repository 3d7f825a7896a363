"""Execution with a short way for plain fields.

Most selected fields are attributes of the object at hand with a scalar or enum value. For those
the general way (a resolver call, an info object, a path, type dispatch) costs many times the
work itself. Here each selection is looked at once per operation; its plain fields are then read
and coerced directly, and so are objects and lists of objects all of whose fields are plain.
Whatever is not plain, and whatever goes wrong on the short way, takes the general one, so
results and errors are the same.

Measured with 50 items of seven fields: see scripts/bench.
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
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    is_leaf_type,
)
from graphql.execution.collect_fields import collect_subfields
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graphql_api.engine.variables import Variables
from graphql_api.values import INT32_MAX

Coerce = Callable[[Any], Any]


class _Step(NamedTuple):
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


class Selections(NamedTuple):
    """What was found out about a document's selections.

    Shared by a subscription's events, and by the operations of a document without directives. So
    it is keyed by the document's own nodes, of which there are no more than the document has.
    (graphql-core's memo is keyed by lists that it makes anew each time.)
    """

    collected: dict[Any, Any]
    steps: dict[int, tuple[Any, list[_Step], Coerce | None]]

    @classmethod
    def none(cls) -> Selections:
        """Of a document that is new."""
        return cls({}, {})


class Ready(NamedTuple):
    """An operation that was built once: what is the same whenever it is executed."""

    schema: GraphQLSchema
    fragment_definitions: Any
    fragments: Any
    operation: OperationDefinitionNode
    resolvers: tuple[Any, Any, Any]
    variables: Variables

    @classmethod
    def after(cls, executor: Any) -> Ready:
        """What to keep of an executor that was built."""
        return cls(
            executor.schema,
            executor.fragment_definitions,
            executor.fragments,
            executor.operation,
            (executor.field_resolver, executor.type_resolver, executor.subscribe_field_resolver),
            Variables(executor.schema, executor.operation),
        )


class PlainFieldExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, with the short way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._collected, self._steps = Selections.none()

    @classmethod
    def of(
        cls, ready: Ready, values: VariableValues, context: Any, root: Any, extensions: Any
    ) -> PlainFieldExecutor:
        """An executor of an operation that was built before, as `build` would make it."""
        return cls(
            ready.schema,
            ready.fragment_definitions,
            ready.fragments,
            root,
            context,
            ready.operation,
            values,
            *ready.resolvers,
            is_awaitable=optimized_is_awaitable,
            operation_extensions=extensions,
        )

    def share(self, selections: Selections) -> None:
        """Use what was found out for the same document before; not where variables decide."""
        self._collected, self._steps = selections

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: Any) -> Any:
        nodes = tuple([id(details.node) for details in field_details_list])
        key = (return_type.name, nodes)
        collected = self._collected.get(key)
        if collected is None:
            collected = self._collected[key] = collect_subfields(
                self.schema,
                self.fragments,
                self.variable_values,
                self.operation,
                return_type,
                field_details_list,
                self.hide_suggestions,
            )
            fields = collected[0]
            steps = [self._step(return_type, name, details) for name, details in fields.items()]
            self._steps[id(fields)] = (fields, steps, _reader(return_type, steps))
        return collected

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        known = self._steps.get(id(grouped_field_set))
        if known is None or known[0] is not grouped_field_set:
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        results: dict[str, Any] = {}
        rest: dict[str, Any] | None = None
        for response_name, attribute, coerce, is_nullable, _, details in known[1]:
            if coerce is not None:
                try:
                    value = getattr(source_value, attribute)
                    if value is not None:
                        value = coerce(value)
                except Exception:  # the general way tells what is wrong, in its words
                    value = Undefined
                if value is not Undefined and (value is not None or is_nullable):
                    results[response_name] = value
                    continue
            if rest is None:
                rest = {}
            rest[response_name] = details
            results[response_name] = None  # keeps its place in the order of the query
        if rest is None:
            return results
        others: Any = super().execute_fields(
            parent_type, source_value, path, rest, position_context
        )
        if self.is_awaitable(others):
            return _merged_later(results, rest, others)
        return _merged(results, rest, others)

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_details_list: Any,
        info: Any,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        read = self._list_reader(return_type, field_details_list)
        if read is not None:
            try:
                return read(result)
            except Exception:  # noqa: S110  # the general way tells what is wrong, in its words
                pass
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _step(self, parent_type: GraphQLObjectType, response_name: str, details: Any) -> _Step:
        name = details[0].node.name.value
        if name == "__typename":  # a class's own name for what every object of it has
            told = parent_type.name
            return _Step(response_name, "__class__", lambda _: told, False, None, details)
        definition = self.schema.get_field(parent_type, name)
        if definition is None:
            return _Step(response_name, *NOT_PLAIN, details)
        plain = definition.extensions.get(PLAIN)
        if plain is None:
            plain = definition.extensions[PLAIN] = _plain(definition)
        attribute, coerce, is_nullable, leaf = plain
        if attribute and coerce is None:
            coerce = self._object_reader(definition.type, details)
        return _Step(response_name, attribute, coerce, is_nullable, leaf, details)

    def _object_reader(self, kind: Any, details: Any) -> Coerce | None:
        """How to read an object, or a list of objects, whose whole selection is plain."""
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        if isinstance(kind, GraphQLList):
            return self._list_reader(kind, details)
        if not isinstance(kind, GraphQLObjectType):
            return None
        fields, later = self.collect_subfields(kind, details)[:2]
        return None if later else self._steps[id(fields)][2]

    def _list_reader(self, kind: GraphQLList[Any], details: Any) -> Coerce | None:
        item: Any = kind.of_type
        if not isinstance(item, GraphQLNonNull) or not isinstance(item.of_type, GraphQLObjectType):
            return None
        read = self._object_reader(item, details)
        if read is None:
            return None

        def read_all(values: Any) -> list[Any]:
            if type(values) is not list:
                raise NotPlain
            return [read(value) for value in values]

        return read_all


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


def _reader(kind: GraphQLObjectType, steps: list[_Step]) -> Coerce | None:
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


def _read_one(source: Any, step: _Step) -> Any:
    value = getattr(source, step.attribute)
    if value is not None:
        assert step.coerce is not None, "such a step has no reader"
        value = step.coerce(value)
    if value is Undefined or (value is None and not step.is_nullable):
        raise NotPlain
    return value


def _compiled(is_type_of: Any, steps: list[_Step]) -> Coerce:
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


def _reading(step: _Step, number: int) -> list[str]:
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


PLAIN = "graphql_api.plain"  # where a field's definition remembers what `_plain` found


def _plain(definition: GraphQLField) -> tuple[str, Coerce | None, bool, Any]:
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


def _merged(
    results: dict[str, Any], rest: dict[str, Any], others: dict[str, Any]
) -> dict[str, Any]:
    for response_name in rest:
        if response_name in others:
            results[response_name] = others[response_name]
        else:
            del results[response_name]
    return results


async def _merged_later(results: dict[str, Any], rest: dict[str, Any], others: Any) -> Any:
    return _merged(results, rest, await others)
