"""Who may import whom (ROWS, below), held over the source of every module."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Upper rows import lower ones. Folders of one row may import each other, but not in a circle.
ROWS = {
    6: {"app", "process", "cli", "stored", "__main__", "client"},
    5: {"web", "transport"},
    4: {"schema"},
    3: {
        "alerts",
        "attachments",
        "exports",
        "holds",
        "imports",
        "labels",
        "notifications",
        "presence",
    },
    2: {"inventory", "accounts"},
    1: {"events", "delivery", "engine", "operations", "database", "services", "workers"},
    0: {
        "kernel",
        "settings",
        "attachment_settings",
        "reorder_settings",
        "setting_bounds",
        "worker_settings",
        "errors",
        "clock",
        "values",
        "origins",
        "said",
        "texts",
        "business",
        "files",
    },
}
ROW_OF = {unit: row for row, units in ROWS.items() for unit in units}

# Which units may know which library, by the library's first name.
LIBRARIES = {
    "strawberry": {"schema", "engine"},
    "graphql": {"schema", "engine", "client"},
    "starlette": {"web", "transport", "app"},
    "uvicorn": {"web", "transport", "app", "cli"},
    "tortoise": {
        "database", "events", "inventory", "accounts", "alerts", "holds", "notifications",
        "presence", "operations", "imports", "exports", "attachments",
    },
    "msgspec": {"kernel"},  # the nouns' forms are States and Facts of kernel/codec.py
}  # fmt: skip

# Beyond the rows: who must not know whom, though the rows would allow it.
FORBIDDEN = {
    ("transport", "schema"),
    ("transport", "inventory"),
    ("transport", "alerts"),
    ("transport", "attachments"),
    ("transport", "holds"),
    ("transport", "notifications"),
    ("transport", "presence"),
}

IGNORE_MARKS_MAX = 10  # in the schema: more, and its types are no help to whoever changes it
LINES_MAX = 400  # of a file
FUNCTION_LINES_MAX = 40

# What is longer still, and by how much it may be: these lists only shrink. A file that has a good
# reason says it in its first lines, after the words "Longer than".
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}
REASON = "Longer than"

PACKAGES = ("graphql_api", "schema")
CODE_EXTRAS = ("postgres", "redis", "s3", "push")  # what the code takes if it is there
FOR_WORK_EXTRAS = (*CODE_EXTRAS, "bench", "dev")  # tests and scripts may use these too

Modules = Mapping[str, str]  # a module's dotted name → its source


@dataclass(frozen=True, slots=True)
class Import:
    """One module importing another. for_types: under TYPE_CHECKING, so never when running."""

    source: str
    target: str
    for_types: bool
    in_function: bool

    def __str__(self) -> str:
        return f"{self.source} imports {self.target}"


def unit_of(module: str) -> str | None:
    """The folder or top module that `module` belongs to; None for a library, or the root."""
    parts = module.split(".")
    if parts[0] == "schema":
        return "schema"
    return parts[1] if parts[0] == "graphql_api" and len(parts) > 1 else None


def imports_of(name: str, source: str, modules: Modules) -> Iterator[Import]:
    """Every import in `source`, wherever it stands."""
    yield from _walk(ast.parse(source), name, modules, for_types=False, in_function=False)


def _walk(
    node: ast.AST, name: str, modules: Modules, *, for_types: bool, in_function: bool
) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        for target in _targets(child, name, modules):
            yield Import(name, target, for_types, in_function)
        yield from _walk(
            child,
            name,
            modules,
            for_types=for_types or _is_type_checking(child),
            in_function=in_function
            or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda),
        )


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _targets(node: ast.AST, name: str, modules: Modules) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        is_package = any(other.startswith(f"{name}.") for other in modules)
        parts = name.split(".")
        kept = len(parts) - node.level + (1 if is_package else 0)
        base = ".".join([*parts[:kept], *([base] if base else [])])
    # `from graphql_api import values` imports a module, `from graphql_api.values import money`
    # a name of one.
    return [
        full if (full := f"{base}.{alias.name}") in modules or base == "graphql_api" else base
        for alias in node.names
    ]


def violations(modules: Modules) -> list[str]:
    """Every breach of the house's rules in `modules`, in words."""
    imports = [i for name, source in modules.items() for i in imports_of(name, source, modules)]
    breaches = [breach for i in imports for breach in _breaches(i)]
    breaches += [
        f"{name} has no row in the house"
        for name in modules
        if (unit := unit_of(name)) is not None and unit not in ROW_OF
    ]
    units = {(unit_of(i.source), unit_of(i.target)) for i in imports}
    same_row = {(one, other) for one, other in units if _row(one) == _row(other)}
    breaches += _circles(same_row, "folders")
    breaches += _circles({(i.source, i.target) for i in imports if i.target in modules}, "modules")
    return breaches


