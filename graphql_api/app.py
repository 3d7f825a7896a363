"""The one place where the parts are put together: read it as a contents page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from graphql_api.accounts.passwords import Passwords
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.tokens import Tokens
from graphql_api.accounts.users import Users
from graphql_api.alerts import lifecycle
from graphql_api.alerts.lifecycle import Alerts
from graphql_api.alerts.listing import AlertListing
from graphql_api.clock import Clock, SystemClock
from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.database.writer import Writer
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.memory import MemoryBroker
from graphql_api.delivery.registry import Registry
from graphql_api.errors import ConfigurationError
from graphql_api.events.log import Event, Log
from graphql_api.inventory import locations
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.history import History
from graphql_api.inventory.items import Items
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.stock import StockLedger
from graphql_api.notifications.notifications import Notifications
from graphql_api.settings import Settings, new_secret
from schema.context import Services


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
    broker = broker or MemoryBroker()
    database = Database(settings.database_url)
    await database.open()
    try:
        await _bring_up_to_date(database, settings)
        log = Log(database.reading)
        hub = Hub(log, settings.ring_bytes_max)

        def committed(events: Sequence[Event]) -> None:
            hub.committed(events)
            broker.announce()

        writer: Writer[Event] = Writer(database, log, clock, committed)
        writer.add_reactor(lifecycle.react)
        services = _assemble(settings, clock, database, log, hub, writer, await _secret(settings, database))
        hub.listen(services.sessions.heed)
        await hub.start()
        await broker.start(hub.hint)
        writer.start()
        try:
            yield services
        finally:
            await writer.close()
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
    writer: Writer[Event],
    secret: str,
) -> Services:
    reading, scanning = database.reading, database.scanning
    passwords = Passwords()
    tokens = Tokens(secret, settings.jwt_issuer, settings.access_token_minutes, clock)
    places = Locations(reading, writer)
    stock = StockLedger(writer, places, clock)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        log=log,
        writer=writer,
        hub=hub,
        registry=Registry(),
        items=Items(writer, places, stock.book_opening),
        catalogue=Catalogue(reading, scanning),
        history=History(reading, scanning),
        locations=places,
        stock=stock,
        alerts=Alerts(writer, scanning),
        alert_listing=AlertListing(reading, scanning),
        users=Users(reading, writer, passwords),
        sessions=Sessions(reading, writer, passwords, tokens, clock, settings.refresh_token_days),
        notifications=Notifications(reading, writer),
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
