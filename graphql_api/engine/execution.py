"""Running operations for the transport: it hands in texts and gets texts back.

A subscription is opened once and then rendered event by event. Subscriptions that render an event
to the same bytes have the same `key`, and may share one rendering: same selection, same variables
in it (sharing.py), same role; and the same user too, where the answer depends on who looks. What
they want of the log is no part of it. What is bypassed by not running the
schema's own subscription loop is done here for each event: fresh loaders, masked errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
)
from graphql.execution import create_source_event_stream, execute_subscription_event
from strawberry.types import ExecutionResult as StrawberryResult
from strawberry.types.execution import PreExecutionError
from strawberry.utils.operation import get_operation_type

from graphql_api.engine.context import OperationContext, Viewer
from graphql_api.engine.errors import fault_error, limit_error, public_errors
from graphql_api.engine.feed import Feed, StateFeed
from graphql_api.engine.preparation import (
    VALUES_MAX,
    Charge,
    Prepared,
    field_names,
    no_operation,
)
from graphql_api.engine.projection import Projection, ToldEvent
from graphql_api.engine.schema import PreparedSchema, told_cost
from graphql_api.engine.sharing import Openings, Shape, shape_of
from graphql_api.errors import EpochChanged, OperationRefusal, RequestFault, Unavailable
from graphql_api.events.cursor import Cursor


class OperationRefused(OperationRefusal):
    """An operation that cannot run: the socket that asked for it stays open. cost: what it was
    found to cost; 0: that was not looked at."""

    def __init__(self, errors: list[GraphQLError], cost: int = 0) -> None:
        super().__init__([dict(error.formatted) for error in errors])
        self.cost = cost

    @property
    def members(self) -> dict[str, Any]:
        """What it is as an answer, without `data`."""
        told = told_cost(self.cost)
        return {"errors": self.errors, **({"extensions": told} if told else {})}


class NotAnswered(Exception):
    """A request whose document has no such operation, or one of a kind that it may not have.

    kind: "query", "mutation" or "subscription"; None: there is no such operation.
    """

    def __init__(self, operation_name: str | None, kind: str | None = None) -> None:
        super().__init__(operation_name, kind)
        self.operation_name = operation_name
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation that may run."""

    prepared: Prepared
    operation: OperationDefinitionNode
    operation_name: str | None
    variables: Mapping[str, Any]
    cost: int = 0

    @property
    def is_subscription(self) -> bool:
        return self.operation.operation is OperationType.SUBSCRIPTION

    @property
    def is_query(self) -> bool:
        return self.operation.operation is OperationType.QUERY


class OpenSubscription:
    """A subscription that was opened: what it wants of the log, and how to render an event."""

    __slots__ = (
        "_executor",
        "_new_context",
        "_projection",
        "_told",
        "after",
        "feed",
        "key",
        "personal",
    )

    def __init__(
        self,
        executor: Any,
        feed: Feed[Any] | StateFeed[Any],
        key: tuple[Any, ...],
        personal: bool,
        new_context: Callable[[], OperationContext],
        told: ToldEvent,
    ) -> None:
        """told: the event that was rendered last, by whichever subscription."""
        self._executor = executor
        self._new_context = new_context
        self._projection = Projection.of(executor)
        self._told = told
        self.feed = feed
        self.key = key
        self.personal = personal
        self.after: Cursor | None = feed.after

    @property
    def is_state(self) -> bool:
        """Whether it delivers states, by subject, and not events of the log."""
        return isinstance(self.feed, StateFeed)

    @property
    def interest(self) -> Any:
        """What it wants: an Interest in the log; of states, the topic and the subjects."""
        return self.feed.interest

    def render(self, event: Any, epoch: str) -> str | Awaitable[str]:
        """The event, or the state, as the JSON text of a result. Awaitable when a field has to
        be fetched. Raises Unavailable while the database is away."""
        value = self._told.become(event, epoch, self.feed.value)
        if self._projection is not None:
            try:
                return self._projection.text(self._told)
            except Exception:  # noqa: S110  # the general way tells what is wrong, in its words
                pass
        executor = self._executor.build_per_event_executor(value)
        context = self._new_context()
        executor.context_value = context if self.personal else context.for_everyone()
        result = execute_subscription_event(executor)
        if isawaitable(result):
            return _awaited(result)
        return _encoded(result)


