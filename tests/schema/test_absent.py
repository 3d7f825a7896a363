"""Arguments that say nothing are not converted, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry

from graphql_api.engine.direct import call_directly
from graphql_api.settings import Settings
from schema import build_schema
from tests.builders import make_item
from tests.schema.api import Api


async def test_null_for_an_argument_is_the_same_as_leaving_it_out(api: Api) -> None:
    for number in range(3):
        await make_item(api.services, f"A-{number}")
    bare = await api.user.query("{ items { nodes { sku } } }")
    null = await api.user.query(
        "query ($w: ItemFilter) { items(where: $w, search: null, after: null, last: null) "
        "{ nodes { sku } } }",
        w=None,
    )
    assert len(bare["items"]["nodes"]) == 3
    assert null == bare


@strawberry.type
class Query:
    """Tells what its resolver was called with."""

    @strawberry.field
    def told(
        self,
        some_number: int | None = None,
        page: int | None = 25,
        note: str | None = strawberry.UNSET,
    ) -> str:
        return repr([some_number, page, note])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "[None, 25, UNSET]"),
        ("(someNumber: null)", "[None, 25, UNSET]"),
        ('(someNumber: 3, note: "x")', "[3, 25, 'x']"),
        ("(page: null, note: null)", "[None, None, None]"),
    ],
)
def test_nulls_that_mean_something_are_handed_on(arguments: str, told: str) -> None:
    schema = strawberry.Schema(Query)
    call_directly(schema._schema, schema.schema_converter)
    result = schema.execute_sync(f"{{ told{arguments} }}")
    assert not result.errors
    assert result.data == {"told": told}


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ items(first: 50) { nodes { id } } }", {}, 51),
        ("{ items(first: 50) { nodes { id } } }", {"other": 3}, 51),
        ("query ($n: Int = 10) { items(first: $n) { nodes { id } } }", {}, 11),
        ("query ($n: Int = 10) { items(first: $n) { nodes { id } } }", {"n": 20}, 21),
        ("query ($n: Int) { items(last: $n) { nodes { id } } }", {"n": 30}, 31),
    ],
)
def test_only_a_cost_without_variables_is_worked_out_once(
    query: str, variables: dict[str, Any], cost: int
) -> None:
    prepared = build_schema(Settings()).documents.prepare(query)
    assert not prepared.errors
    for _ in range(2):
        assert prepared.cost(None, variables) == cost
    assert prepared.measure is not None
    assert (prepared.measure.costs[None].fixed is not None) is ("$" not in query)
