"""Told cost is real cost: generated documents, the objects that they answered with counted."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_required_argument,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import new_key
from tests.campaigns import examples
from tests.schema.api import Api

DEPTH_MAX = 5
LINES = 12
HOW = ["literal", "input", "lines", "default"]
EXAMPLES = settings(
    examples(200, 2_000),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


JSON_FIELDS = {"attributes", "data"}


def objects(answer: Any) -> int:
    """How many objects an answer's data holds. What is JSON is one value."""
    if isinstance(answer, list):
        return sum(map(objects, answer))
    if not isinstance(answer, dict):
        return 0
    return 1 + sum(objects(part) for name, part in answer.items() if name not in JSON_FIELDS)


class Writer:
    """Writes selections of a schema, drawn from `data`. ids: of items that are there."""

    def __init__(self, data: st.DataObject, ids: list[str]) -> None:
        self._draw = data.draw
        self._ids = ids

    def selection(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int = 1) -> str:
        names = [name for name, field in type_.fields.items() if self._can(field, depth)]
        chosen = self._draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        parts = [self._field(name, type_.fields[name], depth) for name in chosen]
        if self._draw(st.booleans()):
            parts[0] = f"... on {type_.name} {{ {parts[0]} }}"
        return " ".join(parts)

    def _can(self, field: GraphQLField, depth: int) -> bool:
        inner = get_named_type(field.type)
        known = {"first", "days", "itemIds", "ref", "id", "ids"}
        needed = {name for name, a in field.args.items() if is_required_argument(a)}
        is_object = isinstance(inner, GraphQLObjectType)
        return needed <= known and (
            depth < DEPTH_MAX and is_object if is_composite(inner) else True
        )

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        given = [f"{arg}: {text}" for arg in field.args if (text := self._argument(arg))]
        text = name + (f"({', '.join(given)})" if given else "")
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLObjectType):
            text += f" {{ {self.selection(inner, depth + 1)} }}"
        return text

    def _argument(self, name: str) -> str | None:
        one = st.sampled_from(self._ids)
        match name:
            case "first":
                return str(self._draw(st.integers(1, 8)))
            case "days":
                return str(self._draw(st.integers(1, 90)))
            case "itemIds":
                chosen = self._draw(st.lists(one, min_size=1, max_size=6, unique=True))
                return "[" + ", ".join(f'"{id_}"' for id_ in chosen) + "]"
            case "ref":
                return f'{{ id: "{self._draw(one)}" }}'
            case "id":
                return f'"{self._draw(one)}"'
            case _:
                return None


def is_composite(type_: Any) -> bool:
    return hasattr(type_, "fields") or hasattr(type_, "types")


@pytest.fixture
async def ids(api: Api) -> list[str]:
    """The ids of six items with movements at six places, alerts, people and notifications."""
    places = [
        (await api.admin.mutate("createLocation", "location { id }", input=place))["location"]["id"]
        for place in ({"code": f"P{n}", "name": f"Place {n}"} for n in range(5))
    ]
    made = []
    for n in range(6):
        given = {"sku": f"S{n}", "name": f"Thing {n}", "initialStock": 9, "minStock": 500}
        item = (await api.admin.mutate("createItem", "item { id }", input=given))["item"]["id"]
        made.append(item)
        lines = [line(item, place) for place in [*places, *places]]
        await api.admin.mutate("adjustStockBatch", input=batch(lines))
    return made


def line(item: str, place: str | None = None) -> dict[str, Any]:
    return {"item": {"id": item}, "quantity": 2, "actionType": "RECEIPT", "location": place}


def batch(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"idempotencyKey": new_key(), "lines": lines}


@EXAMPLES
@given(data=st.data())
async def test_no_query_answers_with_more_objects_than_it_told(
    api: Api, ids: list[str], data: st.DataObject
) -> None:
    query_type = api.admin.schema.core.query_type
    assert query_type is not None
    query = f"{{ {Writer(data, ids).selection(query_type)} }}"
    answer = await api.admin.post(query)
    if answer.codes == ["LIMIT_EXCEEDED"]:
        return
    assert set(answer.codes) <= {"NOT_FOUND", "INVALID_INPUT", "BAD_USER_INPUT"}, answer.errors
    told = answer.body.get("extensions", {}).get("cost", 0)
    assert objects(answer.data) - 1 <= told, query


@EXAMPLES
@given(data=st.data())
async def test_no_batch_answers_with_more_than_it_told_replayed_or_not(
    api: Api, ids: list[str], data: st.DataObject
) -> None:
    """One told 4,805 and answered 1,200,752 objects: its movements counted as one."""
    payload = api.admin.schema.core.get_type("StockBatchPayload")
    assert isinstance(payload, GraphQLObjectType)
    selection = Writer(data, ids).selection(payload, 2)
    lines = data.draw(st.integers(1, LINES))
    given = batch([line(ids[n % len(ids)]) for n in range(lines)])
    query, variables = batch_document(data.draw(st.sampled_from(HOW)), given, selection)
    for _ in range(2):
        answer = await api.admin.post(query, variables)
        if answer.codes == ["LIMIT_EXCEEDED"]:
            return
        assert answer.codes == []
        assert objects(answer.data) - 1 <= answer.body["extensions"]["cost"], query


def batch_document(
    how: str, input_: dict[str, Any], selection: str
) -> tuple[str, dict[str, Any] | None]:
    """adjustStockBatch with its lines written out, as variables, or as a variable's default."""
    key, lines = input_["idempotencyKey"], input_["lines"]
    written = ", ".join(
        f'{{ item: {{ id: "{one["item"]["id"]}" }}, quantity: 2, actionType: RECEIPT }}'
        for one in lines
    )
    literal = f'{{ idempotencyKey: "{key}", lines: [{written}] }}'
    body = f"{{ ...P }} }} fragment P on StockBatchPayload {{ {selection} }}"
    match how:
        case "literal":
            return f"mutation {{ adjustStockBatch(input: {literal}) {body}", None
        case "input":
            head = "mutation($i: AdjustStockBatchInput!) { adjustStockBatch(input: $i)"
            return f"{head} {body}", {"i": input_}
        case "lines":
            head = "mutation($l: [StockLine!]!) { adjustStockBatch("
            return f'{head}input: {{ idempotencyKey: "{key}", lines: $l }}) {body}', {"l": lines}
        case _:
            head = f"mutation($i: AdjustStockBatchInput! = {literal})"
            return f"{head} {{ adjustStockBatch(input: $i) {body}", None


@pytest.mark.parametrize("how", HOW)
async def test_a_small_batch_may_ask_for_much_and_costs_by_its_lines(
    api: Api, ids: list[str], how: str
) -> None:
    """Counted as 250 lines whatever it had, it was refused with a few objects for each."""
    selection = "movements { item { movements(first: 20) { nodes { id } } } }"
    costs = []
    for lines in (1, 3):
        query, variables = batch_document(how, batch([line(ids[0])] * lines), selection)
        answer = await api.admin.post(query, variables)
        assert answer.codes == []
        costs.append(answer.body["extensions"]["cost"])
    assert costs == [1 + 23, 1 + 3 * 23]


async def test_a_list_in_a_variables_default_has_its_length(api: Api, ids: list[str]) -> None:
    """Only defaults that are numbers were looked at: the list counted as ten, however long."""
    given = "[" + ", ".join(f'"{n}"' for n in range(40)) + "]"
    query = f"query($ids: [ID!]! = {given}) {{ presence(itemIds: $ids) {{ itemId }} }}"
    assert (await api.admin.post(query)).body["extensions"]["cost"] == 40
