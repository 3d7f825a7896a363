"""What a document may ask for, over HTTP and over sockets alike, and what production turns off.

Sizes are judged in steps, not in seconds: a pass over a document may take twice as many for one
twice as long, whatever its fragments do.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from itertools import cycle, islice
from typing import Any

import pytest
from graphql import (
    GraphQLList,
    GraphQLObjectType,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_leaf_type,
    parse,
)

from graphql_api.accounts.roles import Role
from graphql_api.app import create_app
from graphql_api.clock import HeldClock
from graphql_api.engine import preparation
from graphql_api.engine.limits import measure
from graphql_api.engine.preparation import Documents, Prepared
from graphql_api.errors import ConfigurationError
from graphql_api.settings import Settings, read_settings
from schema import VOCABULARY, build_schema, export_sdl
from schema.prices import PRICES
from tests.schema.api import Api, Closed, running

LIMITS = Settings()
EXCEEDED = ["LIMIT_EXCEEDED"]


# From an item to itself, for ever: each field with the type that it leads to.
CIRCLE = [
    ("movements(first: 1)", "StockMovementConnection"),
    ("nodes", "StockMovement"),
    ("item", "InventoryItem"),
]


def deep(levels: int, end: str = "__typename") -> str:
    """A query of so many levels; `end` stands in the innermost one."""
    fields = ["items(first: 1)", "nodes", *(name for name, _ in islice(cycle(CIRCLE), levels - 3))]
    return "{ " + " { ".join([*fields, end]) + " }" * levels


def deep_in_two(levels: int) -> str:
    """The same, its last level in a fragment."""
    _, innermost = CIRCLE[(levels - 4) % len(CIRCLE)]
    return deep(levels, "...F") + f" fragment F on {innermost} {{ __typename }}"


def wide(count: int, part: str) -> str:
    return "{ viewer { " + " ".join(part.replace("#", str(n)) for n in range(count)) + " } }"


def fragments(count: int) -> str:
    spread = "{ viewer { " + " ".join(f"...F{n}" for n in range(count)) + " } }"
    return spread + "".join(f" fragment F{n} on User {{ id }}" for n in range(count))


def tokens(count: int) -> str:
    """A string is one token, all around them are 16."""
    return "{items(where:{skus:[" + '"a"' * (count - 16) + "]}){totalCount}}"


def characters(count: int) -> str:
    query = "{ viewer { id } } #"
    return query + "x" * (count - len(query))


def costing(cost: int) -> str:
    """1 + 49 × (1 + 1 + 98) for items and their movements, 1 + the rest for alerts."""
    movements = "movements(first: 98) { nodes { id } }"
    items = f"items(first: 49) {{ nodes {{ {movements} }} }}"
    return f"{{ {items} alerts(first: {cost - 4_902}) {{ nodes {{ id }} }} }}"


# What is limited → the limit, and a document of a given size.
SIZES: dict[str, tuple[int, Callable[[int], str]]] = {
    "depth": (LIMITS.document_depth_max, deep),
    "depth in a fragment": (
        LIMITS.document_depth_max,
        lambda n: "{ ...F } fragment F on Query " + deep(n),
    ),
    "depth over a fragment": (LIMITS.document_depth_max, deep_in_two),
    "depth in inline fragments": (
        LIMITS.document_depth_max,
        lambda n: deep(n, "... { ... { __typename } }"),
    ),
    "aliases": (LIMITS.document_aliases_max, lambda n: wide(n, "a#: id")),
    "aliases in a fragment": (
        LIMITS.document_aliases_max,
        lambda n: "{ viewer { ...F } } fragment F on User " + wide(n, "a#: id")[9:-2],
    ),
    "directives": (LIMITS.document_directives_max, lambda n: wide(n, "id @include(if: true)")),
    "directives on inline fragments": (
        LIMITS.document_directives_max,
        lambda n: wide(n, "... @include(if: true) { id }"),
    ),
    "fragments": (LIMITS.document_fragments_max, fragments),
    "root fields": (LIMITS.document_root_fields_max, lambda n: "{" + "viewer { id } " * n + "}"),
    "root fields in a fragment": (
        LIMITS.document_root_fields_max,
        lambda n: "{ ...F } fragment F on Query {" + "viewer { id } " * n + "}",
    ),
    "equal siblings": (LIMITS.document_equal_siblings_max, lambda n: wide(n, "id")),
    "equal siblings of equal parents": (
        LIMITS.document_equal_siblings_max,
        lambda n: "{ viewer { id } viewer {" + "id " * (n - 1) + "} }",
    ),
    "equal siblings in inline fragments": (
        LIMITS.document_equal_siblings_max,
        lambda n: wide(n, "... on User { id }"),
    ),
    "equal siblings in fragments": (
        LIMITS.document_equal_siblings_max,
        lambda n: (
            "{ viewer { ...F ...G } } fragment F on User { id } fragment G on User {"
            + "id " * (n - 1)
            + "}"
        ),
    ),
    "equal siblings by their aliases": (
        LIMITS.document_equal_siblings_max,
        lambda n: "{ viewer { id: id " + "id " * (n - 1) + "} }",
    ),
    "tokens": (LIMITS.document_tokens_max, tokens),
    "characters": (LIMITS.document_characters_max, characters),
    "cost": (LIMITS.cost_max, costing),
}


async def test_what_a_connection_reads_beside_its_page_is_priced_once(api: Api) -> None:
    for first in (1, 100):
        plain, _ = await cost(api, f'{{ items(first: {first}, search: "x") {{ nodes {{ id }} }} }}')
        query = (
            f'{{ items(first: {first}, search: "x") {{ nodes {{ id }} suggestions totalCount }} }}'
        )
        assert (await cost(api, query))[0] == plain + 20 + 10


async def test_a_document_of_the_limit_passes_and_one_beyond_is_refused(api: Api) -> None:
    for what, (limit, document) in SIZES.items():
        answer = await api.admin.post(document(limit))
        assert answer.codes == [], f"{what}: {answer.errors}"
        assert await api.admin.codes(document(limit + 1)) == EXCEEDED, what


async def test_the_limits_are_the_same_over_a_socket(api: Api) -> None:
    socket = await api.socket(Role.ADMIN)
    for what, (limit, document) in SIZES.items():
        await socket.subscribe(document(limit))
        result = await socket.next()
        assert "errors" not in result["payload"], what
        assert (await socket.next())["type"] == "complete"
        await socket.subscribe(document(limit + 1))
        assert await socket.refusal() == EXCEEDED, what


async def test_a_subscription_obeys_the_limits_too(api: Api) -> None:
    socket = await api.socket(Role.ADMIN)
    for what in ("depth", "aliases", "tokens"):
        limit, document = SIZES[what]
        selection = document(limit + 1).replace("items(first: 1)", "movements(first: 1)")
        part = "viewer" if "viewer" in selection else "item"
        await socket.subscribe(f"subscription {{ inventoryUpdated {{ {part} {selection} }} }}")
        assert await socket.refusal() == EXCEEDED, what


# ---- cost --------------------------------------------------------------------------------------

MOVEMENTS = "movements(first: $n) { nodes { id item { movements(first: $n) { nodes { id } } } } }"
PAGED = f"items(first: $n) {{ nodes {{ {MOVEMENTS} }} }}"


def cost_of(size: int) -> int:
    """Of PAGED: a field with a selection is 1, and a page multiplies what it holds."""
    return 1 + size * (2 + size * (3 + size))


async def cost(api: Api, query: str, **variables: Any) -> tuple[int, list[str]]:
    """What the answer tells of its cost, and its errors' codes."""
    answer = await api.admin.post(query, variables)
    return answer.body["extensions"]["cost"], answer.codes


