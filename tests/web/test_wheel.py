"""The wheel that others install: it has the pages inside, and needs no Node."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import httpx
import pytest

from graphql_api.texts.languages import CATALOGS, Language
from tests.patience import PATIENCE_S
from tests.servers import ROOT, Server

pytestmark = pytest.mark.campaign  # what a package holds changes seldom, and is dear to look at
TIMEOUT_S = 120
SOURCES = (
    "graphql_api",
    "schema",
    "scripts/pages",
    "pyproject.toml",
    "setup.py",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
)
BROWSER = {"accept": "text/html"}


def run(*command: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the project, so that nothing is left in it."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source, copy = ROOT / name, folder / "project" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, copy, ignore=shutil.ignore_patterns("node_modules", "__pycache__")
            )
        else:
            shutil.copy2(source, copy)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    run(*pip, "wheel", *options, folder / "project")
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_has_the_pages_and_not_their_sources(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    static = [name for name in names if name.startswith("graphql_api/web/static/")]
    assert {"console/index.html", "graphiql/index.html", "licenses.md"} <= {
        name.removeprefix("graphql_api/web/static/") for name in static
    }
    assert any(name.endswith(".js.br") for name in static)
    assert not [name for name in names if name.endswith((".ts", ".tsx")) or "node_modules" in name]


def test_the_wheel_has_the_sentences_of_pushes_in_every_language(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    folder = CATALOGS.relative_to(ROOT)
    wanted = {f"{folder}/{one.value}.po" for one in Language if one is not Language.EN}
    assert wanted <= set(names)


def test_the_wheel_says_that_its_client_is_typed(wheel: Path) -> None:
    """PEP 561: without the mark type checkers take nothing from it."""
    assert "graphql_api/client/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_an_installed_wheel_serves_its_pages(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    (packages,) = environment.glob("lib/python*/site-packages")
    # What the wheel needs is here already; only the project itself must not come from here.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel
    )
    server = Server(tmp_path, PYTHONPATH="")
    server.python = str(python)
    with server:
        for path, title in (("/", "Inventory"), ("/graphql", "GraphiQL")):
            response = httpx.get(f"{server.url}{path}", headers=BROWSER, timeout=PATIENCE_S)
            assert response.status_code == 200
            assert title in response.text
            assert "/assets/" in response.text
