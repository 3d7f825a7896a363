"""Execution with a short way for plain fields.

Most selected fields are attributes of the object at hand with a scalar or enum value. For those
the general way (a resolver call, an info object, a path, type dispatch) costs many times the
work itself. Here each selection is looked at once per operation; its plain fields are then read
and coerced directly, and so are objects and lists of objects all of whose fields are plain.
Whatever is not plain, and whatever goes wrong on the short way, takes the general one, so
results and errors are the same.

Measured with 50 items of seven fields: see scripts/bench.

Private parts, but for those of plain_fields.py: of graphql-core, the executor's constructor and
attributes, `execute_fields`, `complete_list_value`, `collect_subfields` and what it returns; of
Strawberry, StrawberryGraphQLCoreExecutionContext and `optimized_is_awaitable`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
)
from graphql.execution.collect_fields import collect_subfields
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.engine.plain_fields import (
    NOT_PLAIN,
    PLAIN,
    Coerce,
    NotPlain,
    Step,
    plain_of,
    reader_of,
)
from graphql_api.engine.variables import Variables


class Selections(NamedTuple):
    """What was found out about a document's selections.

    Shared by a subscription's events, and by the operations of a document without directives. So
    it is keyed by the document's own nodes, of which there are no more than the document has.
    (graphql-core's memo is keyed by lists that it makes anew each time.)
    """

    collected: dict[Any, Any]
    steps: dict[int, tuple[Any, list[Step], Coerce | None]]

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
            self._steps[id(fields)] = (fields, steps, reader_of(return_type, steps))
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

    def _step(self, parent_type: GraphQLObjectType, response_name: str, details: Any) -> Step:
        name = details[0].node.name.value
        if name == "__typename":  # a class's own name for what every object of it has
            told = parent_type.name
            return Step(response_name, "__class__", lambda _: told, False, None, details)
        definition = self.schema.get_field(parent_type, name)
        if definition is None:
            return Step(response_name, *NOT_PLAIN, details)
        plain = definition.extensions.get(PLAIN)
        if plain is None:
            plain = definition.extensions[PLAIN] = plain_of(definition)
        attribute, coerce, is_nullable, leaf = plain
        if attribute and coerce is None:
            coerce = self._object_reader(definition.type, details)
        return Step(response_name, attribute, coerce, is_nullable, leaf, details)

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
