"""Restoring: a checked copy, in one step, onto a database that nobody uses."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graphql_api.errors import ConfigurationError
from graphql_api.operations import restore as module
from graphql_api.operations.backup import BackupFailed, back_up
from graphql_api.operations.in_use import InUse, used, used_alone
from graphql_api.operations.restore import known_migrations, restore
from tests import forks


def made(path: Path, position: int, rows: int = 500) -> Path:
    """A database of just what restoring knows of one, and some weight."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE tortoise_migrations (app TEXT, name TEXT);"
            "INSERT INTO tortoise_migrations VALUES ('inventory', '0001_initial');"
            "CREATE TABLE event (position INTEGER PRIMARY KEY);"
            "CREATE TABLE log_head (id INTEGER PRIMARY KEY, epoch TEXT, position INTEGER);"
            f"INSERT INTO log_head VALUES (1, '0123456789abcdef', {position});"
            "CREATE TABLE weight (id INTEGER PRIMARY KEY, text TEXT);"
        )
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO weight VALUES (?, ?)", [(i, "x" * 200) for i in range(rows)]
        )
        connection.execute("COMMIT")
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return made(tmp_path / "inventory.sqlite3", 90)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    back_up(made(tmp_path / "before.sqlite3", 7), tmp_path / "copy")
    return tmp_path / "copy"