async def test_the_cost_is_told_with_the_answer_and_with_the_refusal(api: Api) -> None:
    assert await cost(api, "{ viewer { id } }") == (1, [])
    assert await cost(api, "{ items { nodes { id sku name } } }") == (26, [])
    assert await cost(api, "{ items(first: 100) { nodes { id } edges { node { id } } } }") == (
        301,
        [],
    )
    assert await cost(api, costing(5_001)) == (5_001, EXCEEDED)
    answer = await api.admin.post("{ __typename }")
    assert "extensions" not in answer.body, "what costs nothing says nothing"
    socket = await api.socket(Role.ADMIN)
    await socket.subscribe("{ items(first: 2) { nodes { id } } }")
    assert (await socket.next())["payload"]["extensions"] == {"cost": 3}


async def test_the_cost_goes_by_page_size_however_the_size_is_given(api: Api) -> None:
    """Each of these used to count as pages of one: null, 100.0, another operation's default."""
    for size in (1, 3, 16):
        assert await cost(api, f"query($n: Int) {{ {PAGED} }}", n=size) == (cost_of(size), [])
        assert await cost(api, f"query($n: Int = {size}) {{ {PAGED} }}") == (cost_of(size), [])
        literal = PAGED.replace("$n", str(size))
        assert await cost(api, f"{{ {literal} }}") == (cost_of(size), [])
    for given in (25, None, 25.0):
        expected = (cost_of(25), EXCEEDED)
        assert await cost(api, f"query($n: Int) {{ {PAGED} }}", n=given) == expected, given
    assert await cost(api, f"query($n: Int) {{ {PAGED} }}") == (cost_of(25), EXCEEDED)
    assert await cost(api, f"query($n: Int = null) {{ {PAGED} }}") == (cost_of(25), EXCEEDED)
    literal = PAGED.replace("$n", "null")
    assert await cost(api, f"{{ {literal} }}") == (cost_of(25), EXCEEDED)
    absent = PAGED.replace("(first: $n)", "")
    assert await cost(api, f"{{ {absent} }}") == (cost_of(25), EXCEEDED)


