"""Relay's own compiler reads the schema: refetchable fragments, connections from either end."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ci import in_ci

FOLDER = Path(__file__).parent / "relay"
SCHEMA = Path(__file__).parents[2] / "schema.graphql"
PATIENCE_S = 300  # npm's first time; the compiler takes a second


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that uses Relay, installed by its lock file."""
    npm = shutil.which("npm")
    if npm is None:
        if in_ci():
            pytest.fail("npm is not there: in CI Relay's compiler is run too")
        pytest.skip("Relay's compiler: install Node 20 or newer, with npm")
    folder = tmp_path_factory.mktemp("relay") / "project"
    shutil.copytree(FOLDER, folder)
    shutil.copy(SCHEMA, folder / "schema.graphql")
    config = {"src": "./src", "schema": "./schema.graphql", "language": "javascript"}
    (folder / "relay.config.json").write_text(json.dumps(config))
    subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=PATIENCE_S
    )
    return folder


def compiled(project: Path) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node is not None
    compiler = project / "node_modules" / "relay-compiler" / "cli.js"
    return subprocess.run(
        [node, str(compiler), "relay.config.json"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def test_refetchable_fragments_with_connections_compile(project: Path) -> None:
    done = compiled(project)
    assert done.returncode == 0, done.stdout + done.stderr
    made = {file.name for file in (project / "src" / "__generated__").iterdir()}
    assert {"ItemsMovementsQuery.graphql.js", "ItemsListQuery.graphql.js"} <= made


def test_the_compiler_would_say_what_is_missing(project: Path) -> None:
    """Without `node(id:)` nothing can be fetched again."""
    schema = project / "schema.graphql"
    whole = schema.read_text()
    assert "\n  node(" in whole
    schema.write_text(whole.replace("\n  node(", "\n  nothing("))
    try:
        assert compiled(project).returncode != 0
    finally:
        schema.write_text(whole)