def _breaches(found: Import) -> Iterator[str]:
    source, target = unit_of(found.source), unit_of(found.target)
    if found.in_function and not found.for_types:
        yield f"{found} inside a function"
    library = found.target.split(".")[0]
    if source is not None and source not in LIBRARIES.get(library, {source}):
        yield f"{found}: {source} must not know {library}"
    if source is None or target is None or source == target:
        return
    if ROW_OF.get(target, -1) > ROW_OF.get(source, 7):
        yield f"{found}: upwards"
    if (source, target) in FORBIDDEN:
        yield f"{found}: {source} must not know {target}"


def _row(unit: str | None) -> int | None:
    return None if unit is None else ROW_OF.get(unit)


def _circles(edges: set[tuple[str | None, str | None]], of_what: str) -> list[str]:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for source, target in edges:
        if source is not None and target is not None and source != target:
            sorter.add(source, target)
    try:
        sorter.prepare()
    except CycleError as circle:
        return [f"a circle of {of_what}: {' → '.join(circle.args[1])}"]
    return []


def too_long(modules: Modules, files: Mapping[str, int], functions: Mapping[str, int]) -> list[str]:
    """Every file and function that is longer than it may be, in words, and what is listed in vain.

    files, functions: the lengths of those that may be longer."""
    found: dict[str, int] = {}
    for name, source in modules.items():
        if REASON not in (ast.get_docstring(ast.parse(source)) or ""):
            found[name] = len(source.splitlines())
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                place = f"{name}.{node.name}"
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    found[place] = max(lines, found.get(place, 0))
    may = {**files, **functions}
    told = []
    for name, lines in found.items():
        most = may.get(name, LINES_MAX if name in modules else FUNCTION_LINES_MAX)
        if lines > most:
            told.append(f"{name} has {lines} lines")
    vain = [name for name in files if found.get(name, 0) <= LINES_MAX]
    vain += [name for name in functions if found.get(name, 0) <= FUNCTION_LINES_MAX]
    return told + [f"{name} need not be listed any more" for name in vain]


def ignore_marks(modules: Modules) -> list[str]:
    """Each mark in the schema that has mypy look away, by its place."""
    return [
        f"{name}:{number}"
        for name, source in modules.items()
        if unit_of(name) == "schema"
        for number, line in enumerate(source.splitlines(), 1)
        if "type: ignore" in line
    ]