async def test_a_page_size_out_of_range_is_refused_though_it_costs_little(api: Api) -> None:
    for size in (0, -1, 101, -(2**31), 2**31 - 1):
        for query in (
            "query($n: Int) { users(first: $n) { nodes { id } } }",
            f"{{ users(first: {size}) {{ nodes {{ id }} }} }}",
        ):
            variables = {"n": size} if "$n" in query else {}
            codes = (await api.admin.post(query, variables)).codes
            assert codes in (["INVALID_INPUT"], EXCEEDED), (size, codes)


async def test_a_fragment_costs_what_its_operation_gives_it(api: Api) -> None:
    fragment = f" fragment F on Query {{ {PAGED} }}"
    document = (
        f"query A($n: Int = 1) {{ ...F }} query B($n: Int = 16) {{ ...F }} "
        f"query C($n: Int = 100) {{ ...F }} {fragment}"
    )
    for name, size, codes in (("A", 1, []), ("B", 16, []), ("C", 100, EXCEEDED)):
        answer = await api.admin.post(document, operationName=name)
        assert (answer.body["extensions"]["cost"], answer.codes) == (cost_of(size), codes)
    answer = await api.admin.post(document, {"n": 2}, operationName="C")
    assert answer.body["extensions"]["cost"] == cost_of(2)


async def test_without_a_name_no_one_of_several_operations_runs(api: Api) -> None:
    """Strawberry ran the first one, and its cost was not looked at."""
    dear = PAGED.replace("$n", "100")
    document = f"query A {{ {dear} }} query B {{ viewer {{ id }} }}"
    for name in (None, ""):
        answer = await api.admin.post(document, operationName=name)
        assert answer.codes == ["OPERATION_RESOLUTION_FAILURE"]
    assert (await api.admin.post(document, operationName="B")).codes == []


async def test_skipped_fields_count_all_the_same(api: Api) -> None:
    dear = PAGED.replace("$n", "100")
    _, codes = await cost(api, f"{{ ... @skip(if: true) {{ {dear} }} viewer {{ id }} }}")
    assert codes == EXCEEDED


# ---- steps ---------------------------------------------------------------------------------------


