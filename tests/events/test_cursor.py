"""Cursors: a place in the log, opaque to clients."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.errors import CursorInvalid
from graphql_api.events.cursor import CURSOR_CHARACTERS_MAX, Cursor, decode_cursor

CURSORS = st.builds(
    Cursor,
    st.binary(min_size=8, max_size=8).map(bytes.hex),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1),
)


@given(CURSORS)
def test_a_cursor_reads_back_as_it_was_written(cursor: Cursor) -> None:
    text = cursor.encode()
    assert decode_cursor(text) == cursor
    assert len(text) <= CURSOR_CHARACTERS_MAX
    assert text.isascii()


@given(CURSORS, CURSORS)
def test_different_places_have_different_cursors(one: Cursor, other: Cursor) -> None:
    assert (one.encode() == other.encode()) is (one == other)


@given(st.text())
def test_any_text_is_a_cursor_or_refused_as_invalid(text: str) -> None:
    with suppress(CursorInvalid):
        cursor = decode_cursor(text)
        assert decode_cursor(cursor.encode()) == cursor


@given(st.binary(max_size=40))
def test_any_bytes_in_base64_are_a_cursor_or_refused_as_invalid(packed: bytes) -> None:
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    with suppress(CursorInvalid):
        assert decode_cursor(text).encode() == text


def forged(form: int, position: int, witness_us: int, extra: bytes = b"") -> str:
    packed = bytes([form]) + bytes(8)
    packed += position.to_bytes(8, "big", signed=True) + witness_us.to_bytes(8, "big", signed=True)
    return base64.urlsafe_b64encode(packed + extra).decode().rstrip("=")


def test_the_forgery_of_these_tests_is_a_cursor_when_nothing_is_wrong_with_it() -> None:
    assert decode_cursor(forged(1, 5, 6)) == Cursor("00" * 8, 5, 6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "not a cursor",
        "ü" * 34,
        "\ud800",
        "A" * (CURSOR_CHARACTERS_MAX + 1),
        "A" * 1_000_000,
        forged(2, 5, 6),
        forged(0, 5, 6),
        forged(1, -1, 6),
        forged(1, 5, -6),
        forged(1, 5, 6, b"x"),
        forged(1, 5, 6)[:-2],
        forged(1, 5, 6) + "\n",
    ],
)
def test_what_this_server_never_gave_out_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid) as refused:
        decode_cursor(text)
    assert refused.value.code == "CURSOR_INVALID"
