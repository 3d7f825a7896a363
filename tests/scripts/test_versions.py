"""The ends of what pyproject.toml allows, as scripts/versions.py reads them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("versions", ROOT / "scripts" / "versions.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


versions = _loaded()


def test_every_library_that_is_leaned_on_has_its_lowest_version() -> None:
    for name, line in versions.allowed().items():
        assert versions.at_end(line, "lowest").startswith(f"{name}==")


@pytest.mark.parametrize(
    "name",
    ["strawberry-graphql", "graphql-core", "uvicorn", "websockets", "tortoise-orm", "asyncpg"],
)
def test_what_has_private_parts_that_we_use_is_capped(name: str) -> None:
    assert ",<" in versions.allowed()[name]


def test_the_newest_is_whatever_stays_below_the_cap() -> None:
    assert versions.at_end("x>=1.2,<2", "newest") == "x>=1.2,<2"
    assert versions.at_end("x>=1.2,<2", "lowest") == "x==1.2"


def test_the_tests_that_it_runs_are_there() -> None:
    assert [place for place in versions.TESTS if not (ROOT / place).exists()] == []
