"""Backups: whole or not at all, of a database in use, and never in the way of anything."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graphql_api.operations import backup as module
from graphql_api.operations.backup import BackupFailed, back_up


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database of just what a backup knows of one, and some weight."""
    path = tmp_path / "a database.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE log_head (id INTEGER PRIMARY KEY, epoch TEXT, position INTEGER);"
            "INSERT INTO log_head VALUES (1, '0123456789abcdef', 7);"
            "CREATE TABLE weight (id INTEGER PRIMARY KEY, text TEXT);"
        )
        rows = [(i, "x" * 200) for i in range(10_000)]
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO weight VALUES (?, ?)", rows)
        connection.execute("COMMIT")
    return path


@pytest.fixture
def in_use(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection


def head(path: Path) -> tuple[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        epoch, position = connection.execute("SELECT epoch, position FROM log_head").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    return epoch, position


def left_over(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith("a database")}


def test_a_copy_is_whole_has_an_epoch_of_its_own_and_leaves_the_original_alone(
    database: Path, tmp_path: Path
) -> None:
    made = back_up(database, tmp_path / "copy")
    assert (made.file, made.position) == (tmp_path / "copy", 7)
    assert made.size == (tmp_path / "copy").stat().st_size
    epoch, position = head(tmp_path / "copy")
    assert position == 7
    assert epoch != "0123456789abcdef"
    assert len(epoch) == 16
    assert head(database) == ("0123456789abcdef", 7)
    assert left_over(tmp_path) == {"copy"}


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_copy_is_for_its_owner_alone(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


def test_a_copy_is_made_while_a_writer_is_in_the_middle_of_something(
    database: Path, tmp_path: Path, in_use: sqlite3.Connection
) -> None:
    in_use.execute("BEGIN IMMEDIATE")
    in_use.execute("UPDATE log_head SET position = 8")
    back_up(database, tmp_path / "copy")
    in_use.execute("COMMIT")
    assert head(tmp_path / "copy")[1] == 7
    assert head(database)[1] == 8


def test_a_writer_goes_on_while_a_copy_is_made(
    database: Path, tmp_path: Path, in_use: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEPS_BETWEEN_CALLS", 1_000)
    written = threading.Event()

    def write() -> None:
        if not written.is_set():
            in_use.execute("UPDATE log_head SET position = 9")
            written.set()

    back_up(database, tmp_path / "copy", alive=write)
    assert written.is_set()
    assert head(tmp_path / "copy")[1] == 7
    assert head(database)[1] == 9


def test_giving_up_half_way_leaves_nothing_behind(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEPS_BETWEEN_CALLS", 1_000)

    def give_up() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(database, tmp_path / "copy", alive=give_up)
    assert left_over(tmp_path) == set()


def test_a_file_that_is_there_is_overwritten_only_when_asked_for(
    database: Path, tmp_path: Path
) -> None:
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(BackupFailed, match="exists already"):
        back_up(database, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"
    back_up(database, tmp_path / "copy", overwrite=True)
    assert head(tmp_path / "copy")[1] == 7


def test_a_file_that_comes_meanwhile_is_not_overwritten(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEPS_BETWEEN_CALLS", 1_000)

    def other() -> None:
        (tmp_path / "copy").write_text("mine")

    with pytest.raises(BackupFailed, match="exists already"):
        back_up(database, tmp_path / "copy", alive=other)
    assert (tmp_path / "copy").read_text() == "mine"
    assert left_over(tmp_path) == {"copy"}


def test_where_there_are_no_hard_links_a_copy_is_put_in_place_all_the_same(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", unable)
    back_up(database, tmp_path / "copy")
    assert left_over(tmp_path) == {"copy"}


def test_what_cannot_be_a_target_is_told_before_any_work(
    database: Path, tmp_path: Path, in_use: sqlite3.Connection
) -> None:
    def refused(file: Path) -> str:
        with pytest.raises(BackupFailed) as failure:
            back_up(database, file, overwrite=True)
        return str(failure.value)

    assert "is the database itself" in refused(database)
    assert "is a folder" in refused(tmp_path)
    assert "does not exist" in refused(tmp_path / "no" / "copy")
    served = tmp_path / "served"
    back_up(database, served)
    with closing(sqlite3.connect(served)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE log_head SET position = 1")
        connection.commit()
        assert "is in use as a database" in refused(served)


def test_what_is_no_database_of_ours_is_told(tmp_path: Path) -> None:
    def refused(database: Path) -> str:
        with pytest.raises(BackupFailed) as failure:
            back_up(database, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
        return str(failure.value)

    assert "there is no database" in refused(tmp_path / "none")
    (tmp_path / "text").write_text("no database, but a text of some length " * 20)
    assert "cannot copy" in refused(tmp_path / "text")
    with closing(sqlite3.connect(tmp_path / "other")) as connection:
        connection.execute("CREATE TABLE other (id)")
    assert "cannot copy" in refused(tmp_path / "other")
