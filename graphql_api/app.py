"""The one place where the parts are put together: read it as a contents page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from graphql_api.accounts.failures import Failures
from graphql_api.accounts.passwords import Passwords
from graphql_api.accounts.roles import Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.tokens import Tokens
from graphql_api.accounts.users import Users
from graphql_api.alerts import lifecycle
from graphql_api.alerts.lifecycle import Alerts
from graphql_api.alerts.listing import AlertListing
from graphql_api.alerts.rules import Severity
from graphql_api.clock import Clock, SystemClock
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.database.postgres import Limits
from graphql_api.database.writer import Writer
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.memory import MemoryBroker
from graphql_api.delivery.postgres import postgres_broker
from graphql_api.delivery.redis import redis_broker
from graphql_api.delivery.registry import Registry
from graphql_api.errors import ConfigurationError, Unauthenticated
from graphql_api.events.log import Event, Log, LogWriter
from graphql_api.events.retention import Retention
from graphql_api.inventory import locations
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.figures import Figures
from graphql_api.inventory.history import History
from graphql_api.inventory.imports import ItemImports
from graphql_api.inventory.items import Items, sample_update
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.stock import StockLedger
from graphql_api.notifications.alert_notices import AlertNotices
from graphql_api.notifications.import_notices import ImportNotices
from graphql_api.notifications.job_watch import JobWatch
from graphql_api.notifications.notifications import Notifications, sample_notification
from graphql_api.notifications.push import Push, forget_ended
from graphql_api.notifications.push_deliveries import PushDeliveries
from graphql_api.notifications.retention import NotificationRetention
from graphql_api.notifications.server_runs import SIGN_OF_LIFE_MINUTES, ServerRuns
from graphql_api.operations.broadcast import BroadcastKind, Broadcasts
from graphql_api.operations.rate import LiveCosts, RateLimiter
from graphql_api.operations.scheduler import Job, Scheduler
from graphql_api.presence import leases
from graphql_api.presence.leases import Leases
from graphql_api.presence.live import LivePresence
from graphql_api.settings import Settings, new_secret
from graphql_api.transport.entry import Entry, Renewed
from graphql_api.transport.headers import SecureHeaders
from graphql_api.transport.http import GraphQLEndpoint
from graphql_api.transport.seam import ServerSeam
from graphql_api.transport.socket import RAW_SEND
from graphql_api.transport.sockets import Sockets
from graphql_api.web.health import health_routes
from graphql_api.web.pages import Pages
from schema import InventorySchema, build_schema
from schema.context import Context, Services
from schema.errors import masked
from schema.execution import Execution

logger = logging.getLogger(__name__)

GRAPHQL_PATH = "/graphql"


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
        self._clock = clock
        pages = Pages(settings.environment)
        self._endpoint = GraphQLEndpoint(
            self._running, self.schema, ide=pages.graphiql if settings.has_graphiql else None
        )
        self._pages = Starlette(
            routes=[
                Route(GRAPHQL_PATH, self._endpoint),
                *health_routes(self._health, settings.metrics_token, settings.is_production),
                *pages.routes(),
            ],
            middleware=[
                Middleware(SecureHeaders),
                Middleware(
                    CORSMiddleware,
                    allow_origins=list(settings.frontend_url),
                    allow_methods=["GET", "POST"],
                    allow_headers=["authorization", "content-type"],
                ),
            ],
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope.get("path") == GRAPHQL_PATH
        if is_graphql and scope["type"] == "websocket":
            scope[RAW_SEND] = send
            await self._endpoint(scope, receive, send)
        elif is_graphql and not _is_from_a_page(scope):
            await self._endpoint(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    async def drain(self) -> None:
        """Refuse new work and close the sockets, spread over DRAIN_SECONDS."""
        self.is_draining = True
        if self.entry is not None:
            await self.entry.sockets.drain(self.settings.drain_seconds)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            services = await stack.enter_async_context(
                open_services(self.settings, clock=self._clock)
            )
            entry = _entry(self.settings, services, self.schema)
            entry.sockets.start()
            stack.push_async_callback(entry.sockets.close)
            pushes = PushDeliveries(
                services.push,
                services.database.scanning,
                services.writer,
                services.log,
                services.hub,
                services.clock,
            )
            pushes.start()
            stack.push_async_callback(pushes.close)
            runs = ServerRuns(services.writer)
            await runs.start()
            stack.push_async_callback(runs.stop)
            alive = Job("sign of life", SIGN_OF_LIFE_MINUTES, runs.live, everywhere=True)
            watch = JobWatch(services.notifications)
            scheduler = Scheduler(
                services.writer,
                services.clock,
                [*jobs(services), alive],
                lambda job, error: watch.ended(job.name, error),
            )
            scheduler.start()
            stack.callback(scheduler.close)
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

    told = NotificationRetention(
        services.writer, services.clock, settings.notification_retention_days
    )

    async def monitor() -> None:
        await services.alerts.wake_up(settings.alert_stale_hours)
        await retention.run()
        await told.run()
        await services.push.tidy()

    return [
        Job("alerts", settings.alert_check_interval_minutes, services.alerts.check),
        Job("monitoring", settings.monitoring_interval_minutes, monitor),
    ]


def imports_of(services: Services) -> ItemImports:
    """Imports of items, whose ends are told to those who act on stock."""

    notices = ImportNotices(services.writer, Severity[services.settings.notify_alert_severity])
    return ItemImports(
        services.writer, services.locations, services.database.scanning, notices.tell
    )


def _entry(settings: Settings, services: Services, schema: InventorySchema) -> Entry:
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
        sessions=services.sessions,
        hub=services.hub,
        log=services.log,
        registry=services.registry,
        rates=(
            RateLimiter(clock, per_second, settings.rate_work_per_second)
            if settings.rate_limit == "on"
            else RateLimiter(clock, None)
        ),
        live_costs=LiveCosts(settings.subscriptions_cost_per_user_max),
        sockets=Sockets(
            settings,
            clock,
            services.hub,
            services.registry,
            services.sessions,
            services.presence,
        ),
        seam=ServerSeam(),
        new_context=new_context,
        left=services.presence.left,
        masked=masked_error,
    )


async def migrate(database: Database) -> list[str]:
    """Bring the database's tables up to date; the names of the migrations that were applied."""
    applied = await database.migrate()
    await Log(database.reading).create(database.writing)
    await locations.create_default(database.writing)
    return applied