async def _awaited(result: Awaitable[ExecutionResult]) -> str:
    return _encoded(await result)


def _encoded(result: ExecutionResult) -> str:
    _raise_if_away(result)
    payload: dict[str, Any] = {"data": result.data}
    if result.errors:
        payload["errors"] = [error.formatted for error in public_errors(result.errors)]
    return orjson.dumps(payload).decode()


def _raise_if_away(result: ExecutionResult) -> None:
    """A subscriber is not handed half an event because the database was away: it is rendered, or
    the subscription opened, again. Raises Unavailable."""
    for error in result.errors or ():
        cause: BaseException | None = error
        while isinstance(cause, GraphQLError):
            cause = cause.original_error
        if isinstance(cause, Unavailable):
            raise cause


async def _check_cursor(feed: Feed[Any] | StateFeed[Any], after: Cursor) -> None:
    """Raises OperationRefused for a cursor that cannot be honoured, Unavailable while the
    database is away: the transport tries again."""
    try:
        await feed.context.log.check_cursor(after)
    except Unavailable:
        raise
    except RequestFault as fault:
        if isinstance(fault, EpochChanged):
            feed.context.hub.hint()  # it may not have noticed yet
        raise OperationRefused([fault_error(fault)]) from None


def _members(result: StrawberryResult) -> dict[str, Any]:
    """The members of an answer, ready for JSON; without `data` when the operation did not run."""
    answer: dict[str, Any] = {}
    if not isinstance(result, PreExecutionError):
        answer["data"] = result.data
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        answer["extensions"] = result.extensions
    return answer