def head(path: Path) -> tuple[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        epoch, position = connection.execute("SELECT epoch, position FROM log_head").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    return epoch, position


def refused(database: Path, file: Path) -> str:
    """Why; and nothing has happened to the database."""
    before = {path.name for path in database.parent.iterdir()}
    with pytest.raises(BackupFailed) as failure:
        restore(database, file)
    after = {path.name for path in database.parent.iterdir()}
    assert after - before <= {f"{database.name}.use"}
    return str(failure.value)


def test_the_copy_takes_the_place_with_an_epoch_of_its_own_and_the_old_one_is_kept(
    database: Path, copy: Path
) -> None:
    copied = head(copy)
    done = restore(database, copy)
    epoch, position = head(database)
    assert (position, done.position) == (7, 7)
    assert epoch not in (copied[0], "0123456789abcdef")
    assert head(copy) == copied
    assert done.aside is not None
    assert done.aside.name.startswith("inventory.sqlite3.before-restore-")
    assert head(done.aside) == ("0123456789abcdef", 90)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert stat.S_IMODE(done.aside.stat().st_mode) == 0o600
    assert not list(database.parent.glob(".*"))


def test_there_need_be_no_database_before(tmp_path: Path, copy: Path) -> None:
    done = restore(tmp_path / "new.sqlite3", copy)
    assert done.aside is None
    assert head(tmp_path / "new.sqlite3")[1] == 7


def crashed(database: Path) -> None:
    """Leave a database as a killed process does: its newest changes are in the WAL alone."""
    program = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA wal_autocheckpoint = 0')\n"
        "c.execute('UPDATE log_head SET position = 91')\n"
        "c.execute(\"UPDATE weight SET text = 'y'\")\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(database)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert database.with_name(f"{database.name}-wal").stat().st_size > 0


def test_what_a_crash_left_beside_the_database_is_not_applied_to_the_copy(
    database: Path, copy: Path
) -> None:
    """A plain `cp` onto such a database gave "database disk image is malformed"."""
    crashed(database)
    done = restore(database, copy)
    assert head(database)[1] == 7
    assert done.aside is not None
    assert head(done.aside)[1] == 91


def test_the_wal_of_a_database_that_is_gone_is_cleared_too(database: Path, copy: Path) -> None:
    crashed(database)
    database.unlink()
    restore(database, copy)
    assert head(database)[1] == 7


@pytest.mark.parametrize("damage", ["header", "middle"])
def test_a_damaged_database_can_be_replaced_and_is_kept_with_its_wal(
    database: Path, copy: Path, damage: str
) -> None:
    crashed(database)
    with database.open("r+b") as file:
        file.seek(0 if damage == "header" else 8_192)
        file.write(b"\xff" * 4_096)
    done = restore(database, copy)
    assert head(database)[1] == 7
    assert done.aside is not None
    assert b"\xff" * 4_096 in done.aside.read_bytes()


def test_a_copy_made_with_cp_after_a_crash_is_taken_with_its_wal(
    database: Path, tmp_path: Path
) -> None:
    source = made(tmp_path / "source.sqlite3", 3)
    crashed(source)
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{source}{suffix}", tmp_path / f"by-hand{suffix}")
    restore(database, tmp_path / "by-hand")
    assert head(database)[1] == 91


@pytest.fixture
def in_use(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("SELECT * FROM weight").fetchall()
        yield connection


def test_a_database_that_any_program_has_open_is_not_replaced(
    database: Path, copy: Path, in_use: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OPEN_TIMEOUT_S", 0.1)
    assert "is in use: stop every server" in refused(database, copy)
    in_use.execute("UPDATE log_head SET position = 92")
    assert head(database)[1] == 92


def test_a_database_that_one_of_our_processes_uses_is_not_replaced(
    database: Path, copy: Path
) -> None:
    with used(database), used(database):
        assert "is in use" in refused(database, copy)
    restore(database, copy)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_killed_process_leaves_no_lock(database: Path, copy: Path) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from graphql_api.operations.in_use import used\n"
        "with used(Path(sys.argv[1])):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    ended = forks.run(
        [sys.executable, "-c", program, str(database)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    restore(database, copy)


def test_nobody_begins_while_a_database_is_being_restored(database: Path) -> None:
    with used_alone(database):
        with pytest.raises(ConfigurationError, match="is being restored"), used(database):
            pass
        with pytest.raises(InUse), used_alone(database):
            pass
    with used(database), used(database):
        pass


def test_what_is_no_whole_copy_of_ours_is_refused_before_anything_is_touched(
    database: Path, copy: Path, tmp_path: Path
) -> None:
    assert "there is no file" in refused(database, tmp_path / "none")
    assert "is not a file" in refused(database, tmp_path)
    assert "is the database itself" in refused(database, database)
    (tmp_path / "text").write_text("no database, but a text of some length " * 20)
    assert "is no database" in refused(database, tmp_path / "text")
    (tmp_path / "empty").touch()
    assert "no database of this program" in refused(database, tmp_path / "empty")
    with closing(sqlite3.connect(tmp_path / "other")) as connection:
        connection.execute("CREATE TABLE other (id)")
    assert "no database of this program" in refused(database, tmp_path / "other")
    content = bytearray(copy.read_bytes())
    (tmp_path / "short").write_bytes(content[: len(content) // 2])
    assert "is damaged" in refused(database, tmp_path / "short")
    content[8_192:28_672] = b"\xff" * 20_480
    (tmp_path / "torn").write_bytes(content)
    assert "is damaged" in refused(database, tmp_path / "torn")
    assert head(database) == ("0123456789abcdef", 90)


def test_a_copy_of_a_newer_version_is_refused_by_what_it_has(database: Path, copy: Path) -> None:
    assert {"0001_initial", "0004_figures"} <= known_migrations()
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("INSERT INTO tortoise_migrations VALUES ('inventory', '9000_flying')")
    assert "made by a newer version: it has 9000_flying" in refused(database, copy)


@pytest.mark.parametrize("links", [True, False], ids=["with hard links", "without"])
def test_a_fault_in_the_middle_leaves_the_old_database_and_nothing_else(
    database: Path, copy: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """The last step before the copy takes the place fails, as it does on a full disk. The old
    database stayed beside itself, under the name that tells of a restore."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", full)
    assert "No space left on device" in refused(database, copy)
    assert head(database) == ("0123456789abcdef", 90)
    assert not list(database.parent.glob(".*"))


@pytest.mark.parametrize("step", ["chmod", "replace"])
def test_after_a_fault_a_wal_that_sqlite_left_is_with_its_database_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The WAL had been put aside already, or the first step aside failed."""
    database, copy = tmp_path / "inventory.sqlite3", tmp_path / "copy"
    for path in (database, tmp_path / "inventory.sqlite3-wal", copy):
        path.write_text(path.name)
    really = getattr(Path, step)

    def full(path: Path, *given: object) -> object:
        if step == "replace" and path.name.endswith("-wal"):
            return really(path, *given)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, full)
    with pytest.raises(OSError, match="No space left on device"):
        module._put_in_place(copy, database)
    names = ["copy", "inventory.sqlite3", "inventory.sqlite3-wal"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [(tmp_path / name).read_text() for name in names] == names
