"""The models say what the migrations make: a table changed in one of them alone is told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graphql_api.database.database import Database
from tests.database.shape import Shape, differences, made_by_models, shape
from tests.databases import PostgresMaker, SqliteMaker

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgres"])
async def models(request: pytest.FixtureRequest, tmp_path: Path) -> Shape:
    """What the models ask for."""
    if request.param == "sqlite":
        url = f"sqlite://{tmp_path / 'by models.sqlite3'}"
    else:
        maker: PostgresMaker = request.getfixturevalue("postgres_maker")
        url = maker.empty()
    async with made_by_models(url) as database:
        return await shape(database.reading)


async def migrated(request: pytest.FixtureRequest, *undone: str) -> Shape:
    """What all migrations make, but for what these statements take away."""
    dialect = request.node.callspec.params["models"]
    maker: SqliteMaker | PostgresMaker = request.getfixturevalue(f"{dialect}_maker")
    url = maker.fresh()
    database = Database(url)
    await database.open()
    try:
        for statement in undone:
            await database.writing.change(statement)
        return await shape(database.reading)
    finally:
        await database.close()
        if not undone:
            maker.discard(url)


async def test_the_migrations_make_what_the_models_say(
    request: pytest.FixtureRequest, models: Shape
) -> None:
    assert len(models) > 150
    found = list(differences(models, await migrated(request)))
    assert not found, "\n".join(found)


async def test_what_no_migration_makes_is_told(
    request: pytest.FixtureRequest, models: Shape
) -> None:
    made = await migrated(
        request,
        "ALTER TABLE alert DROP COLUMN item_sku",  # as if the model had got a column
        "DROP INDEX session_by_end",  # as if it had got an index
        "CREATE INDEX session_by_whim ON session (created_at)",  # as if it had lost one
        "ALTER TABLE user_account ADD COLUMN nick INTEGER DEFAULT 5",  # or a column
    )
    told = [line.removeprefix("make a migration: ") for line in differences(models, made)]
    assert told == [
        "alert, column item_sku: the models have it, no migration makes it",
        "session, index session_by_end(ended_at): the models have it, no migration makes it",
        "session, index session_by_whim(created_at): the migrations make it, no model has it",
        "user_account, column nick: the migrations make it, no model has it",
    ]


def copied(folder: Path) -> Path:
    """The project, for programs that write into it."""
    left_out = shutil.ignore_patterns("web", "__pycache__")
    shutil.copytree(ROOT / "graphql_api", folder / "graphql_api", ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder / "graphql_api"


def make_migrations(folder: Path) -> str:
    """What `tortoise makemigrations` says, run as docs/extending.md says."""
    done = subprocess.run(
        [sys.executable, "-m", "tortoise", "makemigrations"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "DATABASE_URL": "sqlite://new.sqlite3"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_makemigrations_makes_nothing_when_nothing_changed(tmp_path: Path) -> None:
    migrations = copied(tmp_path) / "database" / "migrations"
    there = sorted(migrations.glob("*.py"))
    assert "No changes detected" in make_migrations(tmp_path)
    assert sorted(migrations.glob("*.py")) == there
    assert not (tmp_path / "new.sqlite3").exists()


def test_makemigrations_writes_down_a_column_that_a_model_got(tmp_path: Path) -> None:
    package = copied(tmp_path)
    there = set((package / "database" / "migrations").glob("*.py"))
    file = package / "accounts" / "models.py"
    line = "    expires_at = fields.BigIntField()\n"
    source = file.read_text()
    assert line in source
    file.write_text(source.replace(line, f"{line}    seen_at = fields.BigIntField(null=True)\n"))
    assert "Created" in make_migrations(tmp_path)
    (made,) = set((package / "database" / "migrations").glob("*.py")) - there
    text = made.read_text()
    assert re.findall(r"ops\.(\w+)", text) == ["AddField"]
    assert "'seen_at'" in text
