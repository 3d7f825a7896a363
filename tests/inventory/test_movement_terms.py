"""By which words movements are found. Without a database."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from graphql_api.inventory.movement_terms import (
    REASON,
    REFERENCE,
    TERM_MAX,
    TERMS_MAX,
    WORDS_MAX,
    has_terms,
    terms_of,
    wanted_terms,
)


def is_found(text: str, reference: str | None = None, reason: str | None = None) -> bool:
    movement = SimpleNamespace(id=1, reference=reference, reason=reason)
    wanted = wanted_terms(REFERENCE if reference is not None else REASON, text)
    return bool(wanted) and has_terms(movement, wanted)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("INV-2026-0815", "INV-2026-0815"),
        ("inv", "INV-2026-0815"),
        ("2026-08", "INV-2026-0815"),
        ("0815", "INV-2026-0815"),
        ("INV20260815", "INV-2026-0815"),
        ("inv 0815", "INV-2026-0815"),
        ("4711", "PO4711"),
        ("536379", "C536379"),
        ("Müller", "MULLER 3/26"),
        ("3/26", "Müller 3/26"),
        ("\uff11\uff12", "RE 123"),
        ("1234 567", "№1234/567"),
    ],
)
def test_a_part_of_a_reference_finds_it(text: str, reference: str) -> None:
    assert is_found(text, reference=reference)


@pytest.mark.parametrize(
    ("text", "reference"),
    [("815", "INV-2026-0815"), ("INV-2027", "INV-2026-0815"), ("--", "INV--1"), ("711", "PO4711")],
)
def test_what_does_not_begin_a_part_does_not_find_it(text: str, reference: str) -> None:
    assert not is_found(text, reference=reference)


def test_a_reason_is_found_by_its_words_and_not_as_a_reference() -> None:
    assert is_found("broken deliv", reason="Delivery came BROKEN")
    assert not is_found("broken", reference="delivery", reason="broken")
    assert not is_found("roken", reason="broken")


def test_terms_are_bounded_and_fit_their_column() -> None:
    long = "x" * 200
    assert max(map(len, terms_of(long, long))) == TERM_MAX
    assert is_found(long, reference=long)
    many = " ".join(f"w{n}" for n in range(150))
    assert len(terms_of(many[:200], many[:500])) <= 2 * TERMS_MAX
    assert len(wanted_terms(REASON, many)) == WORDS_MAX
