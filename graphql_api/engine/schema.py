"""A Strawberry schema whose documents are prepared once, and whose operations stay in limits."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import ExecutionResult as GraphQLResult
from graphql import GraphQLError
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from graphql_api.engine.direct import call_directly
from graphql_api.engine.directives import tell_released_places_only
from graphql_api.engine.executor import PlainFieldExecutor, Ready
from graphql_api.engine.names import Names
from graphql_api.engine.personal import personal_fields
from graphql_api.engine.preparation import Documents, Prepared
from graphql_api.engine.root_field import RootField
from graphql_api.engine.vocabulary import Vocabulary
from graphql_api.settings import Settings


class PreparedSchema(strawberry.Schema):
    """The schema, with the documents that it has prepared. core: graphql-core's own of it;
    personal: the names of the fields that depend on who looks.

    Operations are planned and run by Execution (execution.py), which holds them to the limits;
    Strawberry's own `execute` knows none.
    """

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
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            execution_context_class=PlainFieldExecutor,
            config=StrawberryConfig(name_converter=Names(), scalar_map=dict(scalars)),
        )
        self.core = self._schema
        self._vocabulary = vocabulary
        tell_released_places_only(self.core)
        call_directly(self.core, self.schema_converter)
        self.personal = personal_fields(self.core)
        self.documents = Documents(self.core, limits, vocabulary)

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
            known = await self._run_alone(prepared, name, variables, context, root, extensions)
            if isinstance(known, dict):
                return ExecutionResult(known, None, told_cost(cost))
            executor = self.executor(prepared, name, variables, context, root, extensions)
            if isinstance(executor, list):
                return self._refused(executor, cost)
            if prepared.selections is not None and isinstance(executor, PlainFieldExecutor):
                executor.share(prepared.selections)
                executor.middleware_manager = known
            result = executor.execute_operation()
            if isawaitable(result):
                result = await result
        except Exception as error:
            return self._refused([GraphQLError(str(error), original_error=error)], cost)
        assert isinstance(result, GraphQLResult), "the schema has no @defer and no @stream"
        told = self.documents.told(result.errors) if result.errors else None
        return ExecutionResult(result.data, told, told_cost(cost))

    async def _run_alone(
        self,
        prepared: Prepared,
        name: str | None,
        variables: dict[str, Any] | None,
        context: Any,
        root: Any,
        extensions: dict[str, Any] | None,
    ) -> Any:
        """What comes of an operation of one root field, see there; None: it takes an executor."""
        ready, selections = prepared.ready.get(name), prepared.selections
        if ready is None or selections is None:
            return None  # it runs for the first time, or variables decide what it selects
        values = ready.variables.read(variables or {})
        if values is None:
            return None
        key = id(ready.operation)
        if key not in selections.roots:
            executor = PlainFieldExecutor.of(ready, values, context, root, extensions)
            executor.share(selections)
            selections.roots[key] = RootField.of(executor)
        alone: RootField | None = selections.roots[key]
        if alone is None:
            return None
        return await alone.run(ready, values.coerced, context, root, extensions)

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
        return PreExecutionError(None, self.documents.told(errors), told_cost(cost))

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


def told_cost(cost: int) -> dict[str, Any] | None:
    return {"cost": cost} if cost else None
