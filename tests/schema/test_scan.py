"""What is refused by a look at the text, and what the look costs."""

from __future__ import annotations

import time

import pytest
from graphql import Lexer, Source, TokenKind, get_introspection_query

from graphql_api.accounts.roles import Role
from graphql_api.engine import preparation
from graphql_api.engine.preparation import VALUES_MAX, Documents
from graphql_api.engine.scan import NAMED_VALUES_MAX, NESTING_MAX, SPREADS_MAX, count_values, excess
from graphql_api.settings import Settings
from schema import VOCABULARY, build_schema
from tests.schema.api import Api

TEXTS = {
    "blanks and comments": '{ a, # "\n b\r\n} # {{{',
    "strings": r'{ a(b: "\"{#\\", c: "", d: """ " "" \""" { """) }',
    "numbers": "{ a(b: [1, -2, 3.5, -0.5e-10, 1E5]) }",
    "all punctuators": 'query Q($a: [Int!]! = [1] @d) @e { ...F ... on T { b } } "d" type U & V',
    "introspection": get_introspection_query(),
}


@pytest.mark.parametrize("name", TEXTS)
def test_as_many_tokens_are_counted_as_the_parser_finds(name: str) -> None:
    lexer, count = Lexer(Source(TEXTS[name])), 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    assert excess(TEXTS[name], count, 100) is None
    assert excess(TEXTS[name], count - 1, 100) is not None


def nested(levels: int) -> str:
    return "{ a(b: " + "[" * (levels - 2) + "]" * (levels - 2) + ") }"


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (NESTING_MAX - 1, nested),
        (SPREADS_MAX, lambda n: "{" + "...F" * n + "}"),
        (NAMED_VALUES_MAX, lambda n: "{ a(" + "b: 1 " * n + ") }"),
        (NAMED_VALUES_MAX, lambda n: "query(" + "$a: A " * n + ") { a }"),
        (25, lambda n: "query { a } " * n),
    ],
)
def test_so_much_passes_and_one_more_is_refused(limit: int, text: object) -> None:
    assert callable(text)
    assert excess(text(limit), 1_000, 25) is None
    assert excess(text(limit + 1), 1_000, 25) is not None


@pytest.mark.parametrize("piece", [" ", ",", "\n", "\\", '"', "#", '"""', '" ', "a", "9", "-", "."])
def test_a_million_of_anything_is_looked_at_in_linear_time(piece: str) -> None:
    """With a pattern that gives back what it took, 15,000 blanks at the end took 0.2 s."""
    begun_s = time.thread_time()
    excess("{ a } " + piece * 1_000_000, 1_000, 25)
    assert time.thread_time() - begun_s < 5


def test_a_document_with_too_much_is_never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """How the bug came about: fifty operations were parsed whole before five were found enough."""
    schema = build_schema(Settings())

    def parsed(*_: object, **__: object) -> None:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(preparation, "parse", parsed)
    for text in ("{" * 1_000, "query { viewer { id } } " * 26, "a " * 1_001, "{" + "...F " * 251):
        (error,) = Documents(schema.core, Settings(), VOCABULARY).prepare(text).errors
        assert error.extensions == {"code": "LIMIT_EXCEEDED"}, text


def test_types_in_a_document_are_refused_without_a_look_at_them() -> None:
    """A thousand enum values went through all rules: 23 ms."""
    schema = build_schema(Settings())
    text = "enum E {" + " ".join(f"A{n}" for n in range(900)) + "}"
    (error,) = Documents(schema.core, Settings(), VOCABULARY).prepare(text).errors
    assert error.message == "The 'E' definition is not executable."
    assert error.extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}


# ---- variables -----------------------------------------------------------------------------------


def test_values_are_counted_at_any_depth_and_no_further_than_asked() -> None:
    assert count_values({"a": [1, [2, {"b": 3}]], "c": None}, 100) == 7
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    assert count_values({"a": deep}, 10_000) == 901
    assert count_values({"a": [0] * 1_000_000, "b": [0] * 1_000_000}, 10) <= 1_000_002


async def test_too_many_values_are_refused_before_any_is_looked_at(api: Api) -> None:
    """20,000 skus were coerced, one after the other, and then refused for their number."""
    query = "query($skus: [String!]) { items(where: { skus: $skus }) { nodes { id } } }"
    skus = [""] * VALUES_MAX
    answer = await api.admin.post(query, {"skus": skus})
    assert answer.codes == ["LIMIT_EXCEEDED"]
    socket = await api.socket(Role.ADMIN)
    await socket.subscribe(query, skus=skus)
    assert await socket.refusal() == ["LIMIT_EXCEEDED"]


def test_values_of_variables_have_a_price_also_with_a_document_that_is_kept() -> None:
    schema, text = build_schema(Settings()), "{ __typename }"
    documents = schema.documents
    documents.prepare(text)
    assert documents.price(text, documents.values_of(None)) == 0
    assert documents.price(text, documents.values_of({"a": ["x"] * 1_000})) == 100
