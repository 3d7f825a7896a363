"""What Tortoise knows of our models is that of the database they are in, whichever came before."""

from __future__ import annotations

from typing import Any

from graphql_api.accounts.models import UserRecord
from graphql_api.database.database import Database
from tests.databases import PostgresMaker, SqliteMaker


async def known(url: str) -> list[Any]:
    """Of one model: how it is filtered, which of its fields are converted, how it is asked for."""
    database = Database(url)
    await database.open()
    try:
        meta = UserRecord._meta
        converted = (meta.db_native_fields, meta.db_default_fields, meta.db_complex_fields)
        operators = {name: told["operator"] for name, told in meta.filters.items()}
        return [operators, *map(list, converted), type(meta.basequery), type(meta.basetable)]
    finally:
        await database.close()


async def test_both_kinds_in_turn_keep_what_is_their_own(
    sqlite_maker: SqliteMaker, postgres_maker: PostgresMaker
) -> None:
    urls = [sqlite_maker.fresh(), postgres_maker.fresh()]
    first, again = [[await known(url) for url in urls] for _ in range(2)]
    assert again == first
    for at in (0, 4):  # the operators that PostgreSQL has of its own, and its queries
        assert first[0][at] != first[1][at]
    sqlite_maker.discard(urls[0])
    postgres_maker.discard(urls[1])
