"""The codec: versions, appended fields, and digests that stay what they were."""

from __future__ import annotations

import json
import types
import typing
from enum import Enum
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.errors import Unavailable
from graphql_api.inventory.items import ItemRef
from graphql_api.inventory.stock import (
    ActionType,
    AdjustStock,
    BulkPolicy,
    SetStock,
    StockLine,
    TransferStock,
)
from graphql_api.kernel.codec import Damaged, Fact, Kind, State, WrittenByNewer, digest
from graphql_api.stored import KINDS

EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


class Size(State):
    width: int
    height: int


class Box(Fact):
    sizes: list[Size]
    colour_name: str = "white"


BOX = Kind("box", Box)


# Version 0 had one size without a list, version 1 named the colour otherwise.
BOX_2 = Kind(
    "box",
    Box,
    2,
    {
        0: lambda box: {"sizes": [box["size"]], "colour": box.get("colour", "white")},
        1: lambda box: {"sizes": box["sizes"], "colourName": box["colour"]},
    },
)


def _values(form: Any) -> st.SearchStrategy[Any]:
    """Values of a form."""
    arguments = typing.get_args(form)
    origin = typing.get_origin(form)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([_values(part) for part in arguments])
    if origin is list:
        return st.lists(_values(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(st.text(max_size=9), _values(arguments[1]), max_size=3)
    if origin is tuple and arguments[-1] is ...:
        return st.lists(_values(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(_values, arguments))
    if isinstance(form, type) and issubclass(form, msgspec.Struct):
        fields = {field.name: _values(field.type) for field in msgspec.structs.fields(form)}
        return st.builds(form, **fields)
    if isinstance(form, type) and issubclass(form, Enum):
        return st.sampled_from(form)
    if form is bool:
        return st.booleans()
    if form is int:
        return st.integers(-(2**63), 2**63 - 1)
    if form is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if form is Any:
        return st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        )
    return st.none() if form is type(None) else st.text()


@EVERY_KIND
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_kind_reads_back_as_it_was_written(kind: Kind[Any], data: st.DataObject) -> None:
    value = data.draw(_values(kind.form))
    assert kind.decode(kind.encode(value)) == value


def _forms(form: Any) -> list[type[msgspec.Struct]]:
    if isinstance(form, type) and issubclass(form, msgspec.Struct):
        return [form]
    return [found for part in typing.get_args(form) for found in _forms(part)]


@EVERY_KIND
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_kind_ignores_a_field_that_it_does_not_know(
    kind: Kind[Any], data: st.DataObject
) -> None:
    for form in _forms(kind.form):
        value = data.draw(_values(form))
        is_listed = typing.get_origin(kind.form) is list
        told = json.loads(kind.encode([value] if is_listed else value))
        told = told[0] if is_listed else told
        more = {**told, "x": [1]} if isinstance(told, dict) else [*told, "x"]
        read = kind.decode(json.dumps([more] if is_listed else more))
        assert (read[0] if is_listed else read) == value


class Longer(State):
    width: int
    height: int
    depth: int = 1
    unit: str = "mm"


@given(_values(Longer))
def test_every_prefix_of_a_layout_is_read_with_the_defaults_of_the_rest(longer: Longer) -> None:
    kind = Kind("longer", Longer)
    told = json.loads(kind.encode(longer))
    for count in range(2, 5):
        read = kind.decode(json.dumps(told[:count]))
        assert list(msgspec.structs.astuple(read)) == [*told[:count], *[1, "mm"][count - 2 :]]
    with pytest.raises(Damaged):
        kind.decode(json.dumps(told[:1]))


def test_version_0_has_no_mark_and_later_ones_have_theirs() -> None:
    box = Box([Size(1, 2)])
    assert BOX.encode(box) == '{"sizes":[[1,2]],"colourName":"white"}'
    assert BOX_2.encode(box) == 'v2 {"sizes":[[1,2]],"colourName":"white"}'
    assert BOX_2.decode(BOX_2.encode(box)) == box


@pytest.mark.parametrize(
    "text",
    [
        '{"size":[3,4],"colour":"red"}',
        'v1 {"sizes":[[3,4]],"colour":"red"}',
        'v2 {"sizes":[[3,4,5]],"colourName":"red","more":1}',
    ],
)
def test_each_older_version_becomes_todays(text: str) -> None:
    assert BOX_2.decode(text) == Box([Size(3, 4)], "red")


@pytest.mark.parametrize(("kind", "version"), [(BOX, 1), (BOX, 2), (BOX_2, 3), (BOX_2, 10)])
def test_a_newer_version_is_told_as_such(kind: Kind[Box], version: int) -> None:
    with pytest.raises(WrittenByNewer, match=f"newer version .*box, version {version}") as told:
        kind.decode(f'v{version} {{"anything": true}}')
    assert isinstance(told.value, Unavailable)


@pytest.mark.parametrize("kind", [BOX, BOX_2], ids=["version 0", "version 2"])
@pytest.mark.parametrize(
    "text",
    ["", "{", "v", "v ", "vx {}", "v² {}", "v-1 {}", "null", "[]", '{"sizes":1}',
     '{"sizes":[["1",2]]}', "[" * 5_000, "v1 {}", "v2 {}", '{"size":[1]}'],
)  # fmt: skip
def test_text_that_is_nothing_of_its_kind_is_damaged(kind: Kind[Box], text: str) -> None:
    if kind is BOX and text in ("v1 {}", "v2 {}"):
        return  # of a newer version, for this one
    with pytest.raises(Damaged, match=r"^box: "):
        kind.decode(text)


def test_a_kind_has_an_upcaster_from_each_older_version() -> None:
    with pytest.raises(AssertionError):
        Kind("box", Box, 2, {0: lambda box: box})


# ---- digests ---------------------------------------------------------------------------------


class Input(State):
    name: str
    sizes: list[Size]
    note: str | None


class LaterSize(State):
    width: int
    height: int
    depth: int | None = None


class LaterInput(State):
    name: str
    sizes: list[LaterSize]
    note: str | None
    colour: str | None = None
    count: int = 1


@given(_values(Input))
def test_any_input_has_the_digest_that_it_had_before_fields_were_appended(told: Input) -> None:
    sizes = [LaterSize(size.width, size.height) for size in told.sizes]
    assert digest(LaterInput(told.name, sizes, told.note)) == digest(told)


def test_a_digest_does_not_change_when_fields_with_defaults_are_appended() -> None:
    before = digest(Input("a", [Size(1, 2)], None))
    assert digest(LaterInput("a", [LaterSize(1, 2)], None)) == before
    others = [
        LaterInput("a", [LaterSize(1, 2, 3)], None),
        LaterInput("a", [LaterSize(1, 2)], None, "red"),
        LaterInput("a", [LaterSize(1, 2)], None, None, 2),
    ]
    assert len({before, *map(digest, others)}) == 4


_REF, _SKU = ItemRef("id", "1002"), ItemRef("sku", "HAM-16 “é”")
_LINE = StockLine(_REF, -3, ActionType.SALE, 1, "till\n", "INV-1", 1767323045678901)
_BARE = StockLine(_SKU, 3, ActionType.RETURN)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            AdjustStock("k", (_LINE,), BulkPolicy.ABORT_ALL, False, 7, True),
            "36dcfb622609658770a06438338182a8",
        ),
        (
            AdjustStock("k", (_LINE, _BARE), BulkPolicy.SKIP_FAILED, True, 7, True),
            "2f35537866d91cebc06db985c32d4926",
        ),
        (SetStock("k", _SKU, 6, 7, None, None, None, 7, True), "13517cefadbf449285e76e8bd4819def"),
        (SetStock("k", _REF, 6, 7, 1, "count", "ref", 7, True), "dd101b65fbe3d05f0c8dcc14911f0bf8"),
        (
            TransferStock("k", _REF, 10, 1, 2, None, "ref", 7, True),
            "6a255d027ec794e420bf5a1a169afdc0",
        ),
    ],
)
def test_an_input_has_the_digest_that_0_1_0_stored(command: Any, told: str) -> None:
    assert digest(command.as_input()) == told
