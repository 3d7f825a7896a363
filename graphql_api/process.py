"""One process's services, from opening the database to closing it, whatever the process is for.

The one place where the parts below the transport are put together: read it as a contents page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from graphql_api.alerts.rules import Severity
from graphql_api.clock import Clock, SystemClock
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.database.file_watch import FileWatch
from graphql_api.database.postgres import Limits
from graphql_api.database.writer import Writer
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.counters import Counters
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.memory import MemoryBroker
from graphql_api.delivery.postgres import postgres_broker
from graphql_api.delivery.redis import redis_broker
from graphql_api.errors import ConfigurationError
from graphql_api.events.continuity import Continuity
from graphql_api.events.log import Event, Log, LogWriter
from graphql_api.events.retention import Retention
from graphql_api.imports.items import ItemImports
from graphql_api.imports.stock import StockImports
from graphql_api.inventory import locations
from graphql_api.inventory.locations import Locations
from graphql_api.notifications.import_notices import ImportNotices
from graphql_api.operations.broadcast import Broadcasts
from graphql_api.operations.disk import Disk
from graphql_api.operations.in_use import used
from graphql_api.operations.scheduler import Job
from graphql_api.operations.supervision import Supervision, close_safely
from graphql_api.services import Services
from graphql_api.settings import Settings, new_secret
from graphql_api.stored import FACTS
from schema import NOUNS

WRITER_CLOSE_S = 12.0  # as long as it may take to find out what became of its last transaction


async def migrate(database: Database) -> list[str]:
    """Bring the database's tables up to date; the names of the migrations that were applied."""
    async with database.migrating() as (connection, applied):
        await Log(database.reading, FACTS).create(connection)
        await locations.create_default(connection)
    return applied


async def migrate_at(url: str) -> list[str]:
    """`migrate` of the database at this URL, which nobody has open here."""
    database = Database(url)
    await database.open()
    try:
        return await migrate(database)
    finally:
        await database.close()


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
        services, journal = await _assemble(settings, clock, database, broker, supervision)
        _listen(services, journal)
        await _start(services, stack)
        yield services


async def _assemble(
    settings: Settings,
    clock: Clock,
    database: Database,
    broker: Broker | None,
    supervision: Supervision,
) -> tuple[Services, Continuity]:
    """The parts on an open database, none of them started, and what looks after the log."""
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
    services = Services(
        settings=settings.model_copy(update={"jwt_secret": await _secret(settings, database)}),
        clock=clock,
        database=database,
        disk=Disk(database, writer),
        log=log,
        writer=writer,
        hub=hub,
        broker=broker,
        counters=Counters(),
        supervision=supervision,
        started_s=clock.monotonic_s(),
    )
    for noun in NOUNS:
        for reactor in noun.reactors(settings):
            writer.add_reactor(reactor)
        noun.use_cases(services)
    samples = {kind: sample for noun in NOUNS for kind, sample in noun.samples.items()}
    services.add(Broadcasts(writer, samples))
    return services, journal


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

    told = _import_notices(services).tell
    return ItemImports(services.writer, services.of(Locations), services.scanning, told)


def stock_imports_of(services: Services) -> StockImports:
    """The same of stock."""
    told = _import_notices(services).tell
    return StockImports(services.writer, services.of(Locations), services.scanning, told)


def _import_notices(services: Services) -> ImportNotices:
    return ImportNotices(services.writer, Severity[services.settings.notify_alert_severity])
