"""Attachments in backups, and the check that tells what is missing: the commands, as they are."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from graphql_api import cli
from graphql_api.attachments.uploads import Upload, Uploads
from graphql_api.clock import DAY_US
from graphql_api.process import open_services
from tests.attachments.bucket import Bucket
from tests.attachments.files import picture, sees_admins
from tests.builders import make_item
from tests.conftest import settings_for
from tests.databases import apart, migrated_file


async def _attach(url: str, place: str, colour: str) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield picture(colour=colour)

    async with open_services(settings_for(url, attachments_store=place)) as services:
        item = await make_item(services, colour)
        upload = Upload(item.id, "a.jpg", "", None, True)
        await services.of(Uploads).take(upload, content(), sees_admins)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "shop.sqlite3"
    file.write_bytes(migrated_file())
    monkeypatch.setenv("DATABASE_URL", f"sqlite://{file}")
    return file


def run(*arguments: str) -> int:
    return cli.run(arguments)


def test_a_backup_has_the_attachments_and_a_restored_one_brings_them_back(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, copy = tmp_path / "shop.sqlite3.attachments", tmp_path / "backup.sqlite3"
    apart(_attach(f"sqlite://{database}", "", "red"))
    assert run("backup", str(copy)) == 0
    assert "3 files of attachments" in capsys.readouterr().out
    apart(_attach(f"sqlite://{database}", "", "blue"))
    assert run("backup", "--force", str(copy)) == 0, "what is there stays there"
    assert "6 files of attachments" in capsys.readouterr().out
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.unlink()
    assert run("check-attachments") == 1
    said = capsys.readouterr()
    assert said.out.count("missing: ") == 6 and "6 names that attachments need" in said.err
    assert run("restore", str(copy)) == 0
    assert run("check-attachments") == 0
    assert "2 files; 6 names" in capsys.readouterr().out
    next(path for path in (tmp_path / "backup.sqlite3.attachments").rglob("*.96.webp")).unlink()
    for path in folder.rglob("*.96.webp"):
        path.unlink()
    assert run("restore", str(copy)) == 1
    assert "1 files of attachments are missing" in capsys.readouterr().err


def test_what_no_attachment_needs_is_told_and_deleted_on_demand(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apart(_attach(f"sqlite://{database}", "", "red"))
    folder = tmp_path / "shop.sqlite3.attachments"
    strange, fresh = folder / "ab" / "orphan", folder / "ab" / "fresh"
    strange.parent.mkdir()
    for path in (strange, fresh):
        path.write_bytes(b"x")
    os.utime(strange, (DAY_US // 1_000_000,) * 2)
    assert run("check-attachments") == 0, "nothing is missing"
    assert "orphan: ab/orphan\n1 orphans" in capsys.readouterr().out
    assert run("check-attachments", "--delete-orphans") == 0
    assert not strange.exists() and fresh.exists(), "a fresh one may be on its way"
    assert run("check-attachments") == 0
    assert "orphan" not in capsys.readouterr().out.partition("deleted.")[2]


def test_a_bucket_is_checked_and_is_not_copied(
    database: Path,
    tmp_path: Path,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**bucket.environment, "ATTACHMENTS_STORE": bucket.fresh()}.items():
        monkeypatch.setenv(name, value)
    apart(_attach(f"sqlite://{database}", os.environ["ATTACHMENTS_STORE"], "red"))
    assert run("backup", str(tmp_path / "b.sqlite3")) == 0
    assert "are not copied" in capsys.readouterr().err
    assert run("check-attachments") == 0
    monkeypatch.setenv("ATTACHMENTS_STORE", bucket.fresh())
    assert run("check-attachments") == 1
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert run("check-attachments") == 1
    assert "Attachments cannot be reached" in capsys.readouterr().err


def test_a_bucket_without_a_name_is_wrong_usage(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATTACHMENTS_STORE", "s3:///prefix")
    assert run("check-attachments") == 2
    assert "needs a bucket" in capsys.readouterr().err
