"""The forms of all that is stored stay readable: held to layouts.json."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from graphql_api.kernel.codec import Fact, Kind, State
from graphql_api.stored import KINDS
from tests.test_house import source_of_the_house
from tests.versions.layouts import FILE, WHAT_TO_DO, broken, layouts_of, merged


def test_the_code_reads_every_layout_that_was_kept() -> None:
    assert broken(json.loads(FILE.read_text()), layouts_of(KINDS)) == [], WHAT_TO_DO


def test_every_layout_is_kept() -> None:
    kept = json.loads(FILE.read_text())
    assert merged(kept, layouts_of(KINDS)) == kept, WHAT_TO_DO


def test_every_kind_of_the_house_is_listed() -> None:
    made = sum(source.count("= Kind(") for source in source_of_the_house().values())
    assert made - 1 == len({kind.name for kind in KINDS}), "all but that of unknown events"


class Before(State):
    id: int
    name: str
    size: int | None


class Appended(State):
    id: int
    name: str
    size: int | None
    colour: str = "white"
    tags: list[str] = msgspec.field(default_factory=list)


class Removed(State):
    id: int
    size: int | None


class Reordered(State):
    name: str
    id: int
    size: int | None


class Renamed(State):
    id: int
    title: str
    size: int | None


class Retyped(State):
    id: int
    name: str
    size: str | None


class WithoutDefault(State):
    id: int
    name: str
    size: int | None
    colour: str


class Outer(Fact):
    inner_part: Before


def _layouts(form: Any, version: int = 0) -> Any:
    steps = {older: lambda value: value for older in range(version)}
    layouts = layouts_of([Kind("kind", form, version, steps)])
    text = json.dumps(layouts).replace(form.__name__, "Before")
    return json.loads(text)


def test_a_field_with_a_default_may_be_appended() -> None:
    assert broken(_layouts(Before), _layouts(Appended)) == []


@pytest.mark.parametrize("form", [Removed, Reordered, Renamed, Retyped, WithoutDefault])
def test_any_other_change_is_found_and_a_new_version_allows_it(form: Any) -> None:
    assert len(broken(_layouts(Before), _layouts(form))) == 1
    assert broken(_layouts(Before), _layouts(form, 1)) == []
    assert len(broken(_layouts(Before, 1), _layouts(form))) == 1


def test_a_change_within_a_part_is_found() -> None:
    before = layouts_of([Kind("kind", Outer)])
    assert set(before["kind"]["0"]) == {"Outer", "Before"}
    assert before["kind"]["0"]["Outer"] == ["innerPart: Before"]
    after = json.loads(json.dumps(before).replace("size: int", "size: str"))
    assert len(broken(before, after)) == 1


def test_a_kind_that_goes_is_found() -> None:
    assert broken(_layouts(Before), {}) == ["kind: the kind is gone"]
