"""What REDIS_URL says is heeded or refused, never passed over."""

from __future__ import annotations

import pytest

from graphql_api.cli import run
from graphql_api.delivery.redis_url import check_redis_url


@pytest.mark.parametrize(
    "url",
    [
        "redis://h",
        "redis://us%40er:p%3Aw@h:6380/3",
        "redis://[::1]:6379/0?client_name=shop&socket_timeout=5",
        "rediss://:secret@h/1?ssl_ca_certs=/etc/ca.pem&ssl_cert_reqs=required",
        "unix:///run/redis.sock?db=3",
    ],
)
def test_what_is_known_is_taken(url: str) -> None:
    check_redis_url(url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://h", "must look like"),
        ("redis:h", "must look like"),
        ("redis://h:no/0", "port"),
        ("redis://h:99999/0", "port"),
        ("redis://h:0", "port"),
        ("redis://h/three", "'three'"),
        ("redis://h/1?db=2", "twice"),
        ("redis://h?sslmode=require", "'sslmode'"),
        ("redis://h?ssl_cert_reqs=none", "rediss://"),
        ("rediss://h?ssl_cert_reqs=maybe", "ssl_cert_reqs"),
        ("redis://h?socket_timeout=1&socket_timeout=2", "twice"),
        ("redis://h?socket_timeout=soon", "socket_timeout"),
        ("redis://h?client_name=", "empty"),
        ("redis://:hush#hush@h", "%23"),
        ("redis://:12?hush@h", "%3F"),
        ("redis://[h", "REDIS_URL"),
        ("unix://", "file"),
    ],
)
def test_what_cannot_be_heeded_is_wrong_usage(
    url: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """How the bug came about: the client took every parameter and failed on it at its first use,
    which the broker took for a server that is away."""
    monkeypatch.setenv("REDIS_URL", url)
    assert run(["migrate"]) == 2
    line = capsys.readouterr().err
    assert "REDIS_URL" in line
    assert told in line
    assert "hush" not in line
    assert line.count("\n") == 1
