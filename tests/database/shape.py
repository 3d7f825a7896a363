"""The shape of a database: what its tables look like, as the database itself tells it.

Compared between what the models ask for and what all migrations make.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from tortoise.utils import generate_schema_for_client

from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.database.dialect import Dialect

Shape = dict[str, str]  # what there is → what it is like

# One row for each part of a table: its table, what it is, what it is like. A key or an index that
# Tortoise names by itself goes without its name.
_SQLITE = """
SELECT m.name AS "table", 'column ' || c.name AS part, c.type || ' null=' || (1 - c."notnull")
    || ' key=' || c.pk || ' default=' || coalesce(c.dflt_value, 'none') AS "like"
  FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type = 'table'
UNION ALL SELECT m.name,
    CASE WHEN i."unique" THEN 'unique ' ELSE 'index ' || i.name END
    || '(' || (SELECT group_concat(k.name) FROM pragma_index_info(i.name) k) || ')', ''
  FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin <> 'pk'
UNION ALL SELECT m.name, 'foreign key (' || f."from" || ')',
    f."table" || '(' || coalesce(f."to", 'id') || ') on delete ' || lower(f.on_delete)
  FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
"""
_POSTGRES = """
SELECT c.table_name::text AS "table", 'column ' || c.column_name AS part,
    c.data_type || coalesce('(' || c.character_maximum_length || ')', '') || ' null='
    || c.is_nullable || ' default='
    || coalesce(c.column_default, c.identity_generation, 'none') AS "like"
  FROM information_schema.columns c WHERE c.table_schema = 'public'
UNION ALL SELECT t.relname,
    CASE WHEN i.indisprimary THEN 'key ' WHEN i.indisunique THEN 'unique '
    ELSE 'index ' || x.relname END
    || '(' || (SELECT string_agg(a.attname, ',' ORDER BY k.place)
      FROM unnest(i.indkey::int[]) WITH ORDINALITY k(number, place)
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) || ')', ''
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
  WHERE t.relnamespace = 'public'::regnamespace
UNION ALL SELECT t.relname, 'foreign key ' || substring(d.text FROM '\\([^)]*\\)'),
    lower(replace(substring(d.text FROM 'REFERENCES (.*)'), '"', ''))
  FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid,
    LATERAL (SELECT pg_get_constraintdef(k.oid) AS text) d WHERE k.contype = 'f'
"""
_OWN = ("sqlite_", "tortoise_migrations")  # of the database, and of Tortoise


async def shape(connection: Connection) -> Shape:
    """Every column, key and index, and what refers to what."""
    question = _SQLITE if connection.dialect is Dialect.SQLITE else _POSTGRES
    return {
        f"{table}, {part}": str(like)
        for table, part, like in await connection.rows(question.strip())
        if not table.startswith(_OWN)
    }


def differences(models: Shape, migrations: Shape) -> Iterator[str]:
    """What a migration is wanted for, one line each."""
    for part in sorted(models.keys() | migrations.keys()):
        wanted, made = models.get(part), migrations.get(part)
        if made is None:
            yield f"make a migration: {part}: the models have it, no migration makes it"
        elif wanted is None:
            yield f"make a migration: {part}: the migrations make it, no model has it"
        elif wanted != made:
            yield f"make a migration: {part}: {wanted} in the models, {made} by the migrations"


@asynccontextmanager
async def made_by_models(url: str) -> AsyncIterator[Database]:
    """An empty database with the tables that the models ask for, and no migration."""
    database = Database(url)
    await database.open()
    try:
        with database._entered():
            await generate_schema_for_client(database.reading.client, safe=False)
        yield database
    finally:
        await database.close()
