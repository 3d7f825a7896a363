"""Reads DATABASE_URL: what to connect with. Called by Database and the broker over PostgreSQL.

What is not known is refused by name: a `sslmode` that is passed over in silence is a password
in plain text.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from graphql_api.database.dialect import Dialect
from graphql_api.errors import ConfigurationError

PARAMETERS = (
    "application_name",
    "connect_timeout",
    "host",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
)
DEFAULT_PORT = 5432
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def parse(url: str) -> tuple[Dialect, dict[str, Any]]:
    """The kind of database and its credentials. Raises ConfigurationError."""
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigurationError(f"DATABASE_URL: {error}") from None
    scheme, separator, _ = url.partition("://")
    if "%00" in url or "\0" in url:
        raise ConfigurationError("DATABASE_URL: nothing in it may contain the character NUL")
    if separator and scheme.lower() == "sqlite":
        return Dialect.SQLITE, {"file_path": _file(url[len("sqlite://") :])}
    if separator and scheme.lower() in ("postgres", "postgresql", "asyncpg"):
        return Dialect.POSTGRES, _credentials(parts)
    raise ConfigurationError(
        "DATABASE_URL must look like sqlite://FILE or postgres://USER:PASSWORD@HOST:PORT/NAME"
    )


def postgres_credentials(url: str) -> dict[str, Any]:
    """What to connect to PostgreSQL with: arguments of asyncpg's `connect`."""
    dialect, credentials = parse(url)
    assert dialect is Dialect.POSTGRES, "it is no URL of PostgreSQL"
    return credentials


def without_password(url: str) -> str:
    """`url` as it may be told to anybody who reads the log."""
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@") if password else url


def _file(text: str) -> str:
    told, _, query = text.partition("?")
    path = unquote(told)
    if not path or path.startswith(":memory:"):
        raise ConfigurationError(
            "DATABASE_URL: sqlite needs a file, like sqlite://inventory.sqlite3"
        )
    if query:
        name = query.split("&")[0].split("=")[0]
        raise ConfigurationError(
            f"DATABASE_URL: sqlite takes no parameter {name!r}; a ? in the file's name is %3F"
        )
    try:
        _look_at(Path(path))
    except OSError as error:
        raise ConfigurationError(f"DATABASE_URL: {path}: {error.strerror}") from None
    return path


def _look_at(file: Path) -> None:
    """Raise what SQLite would only call "unable to open database file"."""
    if file.is_dir():
        raise ConfigurationError(f"DATABASE_URL: {file} is a folder; name a file in it")
    parent = file.resolve().parent
    if not parent.exists():
        raise ConfigurationError(f"DATABASE_URL: the folder {parent} does not exist")
    if not parent.is_dir():
        raise ConfigurationError(f"DATABASE_URL: {parent} is not a folder")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"DATABASE_URL: the folder {parent} must be writable: SQLite keeps files beside its own"
        )
    if not file.exists():
        return
    if not file.is_file():
        raise ConfigurationError(f"DATABASE_URL: {file} is not a plain file")
    if not os.access(file, os.R_OK | os.W_OK):
        raise ConfigurationError(f"DATABASE_URL: {file} must be readable and writable")


def _credentials(parts: SplitResult) -> dict[str, Any]:
    if parts.fragment:
        raise ConfigurationError("DATABASE_URL: write # in a password or a name as %23")
    port = _port(parts)
    given = _parameters(parts.query)
    found: dict[str, Any] = {
        "host": _host(parts, given),
        "port": port,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password) if parts.password else None,
        "database": unquote(parts.path.removeprefix("/")) or "postgres",
    }
    if "application_name" in given:
        found["server_settings"] = {"application_name": given["application_name"]}
    if "connect_timeout" in given:
        found["timeout"] = _seconds(given["connect_timeout"])
    encryption = _encryption(given)
    if encryption is not None:
        found["ssl"] = encryption
    if found["host"].startswith("/") and encryption not in (None, "disable", "allow", "prefer"):
        raise ConfigurationError("DATABASE_URL: a socket's folder as host is never encrypted")
    return found


def _host(parts: SplitResult, given: dict[str, str]) -> str:
    """A name, an address, or the folder of a Unix socket."""
    if parts.hostname and "host" in given:
        raise ConfigurationError("DATABASE_URL: the host is given twice, before / and as parameter")
    host = given.get("host") or unquote(parts.hostname or "127.0.0.1")
    if "," in host:
        raise ConfigurationError("DATABASE_URL: one host, please; several are not taken")
    if host.startswith("/") and not Path(host).is_dir():
        raise ConfigurationError(f"DATABASE_URL: host: there is no folder {host}")
    return host


def _parameters(query: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if "@" in name or "@" in value:  # most likely the end of a password: never told
            raise ConfigurationError("DATABASE_URL: write ? in a password as %3F, and @ as %40")
        if name not in PARAMETERS:
            raise ConfigurationError(
                f"DATABASE_URL: the parameter {name!r} is not known; {', '.join(PARAMETERS)} are"
            )
        if name in given:
            raise ConfigurationError(f"DATABASE_URL: the parameter {name!r} is given twice")
        if not value:
            raise ConfigurationError(f"DATABASE_URL: the parameter {name!r} is empty")
        given[name] = value
    return given


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ConfigurationError(
            "DATABASE_URL: the port must be a number from 1 to 65535 (in a password, write "
            "/ as %2F, ? as %3F, # as %23 and @ as %40)"
        )
    return port or DEFAULT_PORT


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= 3_600):
        raise ConfigurationError("DATABASE_URL: connect_timeout must be seconds from 1 to 3600")
    return int(text)


def _encryption(given: dict[str, str]) -> str | ssl.SSLContext | None:
    """asyncpg's `ssl`; None: its default, prefer. As in libpq, require with a root certificate
    verifies it. Source: PostgreSQL's documentation, "SSL Support"."""
    mode = given.get("sslmode")
    if mode is not None and mode not in SSL_MODES:
        raise ConfigurationError(f"DATABASE_URL: sslmode must be one of {', '.join(SSL_MODES)}")
    files = [name for name in ("sslrootcert", "sslcert", "sslkey") if name in given]
    if files and mode in (None, "disable", "allow", "prefer"):
        raise ConfigurationError(
            f"DATABASE_URL: {files[0]} needs sslmode=require, verify-ca or verify-full"
        )
    if "sslkey" in given and "sslcert" not in given:
        raise ConfigurationError("DATABASE_URL: sslkey needs sslcert")
    verifies = mode in ("verify-ca", "verify-full") or "sslrootcert" in given
    if not verifies and not files:
        return mode
    return _context(given, verifies)


def _context(given: dict[str, str], verifies: bool) -> ssl.SSLContext:
    for name in ("sslrootcert", "sslcert", "sslkey"):
        if name in given and not Path(given[name]).is_file():
            raise ConfigurationError(f"DATABASE_URL: {name}: there is no file {given[name]}")
    try:
        context = ssl.create_default_context(cafile=given.get("sslrootcert"))
        if "sslcert" in given:
            context.load_cert_chain(given["sslcert"], given.get("sslkey"), _refuse_to_ask)
    except OSError as error:
        raise ConfigurationError(f"DATABASE_URL: a certificate cannot be used: {error}") from None
    context.check_hostname = given.get("sslmode") == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE
    return context


def _refuse_to_ask() -> str:
    """A key with a password: OpenSSL would ask for it on the terminal, and wait for ever."""
    raise ConfigurationError("DATABASE_URL: sslkey: a key with a password cannot be used")
