"""What DATABASE_URL says is heeded or refused, never passed over."""

from __future__ import annotations

import ssl
import sys
import tempfile
from pathlib import Path

import pytest

from graphql_api.cli import run
from graphql_api.database.database import Database
from graphql_api.database.url import parse, postgres_credentials
from graphql_api.errors import ConfigurationError
from tests import forks
from tests.databases import PostgresMaker


@pytest.mark.parametrize(
    ("end", "name", "value"),
    [
        ("@h:5433/n", "port", 5433),
        ("@h/my%20name", "database", "my name"),
        ("@h/n?sslmode=verify-full", "ssl", ssl.SSLContext),
        ("@h/n?sslmode=require", "ssl", "require"),
        ("@h/n?sslmode=disable", "ssl", "disable"),
        ("@/n?host=/var/run/postgresql", "host", "/var/run/postgresql"),
        ("@h/n?application_name=shop%201", "server_settings", {"application_name": "shop 1"}),
        ("@h/n?connect_timeout=3", "timeout", 3),
    ],
)
def test_a_parameter_is_taken(end: str, name: str, value: object) -> None:
    found = postgres_credentials(f"postgres://us%40er:p%3Aw{end}")
    assert (found["user"], found["password"]) == ("us@er", "p:w")
    wanted = isinstance(found[name], value) if isinstance(value, type) else found[name] == value
    assert wanted


@pytest.mark.parametrize(("mode", "looks"), [("verify-ca", False), ("verify-full", True)])
def test_a_verified_connection_looks_at_the_certificate(mode: str, looks: bool) -> None:
    context = postgres_credentials(f"postgres://h/n?sslmode={mode}")["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, looks)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgres://h/n?sslmod=require", "sslmod"),
        ("postgres://h/n?sslmode=maybe", "sslmode"),
        ("postgres://h/n?sslmode=", "sslmode"),
        ("postgres://h/n?host=a&host=b", "twice"),
        ("postgres://h/n?sslmode=verify-ca&sslrootcert=/not/there.pem", "/not/there.pem"),
        ("postgres://h/n?sslrootcert=/not/there.pem", "sslmode"),
        ("postgres://h/n?connect_timeout=soon", "connect_timeout"),
        ("postgres://h/n?host=other", "twice"),
        ("postgres://h1,h2/n", "one host"),
        ("postgres:///n?host=/not/there", "/not/there"),
        ("postgres:///n?host=/tmp&sslmode=verify-full", "socket"),
        ("postgres://me:hush#hush@h/n", "%23"),
        ("postgres://me:12?hush@h/n", "%3F"),
        ("postgres://me:hush/hush@h/n", "port"),
        ("postgres://h/a%00b", "NUL"),
        ("postgres:h", "must look like"),
        ("postgres://h:99999/n", "port"),
        ("postgres://h:0/n", "port"),
        ("postgres://h:no/n", "port"),
        ("postgres://[h/n", "DATABASE_URL"),
        ("sqlite://a.sqlite3?mode=ro", "mode"),
        ("sqlite:///tmp", "is a folder"),
        ("sqlite:///not/there/a", "/not/there does not exist"),
        ("sqlite:////dev/null", "not a plain file"),
        ("sqlite:///etc/passwd/a", "not a folder"),
        (f"sqlite:///tmp/{'a' * 300}", "too long"),
        ("sqlite://a%00b", "NUL"),
        ("sqlite:a.sqlite3", "must look like"),
        ("sqlite://", "needs a file"),
    ],
)
def test_what_cannot_be_heeded_is_wrong_usage(
    url: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        parse(url)
    assert run(["migrate"]) == 2
    line = capsys.readouterr().err
    assert told in line
    assert "hush" not in line
    assert line.count("\n") == 1


async def test_the_server_hears_the_application_s_name(postgres_maker: PostgresMaker) -> None:
    url = postgres_maker.fresh()
    database = Database(f"{url}?application_name=shop")
    await database.open()
    try:
        row = await database.scanning.row("SELECT current_setting('application_name')")
        assert row is not None
        assert row[0] == "shop"
    finally:
        await database.close()
        postgres_maker.discard(url)


def test_a_file_with_a_blank_is_that_file(tmp_path: Path) -> None:
    assert Database(f"sqlite://{tmp_path}/a%20b.sqlite3").file == tmp_path / "a b.sqlite3"


NOBODY = 65_534
LOOK = """
import os, sys
from graphql_api.database import url
from graphql_api.errors import ConfigurationError
if os.geteuid() == 0:
    os.setuid(int(sys.argv[2]))
try:
    url.parse(sys.argv[1])
except ConfigurationError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("shut", "mode", "told"),
    [("", 0o555, "must be writable"), ("a.sqlite3", 0o444, "must be readable and writable")],
)
def test_what_may_not_be_written_is_told(shut: str, mode: int, told: str) -> None:
    """In a process of its own: who is root may write everything."""
    with tempfile.TemporaryDirectory(prefix="inventory-test-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "a.sqlite3").touch()
        (folder / shut).chmod(mode)
        said = forks.run(
            [sys.executable, "-c", LOOK, f"sqlite://{folder}/a.sqlite3", str(NOBODY)],
            capture_output=True,
            text=True,
            check=True,
        )
        folder.chmod(0o777)
    assert told in said.stdout
