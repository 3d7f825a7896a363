"""TLS to PostgreSQL: each sslmode against a real server that has a certificate, or has none.

It connects as the mode says, or refuses in one line of words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from graphql_api.cli import run
from graphql_api.delivery.postgres import postgres_broker
from graphql_api.errors import ConfigurationError
from graphql_api.process import open_services
from tests.builders import make_item, move
from tests.clusters import Cluster, Clusters, give_away
from tests.conftest import settings_for
from tests.database.certificates import Authority
from tests.invariants import assert_sound
from tests.streams import eventually

HOST, OTHER_HOST = "localhost", "127.0.0.1"  # the certificate is for the first name only
PASSWORD = "of a key"
COUNTS = """SELECT count(*) FILTER (WHERE s.ssl) AS encrypted,
count(*) FILTER (WHERE NOT s.ssl) AS plain
FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) WHERE a.application_name = 'shop'"""


@dataclass(slots=True)
class Guarded:
    """Three servers, and who signs for them. open: takes anybody; closed: only who comes encrypted
    and shows a certificate of the authority's; bare: knows no TLS."""

    folder: Path
    right: Authority
    wrong: Authority
    open: Cluster
    closed: Cluster
    bare: Cluster


@pytest.fixture(scope="module")
def guarded(all_clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("tls")
    right, wrong = Authority(folder, "right"), Authority(folder, "wrong")
    certificate, key = right.issue(HOST)
    clusters = []
    for demand in ("", "hostssl all all all trust clientcert=verify-ca"):
        cluster = all_clusters.new(ssl="on", ssl_ca_file="ca.pem")
        for name, file in (
            ("server.crt", certificate),
            ("server.key", key),
            ("ca.pem", right.file),
        ):
            placed = cluster.folder / name
            placed.touch(0o600)
            placed.write_bytes(file.read_bytes())
            give_away(placed)
        if demand:
            (cluster.folder / "pg_hba.conf").write_text(demand)
        clusters.append(cluster)
    clusters.append(all_clusters.new())
    for cluster in (clusters[0], clusters[2]):
        cluster.start()
    yield Guarded(folder, right, wrong, *clusters)
    for cluster in clusters:
        cluster.kill()


OPEN, BARE = "open", "bare"
ROOT, WRONG_ROOT = "&sslrootcert={right}", "&sslrootcert={wrong}"


@pytest.mark.parametrize(
    ("server", "host", "asked", "refusal"),
    [
        (OPEN, HOST, "disable", None),
        (OPEN, HOST, "prefer", None),
        (OPEN, HOST, "require", None),
        (OPEN, OTHER_HOST, "require", None),
        (OPEN, HOST, "require" + WRONG_ROOT, "certificate verify failed"),
        (OPEN, HOST, "verify-ca" + ROOT, None),
        (OPEN, OTHER_HOST, "verify-ca" + ROOT, None),
        (OPEN, HOST, "verify-ca" + WRONG_ROOT, "certificate verify failed"),
        (OPEN, HOST, "verify-ca", "certificate verify failed"),  # the system does not know it
        (OPEN, HOST, "verify-full" + ROOT, None),
        (OPEN, OTHER_HOST, "verify-full" + ROOT, "127.0.0.1"),
        (OPEN, HOST, "verify-full" + WRONG_ROOT, "certificate verify failed"),
        (BARE, HOST, "disable", None),
        (BARE, HOST, "prefer", None),
        (BARE, HOST, "require", "rejected SSL"),
        (BARE, HOST, "verify-full" + ROOT, "rejected SSL"),
    ],
)
def test_a_mode_connects_or_is_refused_in_words(
    guarded: Guarded,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    server: str,
    host: str,
    asked: str,
    refusal: str | None,
) -> None:
    cluster = guarded.open if server == OPEN else guarded.bare
    mode = asked.format(right=guarded.right.file, wrong=guarded.wrong.file)
    url = f"postgres://postgres:hush@{host}:{cluster.port}/postgres?sslmode={mode}"
    monkeypatch.setenv("DATABASE_URL", url)
    code = run(["migrate"])
    said = capsys.readouterr().err
    if refusal is None:
        assert (code, said) == (0, "")
    else:
        assert code == 1
        assert said.count("\n") == 1, said
        assert refusal in said
        assert "hush" not in said


def test_other_reasons_not_to_connect_are_told_too(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """How the bug came about: opening said of every fault that the database cannot be reached."""
    address = f"127.0.0.1:{guarded.bare.port}"
    for url, told in (
        (f"postgres://postgres@{address}/nowhere", 'database "nowhere" does not exist'),
        (f"postgres://nobody@{address}/postgres", 'role "nobody" does not exist'),
        ("postgres://postgres@127.0.0.1:1/postgres", "Connect call failed"),
    ):
        monkeypatch.setenv("DATABASE_URL", url)
        assert run(["migrate"]) == 1
        assert told in capsys.readouterr().err


async def test_where_only_who_shows_a_certificate_is_let_in_everything_is_encrypted(
    guarded: Guarded,
) -> None:
    certificate, key = guarded.right.issue("shop")
    await asyncio.to_thread(guarded.closed.start)
    url = f"postgres://postgres@{HOST}:{guarded.closed.port}/postgres?application_name=shop"
    url += f"&sslmode=verify-full&sslrootcert={guarded.right.file}"
    strange, strange_key = guarded.wrong.issue("stranger")
    for refused in (url, f"{url}&sslcert={strange}&sslkey={strange_key}"):
        with pytest.raises(ConfigurationError, match=r"certificate|unknown ca|closed"):
            async with open_services(settings_for(refused)):
                pass
    url += f"&sslcert={certificate}&sslkey={key}"
    broker = postgres_broker(url)
    async with open_services(settings_for(url), broker=broker) as services:
        item = await make_item(services)
        await move(services, item, 1)
        await eventually(lambda: broker.is_connected)
        row = await services.database.scanning.row(COUNTS)
        assert row is not None
        assert row["encrypted"] >= 4, "three pools, and the broker's own"
        assert row["plain"] == 0
        await assert_sound(services)


def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, key = guarded.right.issue("secretive", PASSWORD)
    asked = f"sslmode=require&sslcert={certificate}&sslkey={key}"
    monkeypatch.setenv("DATABASE_URL", f"postgres://postgres@{HOST}/postgres?{asked}")
    assert run(["migrate"]) == 2
    assert "password" in capsys.readouterr().err