def steps(work: Callable[..., object], *arguments: Any) -> int:
    """How many Python functions `work` calls."""
    count = 0

    def heed(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(heed)
    try:
        work(*arguments)
    finally:
        sys.setprofile(None)
    return count


def doubling(size: int, body: str = "id") -> str:
    """Each fragment spreads the next one twice: 2^size selections when spelt out."""
    parts = [f"fragment F{n} on User {{ {body} ...F{n + 1} ...F{n + 1} }}" for n in range(size - 1)]
    return "{ viewer { ...F0 } } " + " ".join(
        [*parts, f"fragment F{size - 1} on User {{ {body} }}"]
    )


def widening(size: int, body: str = "id") -> str:
    """Each fragment spreads all that follow."""
    parts = []
    for number in range(size):
        later = " ".join(f"...F{other}" for other in range(number + 1, size))
        parts.append(f"fragment F{number} on User {{ {body} {later} }}")
    return "{ viewer { ...F0 } } " + " ".join(parts)


def circling(size: int, body: str = "id") -> str:
    """Each fragment spreads the next one, and the last one the first."""
    parts = [f"fragment F{n} on User {{ {body} ...F{(n + 1) % size} }}" for n in range(size)]
    return "{ viewer { ...F0 } } " + " ".join(parts)


def nesting(size: int, _: str = "") -> str:
    """Fragments around lists, so that each level multiplies the cost."""
    parts = [
        f"fragment F{n} on InventoryItem {{ a: movements {{ nodes {{ item {{ ...F{n + 1} }} }} }} "
        f"b: movements {{ nodes {{ item {{ ...F{n + 1} }} }} }} }}"
        for n in range(size - 1)
    ]
    last = f"fragment F{size - 1} on InventoryItem {{ id }}"
    return "{ items { nodes { ...F0 } } } " + " ".join([*parts, last])


BOMBS = [doubling, circling, nesting]


@pytest.mark.parametrize("bomb", BOMBS)
def test_measuring_a_fragment_bomb_takes_steps_in_proportion_to_its_size(
    bomb: Callable[[int], str],
) -> None:
    schema = build_schema(LIMITS).core
    documents = [parse(bomb(size)) for size in (15, 30, 60)]
    counts = [steps(measured_and_costed, schema, document) for document in documents]
    assert counts[1] < 2.5 * counts[0]
    assert counts[2] < 2.5 * counts[1]


def repeating(size: int) -> str:
    """One list, selected so many times in one place."""
    return "{ items { nodes { " + "levels { quantity } " * size + "} } }"


def test_equal_siblings_are_counted_in_proportion_to_their_number_and_not_compared() -> None:
    """240 of them passed all limits, and validation took a quarter of a second."""
    schema = build_schema(LIMITS)
    schema.documents.prepare("{ viewer { id } }")  # what is done once
    counts = [steps(schema.documents.prepare, repeating(size)) for size in (60, 120, 240)]
    assert counts[1] < 2.5 * counts[0]
    assert counts[2] < 2.5 * counts[1]
    assert codes_of(schema.documents.prepare(repeating(240))) == EXCEEDED
    most = LIMITS.document_equal_siblings_max
    assert codes_of(schema.documents.prepare(repeating(most))) == []


def crossing(size: int) -> str:
    """Fragments that meet in other company on each way down: 2^size places."""

    def fragment(name: str, after: str, beside: str = "") -> str:
        return f"fragment {name} on T {{ x {{ ...{after} }} y {{ ...{after} {beside} }} }}"

    parts = ["fragment END on T { id }"]
    for n in range(size):
        parts.append(fragment(f"F{n}", f"F{n + 1}" if n + 1 < size else "END", f"...C{n}x{n}"))
        for k in range(n, size):
            parts.append(fragment(f"C{n}x{k}", f"C{n}x{k + 1}" if k + 1 < size else "END"))
    return "{ ...F0 } " + " ".join(parts)


def test_places_that_are_too_many_to_count_are_refused_before_they_are_counted() -> None:
    loose = LIMITS.model_copy(update={"document_fragments_max": 10**6, "document_depth_max": 10**6})
    schema = build_schema(LIMITS).core
    assert measure(schema, parse(crossing(4)), loose, PRICES).errors == []
    counts = []
    for size in (14, 28):
        document = parse(crossing(size))
        (error,) = measure(schema, document, loose, PRICES).errors
        assert "fragments spread" in error.message
        counts.append(steps(measure, schema, document, loose, PRICES))
    assert counts[1] < 4 * counts[0]  # it has four times as many fragments


def codes_of(prepared: Prepared) -> list[object]:
    return [(error.extensions or {}).get("code") for error in prepared.errors]


def measured_and_costed(schema: Any, document: Any) -> None:
    found = measure(schema, document, LIMITS, PRICES)
    for part in found.costs.values():
        part.given({})


@pytest.mark.parametrize("bomb", [*BOMBS, widening])
def test_preparing_a_fragment_bomb_takes_steps_in_proportion_to_its_length(
    bomb: Callable[[int], str],
) -> None:
    """Parsing and validation too, up to as many fragments as there may be."""
    schema = build_schema(LIMITS)
    schema.documents.prepare("{ viewer { id } }")  # what is done once
    small, large = bomb(10), bomb(20)
    counts = [
        steps(Documents(schema.core, LIMITS, VOCABULARY).prepare, text) for text in (small, large)
    ]
    assert counts[1] < 1.5 * counts[0] * len(large) / len(small)


async def test_a_fragment_bomb_within_the_limits_is_answered_like_any_query(api: Api) -> None:
    for bomb in (doubling, widening):
        assert (await api.admin.query(bomb(20)))["viewer"]["id"] == "11"
    assert set(await api.admin.codes(circling(20))) == {"GRAPHQL_VALIDATION_FAILED"}
    assert set(await api.admin.codes(nesting(20))) == set(EXCEEDED)


@pytest.mark.parametrize(
    ("bound", "value"),
    [("DOCUMENTS_MAX", 20), ("CHARACTERS_MAX", 20 * len("{ viewer { id } } # 10"))],
)
def test_prepared_documents_are_kept_within_bounds(
    monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(preparation, bound, value)
    schema = build_schema(LIMITS)
    documents = Documents(schema.core, LIMITS, VOCABULARY)

    def prepared(number: int) -> Prepared:
        return documents.prepare(f"{{ viewer {{ id }} }} # {number}")

    first, second = prepared(10), prepared(11)
    for number in range(12, 30):
        prepared(number)
    assert prepared(10) is first, "as many as there may be are kept"
    prepared(30)
    assert prepared(10) is first, "the one that was used lately is kept"
    assert len(documents._kept) == 20
    assert prepared(11) is not second, "the one that was not is gone"


# ---- introspection and production ----------------------------------------------------------------


async def test_the_queries_that_tools_introspect_with_pass_in_development(api: Api) -> None:
    for options in (
        {},
        {
            "specified_by_url": True,
            "directive_is_repeatable": True,
            "schema_description": True,
            "input_value_deprecation": True,
            "one_of": True,
        },
    ):
        told = await api.nobody.query(get_introspection_query(**options))
        assert {"InventoryItem", "Subscription"} <= {t["name"] for t in told["__schema"]["types"]}


async def test_introspection_that_goes_in_circles_is_refused(api: Api) -> None:
    inner = "name"
    for _ in range(4):
        inner = f"fields {{ type {{ {inner} }} }}"
    assert await api.nobody.codes(f"{{ __schema {{ types {{ {inner} }} }} }}") != []


@pytest.fixture
async def production(settings: Settings, clock: HeldClock) -> AsyncIterator[Api]:
    given = {"environment": "production", "rate_limit": "off"}
    async with running(settings.model_copy(update=given), clock) as api:
        yield api


async def test_production_tells_nothing_of_the_schema(production: Api) -> None:
    for caller in (production.nobody, production.admin):
        for query in ("{ __schema { queryType { name } } }", '{ __type(name: "User") { name } }'):
            assert set(await caller.codes(query)) == {"GRAPHQL_VALIDATION_FAILED"}
    assert await production.nobody.query("{ __typename }") == {"__typename": "Query"}
    socket = await production.socket(Role.ADMIN)
    await socket.subscribe("{ __schema { queryType { name } } }")
    assert set(await socket.refusal()) == {"GRAPHQL_VALIDATION_FAILED"}


MISSPELT = {
    "{ viewr { id } }": "viewer",
    "{ viewer { emial } }": "email",
    "{ items(frist: 1) { totalCount } }": "first",
    "{ items(where: { stauses: [] }) { totalCount } }": "statuses",
    "{ items(where: { statuses: [LOW_STOK] }) { totalCount } }": "LOW_STOCK",
    "query($x: ItemFiltr) { items(where: $x) { totalCount } }": "ItemFilter",
}


async def test_development_suggests_what_may_have_been_meant(api: Api) -> None:
    for query, meant in MISSPELT.items():
        errors = str((await api.nobody.post(query)).errors)
        assert "Did you mean" in errors
        assert meant in errors


async def test_production_suggests_nothing(production: Api) -> None:
    socket = await production.socket(Role.ADMIN)
    variables = {"where": {"stauses": [], "statuses": ["LOW_STOK"]}}
    by_variable = "query($where: ItemFilter) { items(where: $where) { totalCount } }"
    asked: list[Any] = [(query, meant, {}) for query, meant in MISSPELT.items()]
    asked += [(by_variable, "LOW_STOCK", variables), (by_variable, "skus", variables)]
    for query, meant, given in asked:
        errors = str((await production.nobody.post(query, given)).errors)
        await socket.subscribe(query, **given)
        for told in (errors, str(await socket.next())):
            assert "Did you mean" not in told, query
            assert meant not in told.replace(query, ""), query


async def test_production_has_no_graphiql(production: Api) -> None:
    response = await production.http.get("/graphql", headers={"accept": "text/html"})
    assert response.status_code == 404
    assert "html" not in response.headers["content-type"]
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_development_has_graphiql_for_a_browser(api: Api) -> None:
    response = await api.http.get("/graphql", headers={"accept": "text/html"})
    assert response.status_code == 200
    assert "text/html" in response.headers["content-type"]


async def test_production_forbids_test_broadcasts_even_to_admins(production: Api) -> None:
    before = await production.recorded()
    for kind in ("NOTIFICATION", "INVENTORY_UPDATE", "ALERT"):
        assert await production.admin.refusals("testBroadcast", kind=kind) == ["FORBIDDEN"]
    assert await production.recorded() == before


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_production_does_not_start_without_a_long_secret(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JWT_SECRET", raising=False)
    with pytest.raises(ConfigurationError, match="JWT_SECRET must have at least 32 bytes"):
        read_settings(environment="production", jwt_secret=secret)


async def test_a_schema_of_production_is_the_same_schema(production: Api) -> None:
    assert production.app.schema.as_str().rstrip() + "\n" == export_sdl()
    assert (
        create_app(Settings(), clock=HeldClock()).schema.as_str() == production.app.schema.as_str()
    )


async def test_a_socket_of_production_needs_its_own_origin(production: Api) -> None:
    with pytest.raises(Closed):
        await production.socket(origin="https://elsewhere.test")


BESIDE = {"UserError", "Sentence", "StockWarning"}  # told beside what was asked for, a few of each


def test_every_list_of_objects_says_how_long_it_is() -> None:
    """A list without a price counted as one object, whatever each of its entries holds."""
    fields = {
        (kind.name, name): field
        for kind in build_schema(Settings()).core.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not is_introspection_type(kind)
        for name, field in kind.fields.items()
    }
    lists = {
        (kind, name)
        for (kind, name), field in fields.items()
        if isinstance(get_nullable_type(field.type), GraphQLList)
        and not is_leaf_type(get_named_type(field.type))
        and get_named_type(field.type).name not in BESIDE
        and "first" not in field.args
        and not kind.endswith("Connection")
    }
    sized = {*PRICES.list_sizes, *PRICES.each_line, *(("Query", name) for name in PRICES.by_ids)}
    assert len(lists) > 20
    assert lists - sized == set()
    assert sized | PRICES.scans.keys() | PRICES.sized_by.keys() <= fields.keys(), "none in vain"
