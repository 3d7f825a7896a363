"""Sentences that know their template and values, from where they are raised to what clients get."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from graphql_api.errors import NotFound, RateLimited
from graphql_api.said import said, template_of, values_of
from schema.errors import user_errors


def test_a_sentence_is_english_and_knows_its_template_and_values() -> None:
    sentence = said("{field} must be below {most}.", field="price", most=Decimal("9.50"))
    assert sentence == "price must be below 9.50."
    assert template_of(sentence) == "{field} must be below {most}."
    assert values_of(sentence) == {"field": "price", "most": "9.50"}


def test_a_value_that_is_missing_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        said("There is no item with id {id}.")


def test_a_refusal_is_told_with_what_a_translation_needs() -> None:
    (error,) = user_errors(NotFound(said("There is no item with id {id}.", id=7), ("id",)))
    assert (error.message, error.template) == (
        "There is no item with id 7.",
        "There is no item with id {id}.",
    )
    assert json.dumps(error.values) == '{"id": 7}'


def test_a_sentence_without_values_is_its_own_template() -> None:
    (error,) = user_errors(NotFound("There is no such item."))
    assert (error.template, json.dumps(error.values)) == ("There is no such item.", "{}")


def test_a_fault_tells_template_and_values_beside_its_code() -> None:
    fault = RateLimited(said("Try again in {wait_s} s.", wait_s=2), retryAfterSeconds=2)
    assert fault.told == {
        "code": "RATE_LIMITED",
        "retryAfterSeconds": 2,
        "template": "Try again in {wait_s} s.",
        "values": {"wait_s": 2},
    }
