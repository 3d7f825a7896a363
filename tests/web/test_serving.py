"""The pages in the whole application: where they are, and that they take nothing else's place."""

from __future__ import annotations

import pytest

from graphql_api.clock import HeldClock
from tests.conftest import settings_for
from tests.databases import SqliteMaker
from tests.schema.api import running

BROWSER = {"accept": "text/html,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("environment", "graphiql", "is_there"),
    [
        ("development", "auto", True),
        ("development", "off", False),
        ("production", "auto", False),
        ("production", "on", True),
    ],
)
async def test_graphiql_is_there_in_development_unless_told_otherwise(
    sqlite_maker: SqliteMaker, environment: str, graphiql: str, is_there: bool
) -> None:
    settings = settings_for(sqlite_maker.fresh(), environment=environment, graphiql=graphiql)
    async with running(settings, HeldClock()) as api:
        response = await api.http.get("/graphql", headers=BROWSER)
        assert response.status_code == (200 if is_there else 404)
        assert ("text/html" in response.headers["content-type"]) == is_there
        if is_there:
            assert "cdn" not in response.text
            assert "script-src 'self';" in response.headers["content-security-policy"]


async def test_pages_take_no_other_path(sqlite_maker: SqliteMaker) -> None:
    async with running(settings_for(sqlite_maker.fresh()), HeldClock()) as api:
        console = await api.http.get("/", headers=BROWSER)
        assert "text/html" in console.headers["content-type"]
        for path in ("/healthz", "/readyz"):
            assert (await api.http.get(path, headers=BROWSER)).json()
        assert "inventory_" in (await api.http.get("/metrics", headers=BROWSER)).text
        assert (await api.http.get("/graphql/x", headers=BROWSER)).status_code == 404
        answer = await api.nobody.post("{ __typename }")
        assert answer.data == {"__typename": "Query"}
