"""An operation of one root field whose selection is plain: run without graphql-core's executor.

Nearly all operations have one root field. Making an executor, having it look at the root's
selection and its arguments anew, and its coroutines around the resolver are a third of what a small
query costs. Here the resolver is called, and its answer is written as text (writers.py). What
cannot be written, and what the resolver raises, is handed to an executor as it is, which has the
words for it: the resolver is called once, whatever comes of it. Called by schema.py.

Private parts: of graphql-core, `collect_fields`, `coerce_argument` and an executor's
`middleware_manager`; of Strawberry, `_OperationContextAwareGraphQLResolveInfo`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from graphql import (
    ArgumentNode,
    GraphQLArgument,
    GraphQLNonNull,
    OperationType,
    Undefined,
    VariableNode,
    Visitor,
    is_required_argument,
    visit,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import coerce_argument
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import _OperationContextAwareGraphQLResolveInfo

from graphql_api.engine.executor import PlainFieldExecutor, Ready
from graphql_api.engine.leaves import Write


class Unusual(Exception):
    """An argument is for graphql-core to look at."""


class Given(NamedTuple):
    """An argument that a variable gives. absent: what counts without it; Undefined: nothing."""

    name: str
    variable: str
    absent: Any
    is_required: bool  # there must be a value
    is_nullable: bool


class Known:
    """Stands in for a resolver that was called already: a middleware of the executor."""

    def __init__(
        self, resolve: Callable[..., Any], value: Any, error: Exception | None = None
    ) -> None:
        self._resolve = resolve
        self._value = value
        self._error = error

    def get_field_resolver(self, resolve: Callable[..., Any]) -> Callable[..., Any]:
        return self._tell if resolve is self._resolve else resolve

    def _tell(self, _source: Any, _info: Any, **_arguments: Any) -> Any:
        if self._error is not None:
            raise self._error
        return self._value


class RootField(NamedTuple):
    """parent: the root's type. fixed, given: its arguments. write: the answer's text."""

    name: str
    parent: Any
    definition: Any
    nodes: list[Any]
    fixed: dict[str, Any]
    given: list[Given]
    write: Write

    @classmethod
    def of(cls, executor: PlainFieldExecutor) -> RootField | None:
        """That of an operation; None where an executor has more to do."""
        operation, schema = executor.operation, executor.schema
        parent = schema.get_root_type(operation.operation)
        if parent is None or operation.operation is OperationType.SUBSCRIPTION:
            return None
        fields, later, _ = collect_fields(
            schema, executor.fragments, executor.variable_values, parent, operation
        )
        if later or len(fields) != 1:
            return None
        ((name, details),) = fields.items()
        definition = parent.fields.get(details[0].node.name.value)
        if definition is None or definition.resolve is None:
            return None
        write = executor.writer(definition.type, details)
        if write is None:
            return None
        try:
            fixed, given = _arguments_of(definition, details[0].node)
        except Exception:  # the general way tells what is wrong, in its words
            return None
        nodes = [one.node for one in details]
        return cls(name, parent, definition, nodes, fixed, given, write)

    async def run(
        self, ready: Ready, variables: dict[str, Any], context: Any, root: Any, extensions: Any
    ) -> dict[str, Any] | Known | None:
        """The operation's data; or what an executor goes on with, None: nothing was called yet."""
        arguments = self._arguments(variables)
        if arguments is None:
            return None
        info = _OperationContextAwareGraphQLResolveInfo(
            self.nodes[0].name.value,
            self.nodes,
            self.definition.type,
            self.parent,
            Path(None, self.name, self.parent.name),
            ready.schema,
            ready.fragment_definitions,
            root,
            ready.operation,
            variables,
            context,
            optimized_is_awaitable,
            None,  # nothing aborts it
            None,  # and it leaves no work behind
            extensions,
        )
        resolve = self.definition.resolve
        try:
            value = resolve(root, info, **arguments)
            if optimized_is_awaitable(value):
                value = await value
        except Exception as error:
            return Known(resolve, None, error)
        try:
            return {self.name: orjson.Fragment(self.write(value))}
        except Exception:
            return Known(resolve, value)

    def _arguments(self, variables: dict[str, Any]) -> dict[str, Any] | None:
        """With these variables; None: something is wrong with them."""
        arguments = dict(self.fixed)
        for name, variable, absent, is_required, is_nullable in self.given:
            value = variables.get(variable, absent)
            if value is Undefined:
                if is_required:
                    return None
            elif value is None and not is_nullable:
                return None
            else:
                arguments[name] = value
        return arguments


def _arguments_of(definition: Any, node: Any) -> tuple[dict[str, Any], list[Given]]:
    """What its arguments are whatever the variables, and those that variables give. Raises for
    what is to be told, and Unusual."""
    nodes = {one.name.value: one for one in node.arguments or ()}
    fixed: dict[str, Any] = {}
    given: list[Given] = []
    for name, argument in definition.args.items():
        told = nodes.get(name)
        if told is None or not isinstance(told.value, VariableNode):
            if told is not None:
                visit(told.value, _NoVariables())
            coerce_argument(fixed, node, name, argument, told, None, None)
        else:
            given.append(_given(name, argument, told, node))
    return fixed, given


def _given(name: str, argument: GraphQLArgument, told: ArgumentNode, node: Any) -> Given:
    out_name, is_required = argument.out_name or name, is_required_argument(argument)
    absent: dict[str, Any] = {}
    if not is_required:
        coerce_argument(absent, node, name, argument, None, None, None)
    assert isinstance(told.value, VariableNode), "others are fixed"
    return Given(
        out_name,
        told.value.name.value,
        absent.get(out_name, Undefined),
        is_required,
        not isinstance(argument.type, GraphQLNonNull),
    )


class _NoVariables(Visitor):
    """Raises Unusual at a variable."""

    def enter_variable(self, *_: Any) -> None:
        raise Unusual
