"""A Strawberry schema whose documents are prepared once, and whose operations stay in limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, get_operation_ast
from graphql import ExecutionResult as GraphQLResult
from strawberry.exceptions import MissingQueryError
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import DEFAULT_ALLOWED_OPERATION_TYPES
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.operation import get_operation_type

from graphql_api.engine.absent import leave_out_nulls
from graphql_api.engine.directives import tell_released_places_only
from graphql_api.engine.executor import PlainFieldExecutor, Ready
from graphql_api.engine.names import Names
from graphql_api.engine.personal import personal_fields
from graphql_api.engine.preparation import Charge, Documents, Prepared, no_operation
from graphql_api.engine.vocabulary import Vocabulary
from graphql_api.settings import Settings


class PreparedSchema(strawberry.Schema):
    """The schema, with the documents that it has prepared. core: graphql-core's own of it;
    personal: the names of the fields that depend on who looks."""

    def __init__(
        self,
        limits: Settings,
        vocabulary: Vocabulary,
        *,
        query: type,
        mutation: type,
        subscription: type,
        scalars: Mapping[Any, Any],
    ) -> None:
        names = Names()
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            execution_context_class=PlainFieldExecutor,
            config=StrawberryConfig(name_converter=names, scalar_map=dict(scalars)),
        )
        self.core = self._schema
        self._vocabulary = vocabulary
        tell_released_places_only(self.core)
        leave_out_nulls(self.core, names)
        self.personal = personal_fields(self.core)
        self.documents = Documents(self.core, limits, vocabulary)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
        charge: Charge | None = None,
    ) -> ExecutionResult:
        """Run a query or a mutation, as Strawberry's own method would, but on a document that is
        parsed, validated and measured once for all who send it, and with our limits.

        charge: told the work of the document before it is parsed, and of the operation before it
        runs; what it raises is raised on.

        Errors are as clients may see them, wherever they arose. Raises MissingQueryError,
        CannotGetOperationTypeError, InvalidOperationTypeError, as Strawberry does.
        """
        if not query:
            raise MissingQueryError
        if charge is not None:
            charge(self.documents.price(query, variable_values))
        prepared = self.documents.prepare(query)
        if prepared.document is None:
            return self._refused(prepared.errors)
        name, cost = operation_name or None, 0
        _check_type(prepared.document, name, allowed_operation_types)
        errors = prepared.errors
        if not errors and get_operation_ast(prepared.document, name) is None:
            errors = [no_operation(name)]
        if not errors:
            errors = self.documents.check_variables(variable_values)
        if not errors:
            cost, too_much = self.documents.check_cost(prepared, name, variable_values)
            errors = [] if too_much is None else [too_much]
        if errors:
            return self._refused(errors, cost)
        if charge is not None:
            charge(cost)
        return await self.run(
            prepared, name, variable_values, context_value, cost, root_value, operation_extensions
        )

    async def run(
        self,
        prepared: Prepared,
        name: str | None,
        variables: dict[str, Any] | None,
        context: Any,
        cost: int,
        root: Any = None,
        extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Run a query or a mutation that may run: it was prepared, and is within the limits."""
        try:
            if prepared.reads_head and context is not None:
                await context.read_head()
            executor = self.executor(prepared, name, variables, context, root, extensions)
            if isinstance(executor, list):
                return self._refused(executor, cost)
            if prepared.selections is not None and isinstance(executor, PlainFieldExecutor):
                executor.share(prepared.selections)
            result = executor.execute_operation()
            if isawaitable(result):
                result = await result
        except Exception as error:
            return self._refused([GraphQLError(str(error), original_error=error)], cost)
        assert isinstance(result, GraphQLResult), "the schema has no @defer and no @stream"
        told = self.documents.told(result.errors) if result.errors else None
        return ExecutionResult(result.data, told, _told_cost(cost))

    def executor(
        self,
        prepared: Prepared,
        name: str | None,
        variables: dict[str, Any] | None,
        context: Any,
        root: Any = None,
        extensions: dict[str, Any] | None = None,
    ) -> Any:
        """Of an operation with these variables; a list of errors when they will not do."""
        ready = prepared.ready.get(name)
        if ready is not None:
            values = ready.variables.read(variables or {})
            if values is not None:
                return PlainFieldExecutor.of(ready, values, context, root, extensions)
        assert prepared.document is not None
        built: Any = self.execution_context_class.build(
            self.core,
            prepared.document,
            root_value=root,
            context_value=context,
            raw_variable_values=variables,
            operation_name=name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # no TypeGuard
            operation_extensions=extensions,
        )
        if ready is None and isinstance(built, PlainFieldExecutor):
            prepared.ready[name] = Ready.after(built)
        return built

    def _refused(self, errors: list[GraphQLError], cost: int = 0) -> ExecutionResult:
        """The answer to an operation that did not run."""
        return PreExecutionError(None, self.documents.told(errors), _told_cost(cost))

    def warm(self) -> None:
        """Look at everything once that is made when it is first needed: each type's fields, each
        rule's visitor. Else the first callers wait for it (`serve` calls this before it serves).
        """
        for type_ in self.core.type_map.values():
            for definition in getattr(type_, "fields", {}).values():
                getattr(definition, "args", None)
        if not self._vocabulary.warming:
            return
        prepared = Documents(self.core, self.documents.limits, self._vocabulary).prepare(
            self._vocabulary.warming
        )
        assert prepared.document is not None and not prepared.errors
        for name, variables in self._vocabulary.warming_variables.items():
            built = self.execution_context_class.build(
                self.core, prepared.document, raw_variable_values=variables, operation_name=name
            )
            assert not isinstance(built, list), built

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing: errors.py logs what has to be logged, once."""


def _check_type(
    document: DocumentNode, name: str | None, allowed: Iterable[OperationType] | None
) -> None:
    try:
        kind = get_operation_type(document, name)
    except RuntimeError as error:
        raise CannotGetOperationTypeError(name) from error
    if kind not in (DEFAULT_ALLOWED_OPERATION_TYPES if allowed is None else allowed):
        raise InvalidOperationTypeError(kind)


def _told_cost(cost: int) -> dict[str, Any] | None:
    return {"cost": cost} if cost else None
