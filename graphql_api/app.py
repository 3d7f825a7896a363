"""The one place where the parts are put together: read it as a contents page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from graphql_api.accounts.failures import Failures
from graphql_api.accounts.roles import Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.alerts.rules import Severity
from graphql_api.clock import Clock, SystemClock
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.database.file_watch import FileWatch
from graphql_api.database.postgres import Limits
from graphql_api.database.writer import Writer
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.memory import MemoryBroker
from graphql_api.delivery.postgres import postgres_broker
from graphql_api.delivery.redis import redis_broker
from graphql_api.delivery.registry import Registry
from graphql_api.engine.errors import masked
from graphql_api.engine.execution import Execution
from graphql_api.engine.schema import PreparedSchema
from graphql_api.errors import ConfigurationError, Unauthenticated
from graphql_api.events.continuity import Continuity
from graphql_api.events.log import Event, Log, LogWriter
from graphql_api.events.retention import Retention
from graphql_api.inventory import locations
from graphql_api.inventory.imports import ItemImports
from graphql_api.inventory.locations import Locations
from graphql_api.notifications.import_notices import ImportNotices
from graphql_api.notifications.job_watch import JobWatch
from graphql_api.operations.broadcast import Broadcasts
from graphql_api.operations.disk import Disk
from graphql_api.operations.in_use import used
from graphql_api.operations.rate import LiveCosts, RateLimiter
from graphql_api.operations.scheduler import Job, Scheduler
from graphql_api.operations.supervision import Supervision, close_safely
from graphql_api.presence.live import LivePresence
from graphql_api.services import Services
from graphql_api.settings import Settings, new_secret
from graphql_api.stored import FACTS
from graphql_api.transport.cors import Cors
from graphql_api.transport.entry import Entry, Renewed
from graphql_api.transport.headers import SecureHeaders
from graphql_api.transport.http import GraphQLEndpoint
from graphql_api.transport.seam import ServerSeam
from graphql_api.transport.socket import RAW_SEND
from graphql_api.transport.sockets import Sockets
from graphql_api.transport.turns import Turns
from graphql_api.web.health import health_routes
from graphql_api.web.pages import Pages
from schema import NOUNS, build_schema
from schema.context import Context

GRAPHQL_PATHS = ("/graphql", "/graphql/")  # the second: proxies and clients that add a slash
WRITER_CLOSE_S = 12.0  # as long as it may take to find out what became of its last transaction


class Application:
    """The ASGI application: `/graphql` over HTTP and WebSocket, health, metrics, the console.

    What is no page's goes straight to the GraphQL endpoint, past the layers for pages: those
    wrap each message that is sent.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.schema = build_schema(settings)
        self.services: Services | None = None
        self.entry: Entry | None = None
        self.is_draining = False
        self.supervision = Supervision()
        self._clock = clock
        pages = Pages(settings.environment)
        self._endpoint = GraphQLEndpoint(
            self._running, self.schema, ide=pages.graphiql if settings.has_graphiql else None
        )
        self._pages = Starlette(
            routes=[
                *(Route(path, self._endpoint) for path in GRAPHQL_PATHS),
                *health_routes(self._health, settings.metrics_token, settings.is_production),
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
        is_graphql = scope.get("path") in GRAPHQL_PATHS
        if is_graphql and scope["type"] == "websocket":
            scope[RAW_SEND] = send
            await self._endpoint(scope, receive, send)
        elif is_graphql and not _is_from_a_page(scope):
            await self._endpoint(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    async def drain(self, seconds: float | None = None) -> None:
        """Refuse new work and close the sockets, spread over `seconds`; None: DRAIN_SECONDS."""
        self.is_draining = True
        if self.entry is not None:
            spread_s = self.settings.drain_seconds if seconds is None else seconds
            await self.entry.sockets.drain(spread_s)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            services = await stack.enter_async_context(
                open_services(self.settings, clock=self._clock, supervision=self.supervision)
            )
            entry = _entry(self.settings, services, self.schema)
            entry.sockets.start()
            stack.push_async_callback(close_safely, "sockets", entry.sockets.close)
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
            for part in (entry.sockets, scheduler):
                self.supervision.watch(part.tasks)
            self.services, self.entry = services, entry
            yield
            self.is_draining = True

    def _running(self) -> Entry:
        assert self.entry is not None, "a request came before the start"
        return self.entry

    def _health(self) -> tuple[Services | None, bool]:
        """The services, once they run, and whether new work is still welcome."""
        return self.services, not self.is_draining


def _is_from_a_page(scope: Scope) -> bool:
    """Whether a browser's page asks, so that the rules for origins apply."""
    return any(name == b"origin" for name, _ in scope["headers"])


def create_app(settings: Settings, *, clock: Clock | None = None) -> Application:
    """The application for an ASGI server."""
    return Application(settings, clock=clock)


def jobs(services: Services) -> list[Job]:
    """What is done on a schedule."""
    settings = services.settings
    retention = Retention(services.writer, services.clock, settings.event_retention_days)
    tidying = [retention.run, *(tidy for noun in NOUNS for tidy in noun.tidying(services))]

    async def monitor() -> None:
        for tidy in tidying:
            await tidy()

    return [
        *(job for noun in NOUNS for job in noun.jobs(services)),
        Job("monitoring", settings.monitoring_interval_minutes, monitor),
    ]


def imports_of(services: Services) -> ItemImports:
    """Imports of items, whose ends are told to those who act on stock."""

    notices = ImportNotices(services.writer, Severity[services.settings.notify_alert_severity])
    return ItemImports(services.writer, services.of(Locations), services.scanning, notices.tell)


def _entry(settings: Settings, services: Services, schema: PreparedSchema) -> Entry:
    """What the transport needs, out of the services."""

    def new_context(
        viewer: Viewer | None,
        fault: Unauthenticated | None,
        renewed: Renewed | None,
        connection: int | None = None,
        client: str = "",
    ) -> Context:
        context = Context(services, viewer, fault, client, connection)
        if renewed is not None:
            context.renewed = renewed
        return context

    def masked_error(error: BaseException) -> dict[str, Any]:
        message, extensions = masked(error)
        return {"message": message, "extensions": extensions}

    clock, per_second = services.clock, settings.rate_operations_per_second
    return Entry(
        settings=settings,
        clock=clock,
        execution=Execution(schema),
        sessions=services.of(Sessions),
        hub=services.hub,
        log=services.log,
        registry=services.registry,
        rates=(
            RateLimiter(
                clock,
                per_second,
                settings.rate_work_per_second,
                settings.rate_users_per_address,
            )
            if settings.rate_limit == "on"
            else RateLimiter(clock, None)
        ),
        live_costs=LiveCosts(settings.subscriptions_cost_per_user_max),
        turns=Turns(),
        sockets=Sockets(
            settings,
            clock,
            services.hub,
            services.registry,
            services.of(Sessions),
            services.of(LivePresence),
        ),
        seam=ServerSeam(),
        new_context=new_context,
        left=services.of(LivePresence).left,
        masked=masked_error,
        failures=services.of(Failures),
    )


async def migrate(database: Database) -> list[str]:
    """Bring the database's tables up to date; the names of the migrations that were applied."""
    async with database.migrating() as (connection, applied):
        await Log(database.reading, FACTS).create(connection)
        await locations.create_default(connection)
    return applied


async def _is_whole(database: Database) -> bool:
    """Whether the rows are there that migrating ends with: a process of version 0.1.0 could be
    killed between the tables and these."""
    for table in ("log_head", "location"):
        if await database.reading.row(f"SELECT 1 FROM {table} WHERE id = 1") is None:
            return False
    return True


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    clock: Clock | None = None,
    broker: Broker | None = None,
    supervision: Supervision | None = None,
) -> AsyncIterator[Services]:
    """All use cases on an open database, until the context ends; nothing accepted is lost.

    An embedded database is made and migrated here; another one must have been migrated. What
    lives as long as the process is watched by `supervision`. Raises ConfigurationError.
    """
    clock, supervision = clock or SystemClock(), supervision or Supervision()
    database = Database(settings.database_url, _limits(settings))
    async with AsyncExitStack() as stack:
        stack.enter_context(used(database.file))
        stack.push_async_callback(close_safely, "database", database.close)
        await database.open()
        await _bring_up_to_date(database, settings)
        log = Log(database.reading, FACTS)
        hub = Hub(log, settings.ring_bytes_max)
        broker = broker or broker_of(settings, (await log.head()).epoch)
        journal = Continuity(log, hub.seen)
        writer: LogWriter = Writer(
            database,
            journal,
            clock,
            _committed(hub, broker),
            repeat_s=settings.write_repeat_seconds,
            doubt_s=settings.commit_doubt_seconds,
        )
        for noun in NOUNS:
            for reactor in noun.reactors(settings):
                writer.add_reactor(reactor)
        services = Services(
            settings=settings.model_copy(update={"jwt_secret": await _secret(settings, database)}),
            clock=clock,
            database=database,
            disk=Disk(database, writer),
            log=log,
            writer=writer,
            hub=hub,
            broker=broker,
            registry=Registry(),
            supervision=supervision,
            started_s=clock.monotonic_s(),
        )
        for noun in NOUNS:
            noun.use_cases(services)
        samples = {kind: sample for noun in NOUNS for kind, sample in noun.samples.items()}
        services.add(Broadcasts(writer, samples))
        _listen(services, journal)
        await _start(services, stack)
        yield services


def _committed(hub: Hub, broker: Broker) -> Callable[[Sequence[Event]], None]:
    """Who is told of each commit of this process: its hub, and by the broker the others'."""

    def committed(events: Sequence[Event]) -> None:
        try:
            hub.committed(events)
        finally:
            broker.announce()

    return committed


def _listen(services: Services, journal: Continuity) -> None:
    """Who hears of the log's events, and begins anew when it is another log."""
    hub = services.hub

    async def renew(old_epoch: str) -> None:
        await journal.renew(services.writer, old_epoch)

    journal.on_doubt(hub.doubt)
    hub.renew = renew
    hub.listeners.fatal = services.supervision.fail
    for noun in NOUNS:
        for forget in noun.doubt(services):
            journal.on_doubt(forget)
        for one in noun.listening(services):
            hub.listen(one.listener, failed=one.failed, replaced=one.replaced)
    hub.listen(lambda _: None, replaced=lambda: services.broker.log_replaced(hub.head.epoch))


async def _start(services: Services, stack: AsyncExitStack) -> None:
    """Start what lives as long as the process; `stack` closes it, the last one first."""
    hub, broker, writer = services.hub, services.broker, services.writer
    supervision = services.supervision
    stack.push_async_callback(close_safely, "hub", hub.close)
    await hub.start()
    stack.push_async_callback(close_safely, "broker", broker.close)
    tasks = [
        task
        for noun in NOUNS
        for living in noun.living(services)
        for task in await stack.enter_async_context(living)
    ]
    await broker.start(hub.hint)
    stack.push_async_callback(close_safely, "writer", writer.close, WRITER_CLOSE_S)
    writer.start()
    file_watch = FileWatch(services.database.file)
    file_watch.start()
    stack.push_async_callback(close_safely, "database file", file_watch.close)
    stack.callback(supervision.close)
    supervision.watch(tasks)
    for part in (hub, broker, writer, file_watch):
        supervision.watch(part.tasks)


def broker_of(settings: Settings, epoch: str) -> Broker:
    """What tells the other processes: Redis if it is set, else a PostgreSQL database itself.

    Processes on one SQLite file have none: each looks at the log every two seconds.
    """
    if settings.redis_url:
        return redis_broker(settings.redis_url, epoch)
    return MemoryBroker() if settings.is_embedded else postgres_broker(settings.database_url)


def _limits(settings: Settings) -> Limits:
    """How long a server waits for PostgreSQL."""
    return Limits(
        write_statement_s=settings.write_statement_seconds,
        write_idle_s=settings.write_idle_seconds,
        read_statement_s=settings.read_statement_seconds,
        scan_statement_s=settings.scan_statement_seconds,
        connect_s=settings.database_connect_seconds,
        borrow_s=settings.read_statement_seconds,
    )


async def _bring_up_to_date(database: Database, settings: Settings) -> None:
    pending = await database.pending_migrations()
    if pending and not settings.is_embedded:
        raise ConfigurationError(
            f"the database lacks {len(pending)} migrations: run `python -m graphql_api migrate`"
        )
    if not pending and await _is_whole(database):
        return
    if not settings.is_embedded:
        raise ConfigurationError(
            "the database lacks its first rows: run `python -m graphql_api migrate`"
        )
    await migrate(database)


async def _secret(settings: Settings, database: Database) -> str:
    """JWT_SECRET; in development, one that this database keeps, so sessions outlive a restart."""
    if settings.jwt_secret:
        return settings.jwt_secret
    connection: Connection = database.writing
    await connection.change(
        "INSERT INTO server_secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        "jwt",
        new_secret(),
    )
    row = await connection.row("SELECT value FROM server_secret WHERE name = ?", "jwt")
    assert row is not None
    return str(row["value"])
