"""What the pages say is there is there: links, files, names, settings, rows, tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphql_api.settings import Settings
from tests.docs.pages import BLOCK, DOCS, PAGES, blocks
from tests.servers import ROOT
from tests.test_house import ROWS

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#([\w-]+))?\)")
ANCHOR = re.compile(r"\]\(#([\w-]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w./@-]+/[\w./@-]*\w\.(?:py|md|tsx?|js|conf|yaml|service|env|graphql|txt)")
HOUSES = (ROOT, ROOT / "graphql_api", ROOT / "scripts", DOCS)  # where a path may begin
SETTING = re.compile(r"[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+|RATE_LIMIT|GRAPHIQL|ENVIRONMENT")
NOT_SETTINGS = {"FORWARDED_ALLOW_IPS"}  # uvicorn's
KEPT_SMALL = {"README.md", "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md", "SECURITY.md"}
FOR_TOOLS = {"MANIFEST.in", "pyproject.toml", "setup.py", "schema.graphql"}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return BLOCK.sub("", page.read_text())


def headings(page: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    text = prose(page)
    for target, anchor in LINK.findall(text):
        path = (page.parent / target).resolve()
        assert path.exists(), target
        assert not anchor or anchor in headings(path), f"{target}#{anchor}"
    assert set(ANCHOR.findall(text)) <= headings(page)


@each_page
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = {code for code in CODE.findall(prose(page)) if PATH.fullmatch(code)}
    strangers = {name for name in named if name.startswith(("/", "http"))}
    missing = {
        name for name in named - strangers if not any((house / name).exists() for house in HOUSES)
    }
    assert missing == set()


def test_names_in_the_tables_of_extending_stand_in_those_files() -> None:
    rows = re.findall(r"^\| `([\w/.]+)` \| (.*) \|$", (DOCS / "extending.md").read_text(), re.M)
    assert len(rows) >= 9
    for file, told in rows:
        path = ROOT / file
        assert path.exists(), file
        text = path.read_text() if path.is_file() else ""
        names = [name for name in CODE.findall(told) if path.is_file() and "(" not in name]
        standing = [re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names]
        assert all(standing), f"{file}: {dict(zip(names, standing, strict=True))}"


def test_the_rows_of_the_house_are_told_as_they_are_held() -> None:
    told = dict(re.findall(r"^\| (\d) \| (.+) \|$", (DOCS / "architecture.md").read_text(), re.M))
    held = {
        str(row): {unit for unit in units if unit not in ("__main__", "client")}
        for row, units in ROWS.items()
    }
    assert {row: set(units.split(", ")) for row, units in told.items()} == held


@pytest.mark.parametrize("name", ["operations.md", "deployment.md"])
def test_every_setting_in_a_table_is_one(name: str) -> None:
    rows = re.findall(r"^\| (`[A-Z][^|]*) \|", (DOCS / name).read_text(), re.MULTILINE)
    told = {setting for row in rows for setting in SETTING.findall(row)} - NOT_SETTINGS
    assert told <= {setting.upper() for setting in Settings.model_fields}


@pytest.mark.parametrize(
    ("page", "marks"), [("performance.md", "bench"), ("tools.md", "audit")], ids=lambda part: part
)
def test_there_is_a_place_for_each_table_that_a_script_writes(page: str, marks: str) -> None:
    text = (DOCS / page).read_text()
    begin, end = f"<!-- {marks}:begin -->", f"<!-- {marks}:end -->"
    assert text.count(begin) == text.count(end) == 1 and text.index(begin) < text.index(end)


@each_page
def test_every_command_names_the_interpreter_that_has_the_project(page: Path) -> None:
    text = page.read_text()
    assert not re.findall(r"(?<!\.venv/bin/)\bpython3? (?:-m graphql_api|scripts/).*", text)


@each_page
def test_every_script_in_a_block_is_there(page: Path) -> None:
    for text in blocks(page, "sh"):
        for script in re.findall(r"(?<![\w./])(?:\./)?(scripts/[\w./-]+)", text):
            assert (ROOT / script).is_file(), script


@each_page
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    assert not re.findall(r"/(?:work|root|home/\w+|Users)/", page.read_text())


def test_the_top_of_the_repository_stays_small() -> None:
    there = {
        path.name for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")
    }
    kept = {name for name in there if not name.startswith("inventory.sqlite3")}  # the demo's
    assert kept <= KEPT_SMALL | FOR_TOOLS