def source_of_the_house(root: Path = ROOT) -> dict[str, str]:
    """Every module of graphql_api and schema that lie in `root`."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path.read_text(encoding="utf-8")
    return found


def undeclared(
    sources: Iterable[tuple[str, str]],
    ours: Container[str],
    declared: Container[str],
    libraries: Mapping[str, Sequence[str]],
) -> list[str]:
    """Each import of a library that no dependency names, in words: it is there by luck.

    sources: names and texts; ours: first names of modules that are no library; declared:
    distributions; libraries: a library's first name → the distributions that it comes with.
    """
    return sorted(
        {
            f"{name} imports {library}, which comes with {' or '.join(libraries[library])}"
            for name, source in sources
            for found in imports_of(name, source, {})
            if (library := found.target.split(".")[0]) in libraries and library not in ours
            if not any(normal(one) in declared for one in libraries[library])
        }
    )


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def declared_in(extras: Iterable[str]) -> set[str]:
    """The distributions that pyproject.toml names, those of `extras` included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return {normal(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in lines}


def texts_of(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("folders", "extras"), [(PACKAGES, CODE_EXTRAS), (("tests", "scripts"), FOR_WORK_EXTRAS)]
)
def test_every_library_that_is_imported_is_declared(
    folders: Sequence[str], extras: Sequence[str]
) -> None:
    """cross_web, yarl and others came along with another library, until that drops them."""
    scripts = {path.stem for path in (ROOT / "scripts").rglob("*.py")}
    ours = {*PACKAGES, "tests", "scripts", "attacks", "clients", *scripts}
    found = undeclared(texts_of(*folders), ours, declared_in(extras), packages_distributions())
    assert found == []


def test_a_library_that_came_along_is_found() -> None:
    source = "import os, yarl\ndef f():\n    from known.part import x\nimport ours"
    libraries = {"yarl": ["yarl"], "known": ["Known_Thing"], "ours": ["other"]}
    found = undeclared([("a.py", source)], {"ours"}, {"known-thing"}, libraries)
    assert found == ["a.py imports yarl, which comes with yarl"]


def test_the_house_is_in_order() -> None:
    assert violations(source_of_the_house()) == []


def test_all_of_the_house_is_looked_at() -> None:
    modules = source_of_the_house()
    assert len(modules) > 40
    assert {unit_of(name) for name in modules} >= {
        "app",
        "database",
        "events",
        "delivery",
        "inventory",
        "alerts",
        "accounts",
        "schema",
    }


SOUND: dict[str, str] = {
    "graphql_api": "__version__ = '1'",
    "graphql_api.clock": "import time",
    "graphql_api.database": "",
    "graphql_api.database.writer": "from graphql_api.clock import Clock",
    "graphql_api.events": "",
    "graphql_api.events.log": "from graphql_api.database import writer",
    "graphql_api.inventory": "",
    "graphql_api.inventory.stock": "from graphql_api.events.log import Event",
    "graphql_api.alerts": "",
    "graphql_api.alerts.lifecycle": "import graphql_api.inventory.stock",
    "graphql_api.transport": "",
    "graphql_api.transport.socket": "from graphql_api import __version__\nimport starlette",
    "schema": "import strawberry\nfrom graphql_api.alerts import lifecycle",
    "graphql_api.app": "from schema import schema\nfrom graphql_api.transport import socket",
}


def test_an_orderly_house_passes() -> None:
    assert violations(SOUND) == []


@pytest.mark.parametrize(
    ("module", "source", "breach"),
    [
        ("graphql_api.inventory.stock", "from graphql_api.alerts.rules import x", "upwards"),
        ("graphql_api.inventory.stock", "from graphql_api import alerts", "upwards"),
        ("graphql_api.inventory.stock", "import graphql_api.alerts.rules as rules", "upwards"),
        ("graphql_api.inventory.stock", "from ..alerts import rules", "upwards"),
        ("graphql_api.clock", "from graphql_api.database.writer import Writer", "upwards"),
        ("graphql_api.database.writer", "from schema import schema", "upwards"),
        ("graphql_api.delivery.hub", "from graphql_api.inventory.stock import x", "upwards"),
        ("graphql_api.alerts.lifecycle", "from schema.context import Services", "upwards"),
        (
            "graphql_api.alerts.lifecycle",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from schema import x",
            "upwards",
        ),
        ("schema.items", "from graphql_api.transport.socket import x", "upwards"),
        ("graphql_api.transport.socket", "from schema import schema", "must not know schema"),
        ("graphql_api.transport.socket", "import graphql_api.inventory.stock", "know inventory"),
        ("graphql_api.transport.socket", "import graphql_api.alerts.lifecycle", "know alerts"),
        ("graphql_api.inventory.stock", "import strawberry.types", "must not know strawberry"),
        ("graphql_api.app", "from graphql import parse", "must not know graphql"),
        ("schema.items", "from starlette.requests import Request", "must not know starlette"),
        ("graphql_api.delivery.hub", "from tortoise import fields", "must not know tortoise"),
        ("graphql_api.transport.socket", "import tortoise", "must not know tortoise"),
        ("graphql_api.transport.http", "from strawberry.asgi import GraphQL", "know strawberry"),
        ("graphql_api.events.log", "import uvicorn", "must not know uvicorn"),
        ("graphql_api.events.log", "def f():\n    import time", "inside a function"),
        (
            "graphql_api.events.log",
            "class A:\n    async def f(self):\n        if x:\n            from time import sleep",
            "inside a function",
        ),
        ("graphql_api.surprise", "", "no row"),
    ],
)
def test_a_planted_breach_is_found(module: str, source: str, breach: str) -> None:
    found = violations({**SOUND, module: source})
    assert any(breach in told and module in told for told in found), found


def test_a_circle_of_folders_within_a_row_is_found() -> None:
    planted = {
        **SOUND,
        "graphql_api.database.writer": "from graphql_api.delivery import hub",
        "graphql_api.delivery": "",
        "graphql_api.delivery.hub": "from graphql_api.events import log",
    }
    found = violations(planted)
    assert any("a circle of folders" in breach for breach in found)
    assert any("a circle of modules" in breach for breach in found)


def test_a_circle_of_modules_within_a_folder_is_found() -> None:
    planted = {
        **SOUND,
        "graphql_api.events.log": "from graphql_api.events import cursor",
        "graphql_api.events.cursor": "import graphql_api.events.log",
    }
    assert [breach.split(":")[0] for breach in violations(planted)] == ["a circle of modules"]


def test_a_circle_of_imports_for_types_is_one_too() -> None:
    planted = {
        **SOUND,
        "graphql_api.events.log": "import graphql_api.events.cursor",
        "graphql_api.events.cursor": (
            "import typing\nif typing.TYPE_CHECKING:\n    from graphql_api.events import log"
        ),
    }
    assert [breach.split(":")[0] for breach in violations(planted)] == ["a circle of modules"]


def test_what_is_too_long_is_a_shrinking_list() -> None:
    assert too_long(source_of_the_house(), LONG_FILES, LONG_FUNCTIONS) == []


def test_what_grows_beyond_its_length_is_found() -> None:
    long = {"a": "x = 1\n" * 401, "b": "def f():\n" + "    x = 1\n" * 40}
    assert too_long(long, {}, {}) == ["a has 401 lines", "b.f has 41 lines"]
    assert too_long(long, {"a": 401}, {"b.f": 41}) == []


def test_a_list_that_could_shrink_is_told() -> None:
    told = too_long({"a": "x = 1\n" * 9}, {"a": 401}, {"a.f": 41})
    assert told == ["a need not be listed any more", "a.f need not be listed any more"]


def test_a_file_that_says_why_may_be_longer() -> None:
    source = '"""Words.\n\nLonger than others: one table."""\n' + "x = 1\n" * 401
    assert too_long({"a": source}, {}, {}) == []


def test_the_schema_is_typed() -> None:
    assert len(ignore_marks(source_of_the_house())) <= IGNORE_MARKS_MAX


def test_marks_that_have_mypy_look_away_are_found_in_the_schema() -> None:
    mark = "x = f()  # type: " + "ignore[arg-type]\n"
    modules = {"schema.items": f"{mark}y = 1\n{mark}", "schema": mark, "graphql_api.app": mark}
    assert ignore_marks(modules) == ["schema.items:1", "schema.items:3", "schema:1"]