@asynccontextmanager
async def open_services(
    settings: Settings, *, clock: Clock | None = None, broker: Broker | None = None
) -> AsyncIterator[Services]:
    """All use cases on an open database, until the context ends; nothing accepted is lost.

    An embedded database is made and migrated here; another one must have been migrated.
    Raises ConfigurationError.
    """
    clock = clock or SystemClock()
    database = Database(settings.database_url, _limits(settings))
    await database.open()
    try:
        await _bring_up_to_date(database, settings)
        log = Log(database.reading)
        hub = Hub(log, settings.ring_bytes_max)
        broker = broker or broker_of(settings, (await log.head()).epoch)

        def committed(events: Sequence[Event]) -> None:
            hub.committed(events)
            broker.announce()

        writer: LogWriter = Writer(
            database,
            log,
            clock,
            committed,
            repeat_s=settings.write_repeat_seconds,
            doubt_s=settings.commit_doubt_seconds,
        )
        writer.add_reactor(lifecycle.react)
        writer.add_reactor(leases.react)
        writer.add_reactor(AlertNotices(Severity[settings.notify_alert_severity]).react)
        writer.add_reactor(forget_ended)
        secret = await _secret(settings, database)
        services = _assemble(settings, clock, database, log, hub, writer, secret, broker)
        hub.listen(services.sessions.heed)
        hub.listen(services.presence.heed)
        await hub.start()
        services.presence.open()
        await broker.start(hub.hint)
        writer.start()
        try:
            yield services
        finally:
            await services.figures.close()
            await writer.close()
            await services.presence.close()
            await broker.close()
            await hub.close()
    finally:
        await database.close()


def _assemble(
    settings: Settings,
    clock: Clock,
    database: Database,
    log: Log,
    hub: Hub,
    writer: LogWriter,
    secret: str,
    broker: Broker,
) -> Services:
    reading, scanning = database.reading, database.scanning
    passwords = Passwords()
    registry = Registry()
    failures = Failures(registry.access_failures)
    tokens = Tokens(secret, settings.jwt_issuer, settings.access_token_minutes, clock)
    places = Locations(reading, writer)
    stock = StockLedger(writer, places, clock)
    alert_listing = AlertListing(reading, scanning)
    catalogue = Catalogue(reading, scanning)
    users = Users(reading, writer, passwords)
    sessions = Sessions(
        reading, writer, passwords, tokens, clock, settings.refresh_token_days, failures
    )
    edit_leases = Leases(reading, writer)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        log=log,
        writer=writer,
        hub=hub,
        registry=registry,
        failures=failures,
        items=Items(writer, places, stock.book_opening, edit_leases.check),
        catalogue=catalogue,
        history=History(reading, scanning),
        figures=Figures(scanning, clock, alert_listing.count_live),
        locations=places,
        stock=stock,
        alerts=Alerts(writer, scanning),
        alert_listing=alert_listing,
        users=users,
        sessions=sessions,
        presence=LivePresence(
            clock, broker, catalogue, users, sessions, edit_leases, settings.presence_entries_max
        ),
        notifications=Notifications(reading, writer),
        push=Push(reading, writer, clock, settings),
        broadcasts=Broadcasts(
            writer,
            {
                BroadcastKind.INVENTORY_UPDATE: sample_update,
                BroadcastKind.ALERT: lifecycle.sample_alert,
                BroadcastKind.NOTIFICATION: sample_notification,
            },
        ),
        started_s=clock.monotonic_s(),
    )


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
    if pending:
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