class Execution:
    """Plans, runs and opens operations of one schema."""

    def __init__(self, schema: PreparedSchema) -> None:
        self._schema = schema
        self._openings: Openings[OpenSubscription] = Openings()
        self._told = ToldEvent()

    def is_new(self, query: str) -> bool:
        """Whether the document has to be prepared first."""
        return not self._schema.documents.is_kept(query)

    def plan(
        self,
        query: str,
        operation_name: str | None,
        variables: Mapping[str, Any] | None,
        charge: Charge | None = None,
        kinds: Collection[str] | None = None,
    ) -> Plan:
        """Parse, validate and measure, once for all who send the document, and hold the operation
        to the limits. An empty name is none. Raises OperationRefused, and NotAnswered.

        charge: told the work of the document before it is parsed, and of the operation when it may
        run; what it raises is raised on. kinds: which the operation may be ("query", "mutation"),
        told before what is wrong with the document; None: any.
        """
        operation_name = operation_name or None
        documents = self._schema.documents
        values = documents.values_of(variables)
        if charge is not None:
            charge(documents.price(query, values))
        prepared: Prepared = documents.prepare(query)
        operation = prepared.operations.get(operation_name)
        if operation is None:
            operation = self._found(prepared, operation_name, kinds)
        elif kinds is not None and operation.operation.value not in kinds:
            raise NotAnswered(operation_name, operation.operation.value)
        if values > VALUES_MAX:
            raise OperationRefused(documents.too_many_values())
        cost = self._checked_cost(prepared, operation, operation_name, variables)
        if charge is not None:
            charge(cost)
        return Plan(prepared, operation, operation_name, variables or {}, cost)

    def _found(
        self, prepared: Prepared, name: str | None, kinds: Collection[str] | None
    ) -> OperationDefinitionNode:
        """The operation of this name, which is known from now on. Raises OperationRefused, and
        NotAnswered."""
        if prepared.document is not None and kinds is not None:
            _check_kind(prepared.document, name, kinds)
        if prepared.errors:
            raise OperationRefused(self._schema.documents.told(prepared.errors))
        assert prepared.document is not None
        operation = get_operation_ast(prepared.document, name)
        if operation is None:
            raise OperationRefused([no_operation(name)])
        prepared.operations[name] = operation
        return operation

    def _checked_cost(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        name: str | None,
        variables: Mapping[str, Any] | None,
    ) -> int:
        """What it costs with these variables. Raises OperationRefused."""
        documents = self._schema.documents
        cost, too_much = documents.check_cost(prepared, name, variables)
        if too_much is not None:
            raise OperationRefused([too_much], cost)
        most = documents.limits.subscription_cost_max
        if operation.operation is OperationType.SUBSCRIPTION and cost > most:
            text = f"An event of this subscription costs {cost}; at most {most} may be."
            raise OperationRefused([limit_error(f"{text} Ask for smaller pages.")], cost)
        return cost

    async def answer(
        self, plan: Plan, context: OperationContext, extensions: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run a query or a mutation: the answer's members, ready for JSON. Without `data` when it
        did not run. extensions: those of the request."""
        result = await self._schema.run(
            plan.prepared,
            plan.operation_name,
            dict(plan.variables),
            context,
            plan.cost,
            extensions=extensions,
        )
        return _members(result)

    async def subscribe(
        self,
        plan: Plan,
        viewer: Viewer | None,
        new_context: Callable[[], OperationContext],
        check_after: bool = True,
        opening_context: Callable[[], OperationContext] | None = None,
    ) -> OpenSubscription:
        """Open a subscription. Raises OperationRefused, also for a cursor of the past, and
        Unavailable while the database is away.

        new_context: makes a context for each event; check_after: False when it goes on after a
        position that was served already; opening_context: makes that of who opens it, which tells
        more than those of events, that others share; None: it is one of them.
        """
        place = None
        if viewer is not None:
            place = self._openings.place_of(plan.operation, plan.variables, viewer.role.bit)
        known = self._openings.known(place)
        if known is not None:
            return known
        executor, stream = await self._opened(plan, (opening_context or new_context)())
        assert viewer is not None, "every subscription asks for a session"
        if stream.after is not None and check_after:
            await _check_cursor(stream, stream.after)
        shape = self._shape(plan)
        personal = stream.personal or not shape.fields.isdisjoint(self._schema.personal)
        key = (
            shape.text,
            shape.values(executor.variable_values.coerced),
            viewer.role.bit,  # hashing a member is slow, and the key is looked up for each event
            viewer.user_id if personal else None,
        )
        opened = OpenSubscription(executor, stream, key, personal, new_context, self._told)
        if not personal and stream.after is None:
            self._openings.keep(place, plan.operation, opened)
        return opened

    def _shape(self, plan: Plan) -> Shape:
        known = plan.prepared.shapes.get(plan.operation_name)
        if known is None:
            document, root = plan.prepared.document, self._schema.core.subscription_type
            assert document is not None and root is not None
            fields = frozenset(field_names(document))
            known = shape_of(document, plan.operation, root.name, fields)
            plan.prepared.shapes[plan.operation_name] = known
        return known

    async def _opened(
        self, plan: Plan, context: OperationContext
    ) -> tuple[Any, Feed[Any] | StateFeed[Any]]:
        """The executor, and the feed that the resolver answers with. Raises OperationRefused."""
        schema, name = self._schema, plan.operation_name
        executor = schema.executor(plan.prepared, name, dict(plan.variables), context)
        if isinstance(executor, list):
            raise OperationRefused(schema.documents.told(executor))
        stream: Any = create_source_event_stream(executor)
        if isawaitable(stream):
            stream = await stream
        if isinstance(stream, ExecutionResult):
            _raise_if_away(stream)
            raise OperationRefused(public_errors(stream.errors or []))
        assert isinstance(stream, Feed | StateFeed), "every subscription answers with a feed"
        return executor, stream


def _check_kind(document: DocumentNode, name: str | None, kinds: Collection[str]) -> None:
    """Raises NotAnswered. A document of several kinds that names none is judged by its first."""
    try:
        kind = get_operation_type(document, name).value
    except RuntimeError:
        raise NotAnswered(name) from None
    if kind not in kinds:
        raise NotAnswered(name, kind)
