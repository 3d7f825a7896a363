"""The field and the noun of docs/extending.md, as they stand there, in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from graphql import build_schema

from tests.docs.pages import DOCS, blocks, files
from tests.patience import PATIENCE_S
from tests.schema.test_contract import described
from tests.servers import EMAIL, PASSWORD, ROOT, Server
from tests.test_house import (
    LIBRARIES,
    LONG_FILES,
    LONG_FUNCTIONS,
    ROW_OF,
    source_of_the_house,
    too_long,
    violations,
)
from tests.transport.clients import Client

PAGE = DOCS / "extending.md"
FIELD_FILES = 5  # that a stored field of an item touches
COLUMN = "9000_column"  # before the noun's
MIGRATIONS = "graphql_api/database/migrations"
LIST = "schema/__init__.py"
LINES = {  # what is added at the end of which of its lists
    "\nfrom schema import (": "suppliers",
    "\nFACES: tuple[Face, ...] = (": "suppliers.FACE",
}
LOG_IN = "mutation($input: LoginInput!) { login(input: $input) { accessToken } }"
ADD = "mutation { addSupplier(name: %s) { supplier { id name } userErrors { code } } }"
BY_ID = "query($id: ID!) { node(id: $id) { ... on Supplier { name } } }"
FEED = "subscription { supplierAdded { cursor name } }"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy, with the field's lines, the noun's files and its line in the list."""
    copy = tmp_path_factory.mktemp("project")
    for folder in ("graphql_api", "schema"):
        ignored = shutil.ignore_patterns("node_modules", "__pycache__", "static")
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    _add_field(copy)
    written = files(PAGE)
    assert len(written) == 5, "five files, as the page says"
    for name, text in written.items():
        path = copy / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("NEWEST", COLUMN))
    (copy / "graphql_api/suppliers/__init__.py").touch()
    listed = (copy / LIST).read_text()
    for begin, line in LINES.items():
        before, found, after = listed.partition(begin)
        assert found, f"{LIST} is written otherwise"
        listed = before + found + after.replace("\n)", f"\n    {line},\n)", 1)
    (copy / LIST).write_text(listed)
    return copy


def _add_field(copy: Path) -> None:
    """The shelf: its migration, and the lines of the diff."""
    newest = max(path.stem for path in (copy / MIGRATIONS).glob("[0-9]*.py"))
    (column,) = [text for text in blocks(PAGE, "python") if "ops.AddField(" in text]
    named = re.findall(r'"(0\d+_\w+)"', column)
    assert (copy / MIGRATIONS / f"{named[0]}.py").exists(), "it depends on one that there is"
    (copy / MIGRATIONS / f"{COLUMN}.py").write_text(column.replace(named[0], newest))
    (diff,) = blocks(PAGE, "diff")
    changed = re.split(r"^--- (.+)\n", diff, flags=re.MULTILINE)[1:]
    names, changes = changed[::2], changed[1::2]
    assert len(names) + 1 == FIELD_FILES, "with its migration"
    for name, change in zip(names, changes, strict=True):
        text = (copy / name).read_text()
        for hunk in change.split("@@\n"):
            lines = hunk.splitlines(keepends=True)
            before = "".join(_content(line) for line in lines if line[0] != "+")
            assert text.count(before) == 1, f"{name} is written otherwise: {before}"
            text = text.replace(before, "".join(map(_content, lines)))
        (copy / name).write_text(text)


def _content(line: str) -> str:
    """A diff's line without its mark; an empty line has none."""
    return line if line == "\n" else line[1:]


