"""Fields that merge: found without comparing each with each, and never where they do not."""

from __future__ import annotations

import random

import pytest
from graphql import parse, specified_rules, validate

from graphql_api.engine.limits import measure
from graphql_api.engine.merging import PAIRS_MAX
from graphql_api.engine.preparation import Documents
from graphql_api.settings import Settings
from schema import VOCABULARY, build_schema
from schema.prices import PRICES

LIMITS = Settings()
SCHEMA = build_schema(LIMITS)

CONFLICTS = {
    "another field": "{ viewer { id: name id } }",
    "other arguments": "{ items(first: 1) { nodes { id } } items(first: 2) { nodes { id } } }",
    "arguments or none": "{ items(first: 1) { nodes { id } } items { nodes { id } } }",
    "deep down": "{ viewer { id } ...F } fragment F on Query { viewer { ...G } } "
    "fragment G on User { id: email }",
    "other types": "{ node(id: 1) { ... on User { x: name } ... on InventoryItem { x: stock } } }",
}
SAME = {
    "twice": "{ viewer { id id } viewer { id } }",
    "other order of arguments": '{ items(first: 1, after: "a") { nodes { id } } '
    'items(after: "a", first: 1) { nodes { id } } }',
    "through fragments": "{ viewer { ...F ... on User { id ...F } } } fragment F on User { id }",
    "an interface's": "{ node(id: 1) { id ... on User { id } } }",
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_fields_that_do_not_merge_are_refused_as_ever(name: str) -> None:
    document = parse(CONFLICTS[name])
    assert not measure(SCHEMA.core, document, LIMITS, PRICES).is_same
    errors = Documents(SCHEMA.core, LIMITS, VOCABULARY).prepare(CONFLICTS[name]).errors
    assert any("conflict" in error.message for error in errors)


@pytest.mark.parametrize("name", SAME)
def test_the_same_field_again_needs_no_comparing(name: str) -> None:
    assert measure(SCHEMA.core, parse(SAME[name]), LIMITS, PRICES).is_same
    assert Documents(SCHEMA.core, LIMITS, VOCABULARY).prepare(SAME[name]).errors == []


def made_up(chance: random.Random) -> str:
    """A document of a few fields, aliases, arguments and fragments, at random."""

    def item(depth: int) -> str:
        parts = []
        for _ in range(chance.randint(1, 4)):
            kind = chance.randrange(5)
            if kind == 0 and depth:
                size = chance.choice(["", "(first: 1)", "(first: 2)"])
                parts.append(f"movements{size} {{ nodes {{ item {{ {item(depth - 1)} }} }} }}")
            elif kind == 1:
                parts.append(f"...F{chance.randrange(2)}")
            elif kind == 2 and depth:
                parts.append(f"... on InventoryItem {{ {item(depth - 1)} }}")
            else:
                alias = chance.choice(["", "", "sku: ", "id: "])
                parts.append(alias + chance.choice(["id", "sku", "stock"]))
        return " ".join(parts)

    fragments = f"fragment F0 on InventoryItem {{ {item(1).replace('...F0', '...F1')} }} "
    fragments += "fragment F1 on InventoryItem { id sku }"
    return f"{{ items {{ nodes {{ {item(2)} }} nodes {{ {item(2)} }} }} }} {fragments}"


@pytest.mark.parametrize("seed", range(40))
def test_who_need_not_compare_refuses_what_the_specification_refuses(seed: int) -> None:
    """Fragments that nobody spreads are not looked at here: another rule refuses them."""
    text = made_up(random.Random(seed))  # noqa: S311  # the same ones each time
    document = parse(text)
    measured = measure(SCHEMA.core, document, LIMITS, PRICES)
    if not measured.errors:
        refused = bool(validate(SCHEMA.core, document, specified_rules))
        assert bool(Documents(SCHEMA.core, LIMITS, VOCABULARY).prepare(text).errors) is refused
        assert measured.is_same or refused, "nothing but the same fields is in these documents"


def test_many_pairs_that_have_to_be_compared_are_too_many() -> None:
    inner = "... on User { name x: id } ... on InventoryItem { name x: id } "
    few = "{ node(id: 1) { " + inner * 3 + "} }"
    assert Documents(SCHEMA.core, LIMITS, VOCABULARY).prepare(few).errors == []
    different = (
        "movements(first: 1) { nodes { item { x: id } } } movements(first: 2) { nodes { id } } "
    )
    many = "{ items { nodes { " + different * 15 + "} } }"
    (error,) = measure(SCHEMA.core, parse(many), LIMITS, PRICES).errors
    assert f"over {PAIRS_MAX} pairs" in error.message
