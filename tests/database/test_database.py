"""Opening, migrating and closing the database; what it refuses by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.exceptions import BaseORMException, IntegrityError
from tortoise.indexes import Index
from tortoise.models import Model

from graphql_api.database.database import MODEL_MODULES, Database
from graphql_api.database.dialect import Dialect
from graphql_api.errors import ConfigurationError
from graphql_api.inventory.locations import Locations
from graphql_api.process import migrate, open_services
from graphql_api.services import Services
from tests.builders import make_item
from tests.conftest import settings_for
from tests.databases import Maker, PostgresMaker, SqliteMaker


@pytest.mark.parametrize("name", ["reading", "writing", "scanning"])
async def test_every_sqlite_connection_is_durable_and_lets_readers_go_on(
    sqlite_maker: SqliteMaker, name: str
) -> None:
    database = Database(sqlite_maker.fresh())
    await database.open()
    try:
        connection = getattr(database, name)
        pinned = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 8_000}
        for pragma, wanted in {**pinned, "foreign_keys": 1}.items():
            row = await connection.row(f"PRAGMA {pragma}")
            assert row[0] == wanted, pragma
    finally:
        await database.close()


async def test_postgres_answers_a_commit_only_once_it_is_on_disk(
    postgres_maker: PostgresMaker,
) -> None:
    database = Database(postgres_maker.fresh())
    await database.open()
    try:
        row = await database.writing.row("SELECT current_setting('synchronous_commit')")
        assert row is not None
        assert row[0] == "on"
    finally:
        await database.close()


async def test_postgres_compiles_no_statement_of_ours(postgres_maker: PostgresMaker) -> None:
    """How the bug came about: at a million items a suggestion was estimated dear enough to be
    compiled, which took 1.3 s; it runs in 10 ms."""
    async with open_services(settings_for(postgres_maker.fresh())) as services:
        database = services.database
        for connection in (database.reading, database.writing, database.scanning):
            row = await connection.row("SELECT current_setting('jit')")
            assert row is not None
            assert row[0] == "off"


async def test_a_long_read_is_planned_for_the_tables_as_they_are_now(
    postgres_maker: PostgresMaker,
) -> None:
    """How the bug came about: after five calls PostgreSQL kept the plan that it had made for an
    empty table, which reads all of it, however large it had become."""
    url = postgres_maker.fresh()
    database = Database(url)
    await database.open()
    try:
        for _ in range(10):
            await database.scanning.rows("SELECT count(*) FROM movement WHERE item_id = ?", 1)
        row = await database.scanning.row(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE ?",
            "SELECT count(*) FROM movement%",
        )
        assert row is not None
        assert (row["generic_plans"], row["custom_plans"]) == (0, 10)
    finally:
        await database.close()
        postgres_maker.discard(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://x", "must look like"),
        ("", "must look like"),
        ("sqlite://", "needs a file"),
        ("sqlite://:memory:", "needs a file"),
        ("sqlite:///no/such/folder/x.sqlite3", "does not exist"),
    ],
)
def test_a_url_that_cannot_work_is_refused_in_one_line(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as refused:
        Database(url)
    assert "\n" not in str(refused.value)


async def test_a_database_that_cannot_be_reached_is_told_without_its_password() -> None:
    database = Database("postgres://me:pass%40word@127.0.0.1:1/nowhere")
    with pytest.raises(ConfigurationError, match="cannot open the database") as refused:
        await database.open()
    assert "pass%40word" not in str(refused.value)
    assert "pass@word" not in str(refused.value)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to be looked at as if it were one" * 20)
    with pytest.raises(ConfigurationError, match="cannot open the database"):
        await Database(f"sqlite://{file}").open()


async def test_a_new_file_is_made_and_migrated_by_opening_it(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path / 'a new one.sqlite3'}"
    async with open_services(settings_for(url)) as services:
        await make_item(services)
    assert (tmp_path / "a new one.sqlite3").exists()


async def test_an_unmigrated_server_is_refused_with_the_command_to_run(
    postgres_maker: PostgresMaker,
) -> None:
    url = postgres_maker.empty()
    with pytest.raises(ConfigurationError, match="graphql_api migrate"):
        async with open_services(settings_for(url)):
            pass


async def test_migrating_again_changes_nothing(services: Services) -> None:
    before = await services.log.head()
    assert await services.database.pending_migrations() == []
    assert await migrate(services.database) == []
    assert await services.log.head() == before
    assert len(await services.of(Locations).all()) == 1


async def test_every_new_database_has_an_epoch_of_its_own(tmp_path: Path) -> None:
    epochs = []
    for name in ("one", "two"):
        async with open_services(settings_for(f"sqlite://{tmp_path / name}")) as services:
            epochs.append((await services.log.head()).epoch)
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE item SET stock = -1",
        "UPDATE level SET quantity = -1",
        "INSERT INTO level (id, item_id, location_id, quantity) VALUES (1, 1, 1, -1)",
    ],
)
async def test_the_database_itself_refuses_stock_below_zero(
    services: Services, statement: str
) -> None:
    item = await make_item(services)
    with pytest.raises(BaseORMException):
        await services.database.writing.change(statement)
    row = await services.database.reading.row("SELECT stock FROM item WHERE id = ?", item.id)
    assert row is not None
    assert row[0] == 10


async def test_every_index_that_the_models_name_is_there(services: Services) -> None:
    reading = services.database.reading
    table = "sqlite_master" if reading.dialect is Dialect.SQLITE else "pg_indexes"
    name = "name" if reading.dialect is Dialect.SQLITE else "indexname"
    made = {row[0] for row in await reading.rows(f"SELECT {name} FROM {table}")}
    models = (model for module in MODEL_MODULES for model in vars(import_module(module)).values())
    named = {
        index.name
        for model in models
        if isinstance(model, type) and issubclass(model, Model) and model is not Model
        for index in model._meta.indexes
        if isinstance(index, Index)
    }
    assert len(named) >= 10
    assert named <= made


async def test_what_is_unique_the_database_itself_holds_unique(services: Services) -> None:
    await make_item(services, barcode="777", min_stock=20)
    twins: list[tuple[str, dict[str, Any]]] = [
        ("item", {}),  # the SKU is taken
        ("item_barcode", {}),
        ("level", {}),
        ("alert", {}),
        ("location", {}),
    ]
    for table, changes in twins:
        row = await services.database.reading.row(f"SELECT * FROM {table}")
        assert row is not None
        twin = {**dict(row), **({"id": 4711} if "id" in dict(row) else {}), **changes}
        marks = ", ".join("?" * len(twin))
        with pytest.raises(IntegrityError):
            await services.database.writing.change(
                f"INSERT INTO {table} ({', '.join(twin)}) VALUES ({marks})", *twin.values()
            )


async def test_both_databases_sort_text_by_its_bytes(services: Services) -> None:
    for sku in ("b", "B2", "_", "a-1", "A1", "ä", "Z", "日", "🔩"):
        await make_item(services, sku)
    rows = await services.database.reading.rows("SELECT sku_key FROM item ORDER BY sku_key")
    keys = [row[0] for row in rows]
    assert keys == sorted(keys, key=str.encode)


async def test_cancelled_reads_cost_no_connection(services: Services) -> None:
    reading = services.database.reading
    for _ in range(40):
        task = asyncio.create_task(reading.rows("SELECT count(*) FROM event"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await services.database.is_reachable()


async def test_only_an_open_database_is_reachable_and_closing_again_is_harmless(
    database_url: str,
) -> None:
    database = Database(database_url)
    assert not await database.is_reachable()
    await database.open()
    assert await database.is_reachable()
    await database.close()
    await database.close()


async def test_connections_are_closed_one_by_one_so_that_the_file_stands_alone(
    sqlite_maker: SqliteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How the bug came about: closed at the same moment, each connection of SQLite sees another
    # one still open, none of them is the last, and now and then the WAL stays beside the file.
    # An older backup put in the file's place would then be mixed with that WAL.
    closing = most = 0
    close = SqliteClient.close

    async def counted(client: SqliteClient) -> None:
        nonlocal closing, most
        closing += 1
        most = max(most, closing)
        await asyncio.sleep(0)
        await close(client)
        closing -= 1

    monkeypatch.setattr(SqliteClient, "close", counted)
    async with open_services(settings_for(sqlite_maker.fresh())) as services:
        await make_item(services)
    assert most == 1


@pytest.mark.parametrize("name", ["reading", "writing", "scanning"])
async def test_a_first_use_by_several_at_once_opens_one_connection(
    sqlite_maker: SqliteMaker, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Tortoise connects at the first use. Of two connections one would be forgotten, its thread
    # would never end, and so neither would the server on SIGTERM.
    opened: list[aiosqlite.Connection] = []
    connect = aiosqlite.connect

    def recorded(*arguments: Any, **options: Any) -> aiosqlite.Connection:
        opened.append(connect(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(aiosqlite, "connect", recorded)
    database = Database(sqlite_maker.fresh())
    await database.open()
    try:
        connection = getattr(database, name)
        await asyncio.gather(*(connection.rows("SELECT 1") for _ in range(3)))
        await asyncio.gather(database.reading.rows("SELECT 1"), database.scanning.rows("SELECT 1"))
        assert len(opened) <= 3
    finally:
        await database.close()
        for left in opened:
            await left.close()


async def test_a_long_read_does_not_hold_up_the_short_ones(sqlite_maker: SqliteMaker) -> None:
    database = Database(sqlite_maker.fresh())
    await database.open()
    try:
        count = "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
        long_read = asyncio.create_task(
            database.scanning.rows(count + "FROM n WHERE i < 3000000) SELECT i FROM n) x")
        )
        await database.reading.rows("SELECT 1")
        assert not long_read.done()
        assert (await long_read)[0][0] == 3_000_000
    finally:
        await database.close()


async def test_two_databases_open_at_once_do_not_touch_each_other(maker: Maker) -> None:
    # How the bug came about: Tortoise.init finds the context that an earlier one left in this
    # task, closes its connections and takes it over; what the first database opens again
    # afterwards is closed by nobody.
    urls = maker.fresh(), maker.fresh()
    one, other = (Database(url) for url in urls)
    await one.open()
    client = one.reading.client
    await one.reading.rows("SELECT 1")
    await other.open()
    assert other.reading.client is not client
    await one.writing.change("UPDATE location SET name = ?", "of one")
    await other.writing.change("UPDATE location SET name = ?", "of the other")
    await other.close()
    row = await one.reading.row("SELECT name FROM location")
    assert row is not None
    assert row[0] == "of one"
    await one.close()
    for url in urls:
        maker.discard(url)


async def test_what_was_committed_is_in_the_file_for_others_to_read(
    sqlite_maker: SqliteMaker,
) -> None:
    url = sqlite_maker.fresh()
    async with open_services(settings_for(url)) as services:
        await make_item(services, "SKU-9")
        with sqlite3.connect(url.removeprefix("sqlite://")) as beside:
            assert beside.execute("SELECT sku FROM item").fetchall() == [("SKU-9",)]
        beside.close()