@pytest.fixture(scope="module")
def server(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    server = Server(folder, PYTHONPATH=str(project), DRAIN_SECONDS="0.2", LOG_LEVEL="WARNING")
    server.create_user()
    with server:
        yield server


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    wanted = {"input": {"email": EMAIL, "password": PASSWORD}}
    answer = httpx.post(
        f"{server.url}/graphql", json={"query": LOG_IN, "variables": wanted}, timeout=PATIENCE_S
    )
    return str(answer.json()["data"]["login"]["accessToken"])


async def test_the_noun_is_stored_told_and_followed(server: Server, token: str) -> None:
    client = await Client.open(f"ws://127.0.0.1:{server.port}/graphql")
    await client.init(token)
    await client.start("s", FEED)
    await client.settle()
    added = (await client.run(ADD % '"Bolt & Sons"'))["addSupplier"]
    assert added["supplier"]["name"] == "Bolt & Sons" and not added["userErrors"]
    assert (await client.event())["name"] == "Bolt & Sons"
    refused = (await client.run(ADD % '"  "'))["addSupplier"]
    assert refused["userErrors"] == [{"code": "INVALID_INPUT"}]
    for selection in (
        "{ suppliers { nodes { id } totalCount } }",
        "{ suppliers(last: 1) { nodes { id } } }",
    ):
        listed = (await client.run(selection))["suppliers"]
        assert listed["nodes"] == [{"id": added["supplier"]["id"]}]
        assert listed.get("totalCount", 1) == 1
    found = await client.run(BY_ID, id=added["supplier"]["id"])
    assert found["node"] == {"name": "Bolt & Sons"}
    await client.close()


CREATE = """mutation($input: CreateItemInput!) {
  createItem(input: $input) { item { id shelf } userErrors { field code } } }"""
UPDATE = """mutation($input: UpdateItemInput!) {
  updateItem(input: $input) { item { shelf version } userErrors { field code } } }"""
UPDATES = "subscription { inventoryUpdated { type item { sku shelf } } }"
ONE = '{ item(ref: {sku: "A"}) { shelf } }'


async def test_the_field_is_stored_changed_and_told(server: Server, token: str) -> None:
    kinds = {name: kind for _, name, kind, *_ in server.rows("PRAGMA table_info(item)")}
    assert kinds["shelf"] == "VARCHAR(32)"
    client = await Client.open(f"ws://127.0.0.1:{server.port}/graphql")
    await client.init(token)
    await client.start("s", UPDATES)
    await client.settle()
    widget = {"sku": "A", "name": "Widget"}
    too_long = (await client.run(CREATE, input=widget | {"shelf": "x" * 33}))["createItem"]
    assert too_long["userErrors"] == [{"field": ["input", "shelf"], "code": "INVALID_INPUT"}]
    made = (await client.run(CREATE, input=widget | {"shelf": " 7b "}))["createItem"]["item"]
    assert made["shelf"] == "7b"
    assert (await client.event()) == {"type": "CREATED", "item": {"sku": "A", "shelf": "7b"}}
    for shelf, version in (("9", 2), (None, 3)):
        wanted = {"id": made["id"], "shelf": shelf}
        changed = (await client.run(UPDATE, input=wanted))["updateItem"]
        assert changed == {"item": {"shelf": shelf, "version": version}, "userErrors": []}
        assert (await client.event()) == {"type": "UPDATED", "item": {"sku": "A", "shelf": shelf}}
        assert (await client.run(ONE))["item"] == {"shelf": shelf}
        assert server.rows("SELECT shelf FROM item") == [(shelf,)]
    assert (await client.run("{ items { nodes { shelf } } }"))["items"] == {
        "nodes": [{"shelf": None}]
    }
    plain = (await client.run(CREATE, input={"sku": "B", "name": "Gadget"}))["createItem"]
    assert plain["item"]["shelf"] is None
    await client.close()


def test_the_house_is_in_order_with_both(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field made item.py longer than a file may be: somebody else would have had to part it."""
    monkeypatch.setitem(ROW_OF, "suppliers", 3)
    monkeypatch.setitem(LIBRARIES, "tortoise", LIBRARIES["tortoise"] | {"suppliers"})
    modules = source_of_the_house(project)
    assert violations(modules) == []
    assert too_long(modules, LONG_FILES, LONG_FUNCTIONS) == []


def test_the_schema_with_both_tells_of_everything(project: Path) -> None:
    schema = build_schema(output_of(project, "-m", "graphql_api", "export-schema"))
    assert {"Supplier", "SupplierAdded"} <= set(schema.type_map)
    assert [place for place, text in described(schema) if not text] == []


def test_a_page_reads_no_more_for_the_field_than_for_what_is_seldom_asked_for(
    project: Path,
) -> None:
    """It read all columns, unless somebody put the field's into a group in a sixth file."""
    read, seldom, every = output_of(project, "-c", READ).splitlines()
    assert read == seldom != every


READ = """
from graphql_api.inventory.item_reading import item_reader
for attributes in ({"shelf"}, {"cost"}, None):
    print(item_reader(attributes and frozenset(attributes)).columns)
"""


def output_of(project: Path, *arguments: str) -> str:
    """What Python prints, with the copy's modules."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        timeout=PATIENCE_S,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
