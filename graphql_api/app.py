"""The ASGI application: the transport and the pages over the services of a process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from graphql_api.accounts.failures import Failures
from graphql_api.accounts.roles import Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.clock import Clock
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.kept_answers import KeptAnswers
from graphql_api.delivery.seen import Seen
from graphql_api.engine.errors import masked
from graphql_api.engine.execution import Execution
from graphql_api.engine.keeping import Keepings
from graphql_api.engine.schema import PreparedSchema
from graphql_api.errors import Unauthenticated
from graphql_api.notifications.job_watch import JobWatch
from graphql_api.operations.rate import LiveCosts, RateLimiter
from graphql_api.operations.scheduler import Scheduler
from graphql_api.operations.supervision import Supervision, close_safely
from graphql_api.presence.live import LivePresence
from graphql_api.process import jobs, open_services
from graphql_api.services import Services
from graphql_api.settings import Settings
from graphql_api.transport.cors import Cors
from graphql_api.transport.entry import Backend, NewContext, Renewed, address_of
from graphql_api.transport.headers import SecureHeaders
from graphql_api.transport.http import GraphQLEndpoint
from graphql_api.transport.kept_reads import KeptReads
from graphql_api.transport.seam import ServerSeam
from graphql_api.transport.slots import Slots
from graphql_api.transport.sockets import Sockets
from graphql_api.transport.turns import REQUESTS_A_ROUND, Turns
from graphql_api.web.attachments import attachment_routes
from graphql_api.web.health import figures_of_process, health_routes, readiness
from graphql_api.web.imports import import_routes
from graphql_api.web.pages import Pages
from graphql_api.workers.team import Team
from graphql_api.workers.whole import Figure, Told, figures_of
from schema import NOUNS, build_schema
from schema.context import Context

GRAPHQL_PATHS = ("/graphql", "/graphql/")  # the second: proxies and clients that add a slash


class Application:
    """The ASGI application: `/graphql` over HTTP and WebSocket, health, metrics, the console.

    What is no page's goes straight to the GraphQL endpoint, past the layers for pages: those
    wrap each message that is sent.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.schema = build_schema(settings)
        self.services: Services | None = None
        self.backend: Backend | None = None
        self.is_draining = False
        self.supervision = Supervision()
        self.team: Team | None = None  # set before the start: the other workers
        self._clock = clock
        pages = Pages(settings.environment)
        self._endpoint = GraphQLEndpoint(
            self._running, ide=pages.graphiql if settings.has_graphiql else None
        )
        self._pages = Starlette(
            routes=[
                *(Route(path, self._endpoint) for path in GRAPHQL_PATHS),
                *health_routes(
                    self._health,
                    lambda: self.team,
                    settings.metrics_token,
                    settings.is_production,
                ),
                *import_routes(self._parts),
                *attachment_routes(self._parts),
                *pages.routes(),
            ],
            middleware=[
                Middleware(SecureHeaders),
                Middleware(
                    Cors, origins=settings.frontend_url, refused=self._endpoint.origin_refused
                ),
            ],
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.backend is not None and scope["type"] != "lifespan":
            await self.backend.requests.take(f"address {address_of(scope)}")
        is_graphql = scope.get("path") in GRAPHQL_PATHS
        if is_graphql and (scope["type"] == "websocket" or not _is_from_a_page(scope)):
            await self._endpoint(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    async def drain(self, seconds: float | None = None) -> None:
        """Refuse new work and close the sockets, spread over `seconds`; None: DRAIN_SECONDS."""
        self.is_draining = True
        if self.backend is not None:
            spread_s = self.settings.drain_seconds if seconds is None else seconds
            await self.backend.sockets.drain(spread_s)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            services = await stack.enter_async_context(
                open_services(
                    self.settings,
                    clock=self._clock,
                    broker=self._broker(),
                    supervision=self.supervision,
                )
            )
            backend = _backend(self.settings, services, self.schema, self.team)
            backend.sockets.start()
            stack.push_async_callback(close_safely, "sockets", backend.sockets.close)
            for noun in NOUNS:
                for living in noun.serving(services):
                    self.supervision.watch(await stack.enter_async_context(living))
            watch = services.of(JobWatch)
            scheduler = Scheduler(
                services.writer,
                services.clock,
                jobs(services),
                lambda job, error: watch.ended(job.name, error),
            )
            scheduler.start()
            stack.callback(scheduler.close)
            stack.callback(self.supervision.close)
            for part in (backend.sockets, scheduler):
                self.supervision.watch(part.tasks)
            self.services, self.backend = services, backend
            self._join_team(backend)
            yield
            self.is_draining = True

    def _broker(self) -> Broker | None:
        """The one between workers, where the database brings none; None: the settings' own."""
        has_none = self.settings.is_embedded and not self.settings.redis_url
        return self.team.broker if self.team is not None and has_none else None

    def _join_team(self, backend: Backend) -> None:
        """Let the other workers ask this one."""
        if self.team is None:
            return
        sockets = backend.sockets
        self.team.health, self.team.figures = self._own_health, self._own_figures
        self.team.on_look = lambda user_id: sockets.spawn(sockets.look_after(user_id))

    async def _own_health(self) -> Told:
        return await readiness(*self._health())

    def _own_figures(self) -> list[Figure]:
        assert self.services is not None, "it was asked before the start"
        return figures_of(figures_of_process(self.services))

    def _running(self) -> Backend:
        assert self.backend is not None, "a request came before the start"
        return self.backend

    def _parts(self) -> tuple[Backend, Services]:
        assert self.services is not None, "a request came before the start"
        return self._running(), self.services

    def _health(self) -> tuple[Services | None, bool]:
        """The services, once they run, and whether new work is still welcome."""
        return self.services, not self.is_draining


def _is_from_a_page(scope: Scope) -> bool:
    """Whether a browser's page asks, so that the rules for origins apply."""
    return b"origin" in dict(scope["headers"])


def create_app(settings: Settings, *, clock: Clock | None = None) -> Application:
    """The application for an ASGI server."""
    return Application(settings, clock=clock)


def _new_context(services: Services) -> NewContext:
    """Makes the contexts of operations."""

    def new_context(
        viewer: Viewer | None,
        fault: Unauthenticated | None,
        renewed: Renewed | None,
        connection: int | None = None,
        client: str = "",
        device: str = "",
    ) -> Context:
        context = Context(services, viewer, fault, client, connection, device=device)
        if renewed is not None:
            context.renewed = renewed
        return context

    return new_context


def _masked_error(error: BaseException) -> dict[str, Any]:
    message, extensions = masked(error)
    return {"message": message, "extensions": extensions}


def _backend(
    settings: Settings, services: Services, schema: PreparedSchema, team: Team | None
) -> Backend:
    """What the transport needs, out of the services. team: the other workers, if there are any."""
    clock, execution = services.clock, Execution(schema)
    return Backend(
        settings=settings,
        clock=clock,
        execution=execution,
        sessions=services.of(Sessions),
        hub=services.hub,
        log=services.log,
        counters=services.counters,
        rates=_rates(settings, clock),
        live_costs=LiveCosts(settings.subscriptions_cost_per_user_max, team),
        requests=Turns(REQUESTS_A_ROUND),
        documents=Turns(1, rests=True),
        slots=Slots(),
        sockets=Sockets(
            settings,
            clock,
            services.hub,
            services.counters,
            services.of(Sessions),
            services.of(LivePresence),
            team,
        ),
        seam=ServerSeam(),
        new_context=_new_context(services),
        left=services.of(LivePresence).left,
        masked=_masked_error,
        failures=services.of(Failures),
        reads=_reads(settings, services, schema, execution),
    )


def _reads(
    settings: Settings, services: Services, schema: PreparedSchema, execution: Execution
) -> KeptReads:
    """Answers that are kept, as far as this process has seen the log."""
    seen = Seen(services.hub, services.log)
    answers = KeptAnswers(services.hub, seen, services.counters, settings.kept_answers_bytes_max)
    return KeptReads(answers, Keepings(schema.core), seen, execution)


def _rates(settings: Settings, clock: Clock) -> RateLimiter:
    """RATE_LIMIT=off, for benchmarks: without limits."""
    if settings.rate_limit == "off":
        return RateLimiter(clock, None)
    return RateLimiter(
        clock,
        settings.rate_operations_per_second,
        settings.rate_work_per_second,
        settings.rate_users_per_address,
    )
