"""Execution with a short way for plain fields.

Most selected fields are attributes of the object at hand with a scalar or enum value. For those
the general way (a resolver call, an info object, a path, type dispatch) costs many times the
work itself. Here each selection is looked at once per operation. An object, or a list of objects,
all of whose fields are plain becomes a fragment of JSON text (writers.py); where others are among
them, its plain ones are read and coerced directly. Whatever is not plain, and whatever goes wrong
on the short way, takes the general one, so results and errors are the same.

Measured with 50 items of seven fields: see scripts/bench.

Private parts, but for those of plain_fields.py: of graphql-core, the executor's constructor and
attributes, `execute_fields`, `complete_list_value`, `collect_subfields` and what it returns; of
Strawberry, StrawberryGraphQLCoreExecutionContext and `optimized_is_awaitable`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    is_leaf_type,
)
from graphql.execution.collect_fields import collect_subfields
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.engine.leaves import Write
from graphql_api.engine.plain_fields import NOT_PLAIN, Coerce, Plain, Step, coercion, plain_of
from graphql_api.engine.variables import Variables
from graphql_api.engine.writers import Member, Writers


class Selections(NamedTuple):
    """What was found out about a document's selections.

    Shared by a subscription's events, and by the operations of a document without directives. So
    it is keyed by the document's own nodes, of which there are no more than the document has.
    (graphql-core's memo is keyed by lists that it makes anew each time.)
    """

    collected: dict[Any, Any]
    steps: dict[int, tuple[Any, list[Step], Write | None]]
    roots: dict[int, Any]  # of its operations: see root_field.py

    @classmethod
    def none(cls) -> Selections:
        """Of a document that is new."""
        return cls({}, {}, {})


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
        self.share(Selections.none())

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
        self._collected, self._steps = selections.collected, selections.steps

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
            self._steps[id(fields)] = (fields, steps, self._object_writer(return_type, steps))
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
        whole = _fragment(known[2], source_value)
        if whole is not None:
            return whole
        results: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for response_name, (_, coerce, is_nullable, _, _, get), details in known[1]:
            if coerce is not None and get is not None:
                try:
                    value = get(source_value)
                    if value is not None:
                        value = coerce(value)
                except Exception:  # the general way tells what is wrong, in its words
                    value = Undefined
                if value is not Undefined and (value is not None or is_nullable):
                    results[response_name] = value
                    continue
            rest[response_name] = details
            results[response_name] = None  # keeps its place in the order of the query
        if not rest:
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
        whole = _fragment(self._list_writer(return_type, field_details_list), result)
        if whole is not None:
            return whole
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def steps(self, kind: GraphQLObjectType, details: Any) -> list[Step]:
        """What is selected of an object."""
        return self._steps[id(self.collect_subfields(kind, details)[0])][1]

    def writer(self, kind: Any, details: Any) -> Write | None:
        """Writes values of a type; None where not all that is selected of them is plain."""
        if isinstance(kind, GraphQLNonNull):
            return self._writer_of_some(kind.of_type, details)
        write = self._writer_of_some(kind, details)
        return None if write is None else Writers.of(self.schema).or_null(write)

    def _writer_of_some(self, kind: Any, details: Any) -> Write | None:
        """The same, but for null, at which it raises."""
        if isinstance(kind, GraphQLList):
            return self._list_writer(kind, details)
        if is_leaf_type(kind):
            return Writers.of(self.schema).of_leaves(kind, coercion)
        if not isinstance(kind, GraphQLObjectType):
            return None
        fields, later = self.collect_subfields(kind, details)[:2]
        return None if later else self._steps[id(fields)][2]

    def _list_writer(self, kind: GraphQLList[Any], details: Any) -> Write | None:
        write = self.writer(kind.of_type, details)
        return None if write is None else Writers.of(self.schema).of_lists(write)

    def _object_writer(self, kind: GraphQLObjectType, steps: list[Step]) -> Write | None:
        members = []
        for name, plain, _ in steps:
            if plain.write is None or plain.get is None:
                return None
            members.append(Member(name, plain.attribute, plain.get, plain.write, plain.leaf))
        return Writers.of(self.schema).of_objects(kind, members)

    def _step(self, parent_type: GraphQLObjectType, response_name: str, details: Any) -> Step:
        name = details[0].node.name.value
        if name == "__typename":
            return Step(response_name, _name_of(parent_type), details)
        definition = self.schema.get_field(parent_type, name)
        if definition is None:
            return Step(response_name, NOT_PLAIN, details)
        plain = plain_of(definition)
        if plain.get is not None and plain.write is None:
            write = self.writer(definition.type, details)
            if write is not None:
                plain = plain._replace(coerce=_fragments(write), write=write)
        return Step(response_name, plain, details)


def _fragment(write: Write | None, value: Any) -> orjson.Fragment | None:
    """The value's text; None: the general way tells what is wrong, in its words."""
    if write is None:
        return None
    try:
        return orjson.Fragment(write(value))
    except Exception:
        return None


def _fragments(write: Write) -> Coerce:
    return lambda value: orjson.Fragment(write(value))


TYPE_NAME = "graphql_api.type_name"  # where a type remembers how its name is told


def _name_of(kind: GraphQLObjectType) -> Plain:
    """`__typename`: read from a class's own name for what every object of it has."""
    known: Plain | None = kind.extensions.get(TYPE_NAME)
    if known is None:
        told, text = kind.name, f'"{kind.name}"'
        known = Plain("__class__", lambda _: told, False, None, lambda _: text, type)
        kind.extensions[TYPE_NAME] = known
    return known


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
