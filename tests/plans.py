"""How a database means to answer a statement, for tests of indexes."""

from __future__ import annotations

from graphql_api.database.dialect import Dialect
from graphql_api.services import Services


async def plan(services: Services, statement: str, *parameters: int) -> str:
    """How the database means to answer."""
    is_sqlite = services.database.dialect is Dialect.SQLITE
    if is_sqlite:
        rows = await services.database.scanning.rows(f"EXPLAIN QUERY PLAN {statement}", *parameters)
        return str([row["detail"] for row in rows])
    explained = f"EXPLAIN {statement}"
    for parameter in parameters:  # EXPLAIN takes no parameters whose type it must guess
        explained = explained.replace("?", str(parameter), 1)
    rows = await services.database.scanning.rows(explained)
    return str([dict(row) for row in rows])
