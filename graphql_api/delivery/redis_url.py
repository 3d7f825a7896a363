"""Looks at REDIS_URL before anything connects. Called by the command line and by the broker.

The client takes any parameter and fails on it at the first use, which a broker takes for a server
that is away; so what is not known is refused here, by name.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlsplit

from graphql_api.errors import ConfigurationError

FORM = "redis://USER:PASSWORD@HOST:PORT/NUMBER, rediss://… (TLS) or unix://FILE"
PLAIN = ("client_name", "db", "health_check_interval", "socket_connect_timeout", "socket_timeout")
TLS = ("ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile")
_SECONDS = {"health_check_interval", "socket_connect_timeout", "socket_timeout"}
_CHOICES = {
    "ssl_cert_reqs": ("none", "optional", "required"),
    "ssl_check_hostname": ("true", "false"),
}


def check_redis_url(url: str) -> None:
    """Raises ConfigurationError; says nothing of a password."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise ConfigurationError(
            "REDIS_URL: the port must be a number from 1 to 65535 (in a password, write / as %2F, "
            "? as %3F, # as %23 and @ as %40)"
        ) from None
    if parts.scheme not in ("redis", "rediss", "unix") or "://" not in url:
        raise ConfigurationError(f"REDIS_URL must look like {FORM}")
    if port == 0:
        raise ConfigurationError("REDIS_URL: the port must be a number from 1 to 65535")
    if parts.fragment:
        raise ConfigurationError("REDIS_URL: write # in a password as %23")
    given = _parameters(parts)
    if parts.scheme == "unix":
        if not parts.path:
            raise ConfigurationError("REDIS_URL: unix:// needs the socket's file")
        return
    number = parts.path.strip("/")
    if number and not _is_number(number):
        raise ConfigurationError(f"REDIS_URL: the database must be a number, not {number!r}")
    if number and "db" in given:
        raise ConfigurationError("REDIS_URL: the database is given twice, after / and as db")


def _parameters(parts: SplitResult) -> dict[str, str]:
    known = PLAIN + TLS if parts.scheme == "rediss" else PLAIN
    given: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if "@" in name or "@" in value:  # most likely the end of a password: never told
            raise ConfigurationError("REDIS_URL: write ? in a password as %3F, and @ as %40")
        if name in TLS and name not in known:
            raise ConfigurationError(f"REDIS_URL: the parameter {name!r} needs rediss://")
        if name not in known:
            raise ConfigurationError(
                f"REDIS_URL: the parameter {name!r} is not known; {', '.join(known)} are"
            )
        if name in given:
            raise ConfigurationError(f"REDIS_URL: the parameter {name!r} is given twice")
        given[name] = value
        _check_value(name, value)
    return given


def _check_value(name: str, value: str) -> None:
    choices = _CHOICES.get(name)
    if not value:
        raise ConfigurationError(f"REDIS_URL: the parameter {name!r} is empty")
    if choices is not None and value not in choices:
        raise ConfigurationError(f"REDIS_URL: {name} must be one of {', '.join(choices)}")
    if name == "db" and not _is_number(value):
        raise ConfigurationError("REDIS_URL: db must be a number")
    if name in _SECONDS and not (_is_number(value) and int(value) > 0):
        raise ConfigurationError(f"REDIS_URL: {name} must be whole seconds, 1 or more")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
