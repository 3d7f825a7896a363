"""The server's sentences in other languages, for what it sends to people itself."""

from __future__ import annotations

import re
from itertools import product

import pytest

from graphql_api.alerts import words
from graphql_api.alerts.rules import PLACE_RULES, RULES
from graphql_api.notifications.push_payloads import COUNTED
from graphql_api.said import said, said_before, template_of
from graphql_api.texts.languages import Language, catalog, in_language, language_of

OTHERS = [language for language in Language if language is not Language.EN]


def _everything_pushed() -> set[str]:
    """The templates of all that a push may say, with those that stand in others."""
    stocks = product((words.message, words.message_there), (0, 3, 9), (None, 1, 20), (0, 5))
    told: list[str] = [say("x", stock, before, least) for say, stock, before, least in stocks]
    for rule in (*RULES, *PLACE_RULES):
        told += [rule.types[kind].title for kind in rule.types]
        told.append(rule.many)
    told += [words.at(said("Low stock"), "SHOP"), words.title(said("Low stock"), "x", None)]
    told += [said(template, count=1) for template in COUNTED.values()]
    return {template_of(sentence) for sentence in told}


@pytest.mark.parametrize("language", OTHERS)
def test_all_that_is_pushed_is_in_every_language(language: Language) -> None:
    assert _everything_pushed() - catalog(language).keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_values_of_its_template(language: Language) -> None:
    """What the console's own reader of these catalogs puts in, this one does as well."""
    for template in catalog(language):
        names = set(re.findall(r"\{(\w+)\}", template))
        values = {name: f"<{name}>" for name in names}
        told = in_language(said_before(template, template, values), language)
        assert {name for name in names if f"<{name}>" not in told} == set(), template


def test_a_sentence_in_a_sentence_is_translated_with_it() -> None:
    title = words.title(words.at(said("Out of stock"), "LADEN"), "Nägel {50}", "N-1")
    assert title == "Out of stock at LADEN: Nägel {50} (N-1)"
    assert in_language(title, Language.DE) == "Ausverkauft in LADEN: Nägel {50} (N-1)"
    assert in_language(title, Language.JA) == "在庫切れ（LADEN）: Nägel {50} (N-1)"
    assert in_language(title, Language.EN) == title


def test_what_no_catalog_has_stays_english_and_its_values_do_not() -> None:
    sentence = said("Nobody translated {this}.", this=said("Low stock"))
    assert in_language(sentence, Language.DE) == "Nobody translated Bestand niedrig."
    assert in_language("Low stock", Language.DE) == "Low stock", "a text of people's"


def test_braces_that_hold_no_value_are_told_as_they_are() -> None:
    template = next(one for one in catalog(Language.DE) if '{"colour": "red"}' in one)
    assert in_language(said_before(template, template, {}), Language.DE) == (
        'attributes muss ein Objekt aus Texten sein, wie {"colour": "red"}.'
    )


def test_a_language_of_a_newer_server_is_none() -> None:
    assert [language_of(name) for name in ("ja", "tlh", None)] == [Language.JA, None, None]
