"""Where the program hands commands to its writer: as its code says, and as it was seen to."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import isabstract
from pathlib import Path
from typing import Any

import pytest

from graphql_api.database.writer import Writer
from tests.servers import ROOT

PACKAGES = ("graphql_api", "schema")
SKIPPED = {"node_modules", "migrations"}


def declared() -> set[str]:
    """Class and method of every call of a writer's `submit`; a method that subclasses inherit
    counts for each of them. Their commands are what they do with it."""
    return {name for package in PACKAGES for file in _files(package) for name in _in(file)}


def _files(package: str) -> Iterator[Path]:
    for file in (ROOT / package).rglob("*.py"):
        if not SKIPPED & set(file.parts):
            yield file


def _in(file: Path) -> Iterator[str]:
    text = file.read_text()
    if ".submit(" not in text:
        return
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for made in ast.parse(text).body:
        for function in ast.walk(made):
            if not isinstance(function, ast.AsyncFunctionDef) or not _submits(function):
                continue
            if isinstance(made, ast.ClassDef):
                for name in _concrete(getattr(import_module(module), made.name)):
                    yield f"{name}.{function.name}"
            else:
                yield function.name


def _submits(function: ast.AsyncFunctionDef) -> bool:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(call, ast.Attribute) and call.attr == "submit" for call in calls)


def _concrete(kind: type[Any]) -> Iterator[str]:
    if not isabstract(kind):
        yield kind.__name__
    for further in kind.__subclasses__():
        yield from _concrete(further)


def record(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """From now on, who calls `submit`, by the same names."""
    seen: set[str] = set()
    submit = Writer.submit

    def recording(writer: Any, *arguments: Any, **options: Any) -> Any:
        caller = sys._getframe(1)
        owner = caller.f_locals.get("self")
        name = caller.f_code.co_name
        seen.add(name if owner is None else f"{type(owner).__name__}.{name}")
        return submit(writer, *arguments, **options)

    monkeypatch.setattr(Writer, "submit", recording)
    return seen
