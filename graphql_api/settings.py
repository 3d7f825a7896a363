"""Every setting: its unit, its default, its reason. Read once, by a command (cli/).

Each is an environment variable of the same name in capitals. What is not set has the
default below, which suits a first run on one machine.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from graphql_api.attachment_settings import AttachmentSettings
from graphql_api.business import checked_currency, zone_of
from graphql_api.errors import ConfigurationError
from graphql_api.origins import normal_origin
from graphql_api.reorder_settings import ReorderSettings
from graphql_api.setting_bounds import (
    Amount,
    Days,
    Hours,
    Minutes,
    PartMinutes,
    Positive,
    Seconds,
    WholeSeconds,
)
from graphql_api.worker_settings import WorkerSettings

JWT_SECRET_BYTES_MIN = 32  # RFC 7518 3.2: a key of HS256 is at least as long as its hash

LIKENESS_MIN = 0.85  # one or two wrong letters of a name
# Close to ours, and known to somebody else; Tortoise sets the last in its own process.
NEIGHBOURS = {"TEST_DATABASE_URL", "TEST_REDIS_URL", "TIMEZONE"}

# What Web Push services and the library that signs take as a contact (RFC 8292 2.1).
_CONTACT = re.compile(
    r"mailto:[^@\s]+@(localhost|[\w-]+(\.[\w-]+)+)|https://(localhost|[\w-]+(\.[\w-]+)+)", re.ASCII
)


class Settings(AttachmentSettings, ReorderSettings, WorkerSettings, BaseSettings):
    """All settings; see each field's description (`python -m graphql_api serve --help` too)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    environment: Literal["development", "production"] = Field(
        "development",
        description="production asks for JWT_SECRET and turns off introspection, GraphiQL, "
        "suggestions and testBroadcast",
    )
    database_url: str = Field(
        "sqlite://inventory.sqlite3",
        description="sqlite://FILE or postgres://USER:PASSWORD@HOST:PORT/NAME",
    )
    redis_url: str | None = Field(
        None,
        description="a broker between processes (install the extra redis); without it "
        "PostgreSQL is the broker where it is the database",
    )
    jwt_secret: str = Field("", description="signs access tokens; at least 32 bytes")
    jwt_issuer: str = Field("graphql-api", description="the tokens' iss and aud")
    frontend_url: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="comma-separated origins that browsers may call from (CORS, WebSocket)"
    )
    graphiql: Literal["auto", "on", "off"] = Field(
        "auto",
        description="the page at /graphql for browsers; auto: in development only. "
        "Production answers no introspection, so there it has no docs",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="the least grave entries that are logged"
    )

    # The business
    time_zone: str = Field(
        "UTC",
        description="where the business has its days: an IANA name, such as Europe/Berlin. Figures "
        "go by it unless a query names another",
    )
    currency: str = Field(
        "EUR", description="what prices are in, as ISO 4217 writes it; told in `settings`"
    )
    label_font: str = Field(
        "",
        description="a TrueType file for labels, where names have letters that the machine's own "
        "fonts lack; one with a license that lets it be embedded",
    )

    # Schedules
    alert_check_interval_minutes: Minutes = Field(2, description="the scheduled alert check")
    monitoring_interval_minutes: Minutes = Field(
        5, description="stale alerts, ended snoozes, idle sockets, retention"
    )
    alert_stale_hours: Hours = Field(
        24, description="an open alert that nobody touched for so long is raised again"
    )
    alerts_by: Literal["stock", "available"] = Field(
        "stock",
        description="what alerts compare with minStock: stock, or what of it nobody holds",
    )
    hold_minutes: Minutes = Field(
        15, description="after which a hold runs out that was placed without an expiry"
    )
    hold_retention_days: Days = Field(
        90, description="holds that ended longer ago are deleted; what they sold stays"
    )
    event_retention_days: Days = Field(
        30, description="events older than this are deleted; a cursor before them is refused"
    )

    # Notifications and push
    notify_alert_severity: Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"] = Field(
        "HIGH", description="from which severity on an alert becomes a notification"
    )
    notification_retention_days: Days = Field(
        90, description="notifications older than this are deleted, read or not"
    )
    vapid_private_key: str = Field(
        "",
        description="signs Web Push: 32 bytes, base64url; without it the database keeps one of "
        "its own",
    )
    vapid_subject: str = Field(
        "",
        description="whom a push service may write to: mailto:… or https://…; some services want "
        "a real one. Without it: FRONTEND_URL's first https origin without a port",
    )
    push_subscriptions_per_user_max: Positive = Field(
        10, description="browsers of one user that get pushes; the oldest gives way"
    )

    # Sessions
    access_token_minutes: PartMinutes = Field(
        10, description="after which a client must refresh; a role counts at once in any case"
    )
    refresh_token_days: Days = Field(
        30, description="a session that is not refreshed for so long has ended"
    )

    # Limits of one request, the same over HTTP and WebSocket (design: section 6)
    body_bytes_max: Positive = Field(65_536, description="an HTTP body or a socket's message")
    import_bytes_max: Positive = Field(
        20_971_520, description="an uploaded file; it lies in the database until it is taken over"
    )
    document_characters_max: Positive = Field(
        15_000, description="of a document, before it is parsed"
    )
    document_tokens_max: Positive = Field(1_000, description="parsing costs time by tokens")
    document_depth_max: Positive = Field(10, description="fields inside of fields")
    document_aliases_max: Positive = Field(15, description="one field asked for again and again")
    document_directives_max: Positive = Field(20, description="each is looked at when it runs")
    document_directives_per_field_max: Positive = Field(5, description="of one field or fragment")
    document_operations_max: Positive = Field(5, description="in one document; one of them runs")
    document_fragments_max: Positive = Field(20, description="each may be spread many times")
    document_root_fields_max: Positive = Field(10, description="commands or queries in one go")
    document_equal_siblings_max: Positive = Field(
        30, description="selections of one field in one place: each is compared with each"
    )
    cost_max: Positive = Field(5_000, description="by page size, told in extensions.cost")
    subscription_cost_max: Positive = Field(
        500, description="of one event of a live subscription, as extensions.cost counts"
    )
    subscriptions_cost_per_user_max: Positive = Field(
        5_000, description="of all live subscriptions of a user, over all sockets"
    )
    operation_timeout_seconds: Seconds = Field(
        30.0, description="a query that takes longer is given up; a write is always finished"
    )

    # Limits of connections
    header_bytes_max: Positive = Field(
        65_536, description="a request's line and headers, and what else is not its body"
    )
    header_fields_max: Positive = Field(100, description="of a request, trailers included")
    request_seconds: Seconds = Field(
        15.0, description="for a request's headers and body together, from its first byte"
    )
    keep_alive_seconds: WholeSeconds = Field(5, description="an HTTP connection between requests")
    connections_max: Positive = Field(
        20_000, description="in all, and never more than files can be opened; others get 503"
    )
    silent_connections_per_address_max: Positive = Field(
        4_096, description="of one address, on which no whole request has come yet"
    )
    anonymous_sockets_max: Positive = Field(
        1_000, description="sockets without a session, in all; others are closed with 1013"
    )
    anonymous_sockets_per_address_max: Positive = Field(
        100, description="sockets without a session of one address"
    )
    anonymous_socket_seconds: Seconds = Field(
        60.0, description="a socket without a session is closed with 4403 after so long"
    )

    # Limits of one socket
    init_timeout_seconds: Seconds = Field(10.0, description="from open to connection_init")
    heartbeat_seconds: Seconds = Field(25.0, description="between the server's pings")
    operations_per_socket_max: Positive = Field(
        50, description="subscriptions and queries at once; more are refused"
    )
    sockets_per_user_max: Positive = Field(10, description="tabs and programs of one person")
    outbox_bytes_max: Positive = Field(262_144, description="what may wait for a slow reader")
    slow_reader_seconds: Seconds = Field(
        10.0, description="a socket that takes nothing for so long is closed with 1013"
    )
    idle_disconnect_minutes: Minutes = Field(
        30, description="a socket without an operation for so long is closed with 1000"
    )
    session_grace_seconds: Seconds = Field(
        25.0, description="from a session's expiry on an open socket to its close with 4403"
    )
    drain_seconds: Seconds = Field(10.0, description="over which SIGTERM spreads the closing")

    # Waiting for the database. With these others go on within ten seconds when a process is
    # stopped in the middle of a write, and so long a line that is dead without a word costs.
    write_statement_seconds: Seconds = Field(
        4.0,
        description="PostgreSQL: a statement of a write, or its wait for a write of another "
        "process, that takes longer is given up; a transaction is cut to about 0.1 s of work",
    )
    write_idle_seconds: Seconds = Field(
        3.0,
        description="PostgreSQL: a write whose process does nothing for so long (it is stopped) "
        "is rolled back by the server, so that the others can write",
    )
    read_statement_seconds: Seconds = Field(
        8.0,
        description="PostgreSQL: an ordinary read that takes longer is given up, and so is "
        "waiting for a free connection",
    )
    scan_statement_seconds: Seconds = Field(
        120.0,
        description="PostgreSQL: the same for long reads: ledger checks, exports, total counts",
    )
    database_connect_seconds: Seconds = Field(4.0, description="PostgreSQL: for a new connection")
    write_repeat_seconds: Seconds = Field(
        5.0,
        description="while the database is away, what was certainly not committed is tried again "
        "for so long; then it is UNAVAILABLE",
    )
    commit_doubt_seconds: Seconds = Field(
        12.0,
        description="for so long is asked what became of a commit that was not answered; then "
        "its callers are told that it is not known",
    )

    # Metrics
    metrics_token: str = Field(
        "",
        description="what /metrics asks for as a bearer token; without it anybody may read them "
        "in development, and nobody in production",
    )

    # Delivery
    ring_bytes_max: Positive = Field(16_777_216, description="recent events kept in memory")
    kept_answers_bytes_max: Amount = Field(
        16_777_216,
        description="answers of queries kept in memory until an event changes them; 0: none is",
    )

    # Presence
    presence_entries_max: Positive = Field(
        20_000, description="people at items, of all processes, in memory; more are refused"
    )

    # Rate limits
    rate_limit: Literal["on", "off"] = Field("on", description="off for benchmarks")
    rate_operations_per_second: Positive = Field(
        200, description="per user, or per address without a session; five seconds' worth at once"
    )
    rate_users_per_address: Positive = Field(
        3,
        description="what all users of one address may do together, in budgets of one user; more "
        "where many people sit behind one address, or behind a proxy that does not tell theirs",
    )
    rate_work_per_second: Positive = Field(
        10_000,
        description="the work of those operations: cost, and a new document by its size; "
        "five seconds' worth at once",
    )

    @field_validator("frontend_url", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("frontend_url")
    @classmethod
    def _origins_are_whole(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        normal = [normal_origin(origin) for origin in value]
        for given, origin in zip(value, normal, strict=True):
            if origin is None:
                raise ValueError(
                    f"{given!r} is no origin: give the scheme and the host, and no path, like "
                    "https://shop.example.com or http://localhost:5173"
                )
        return tuple(dict.fromkeys(origin for origin in normal if origin is not None))

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        return zone_of(value).key

    @field_validator("currency")
    @classmethod
    def _currency_is_known(cls, value: str) -> str:
        return checked_currency(value)

    @field_validator("vapid_private_key")
    @classmethod
    def _key_has_32_bytes(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{43}=?", value):
            raise ValueError("VAPID_PRIVATE_KEY must be 32 bytes as base64url")
        return value

    @field_validator("vapid_subject")
    @classmethod
    def _subject_can_be_reached(cls, value: str) -> str:
        if value and not is_contact(value):
            raise ValueError(
                "VAPID_SUBJECT must be mailto:NAME@HOST.DOMAIN or https://HOST.DOMAIN, no port"
            )
        return value

    @model_validator(mode="after")
    def _secret_is_long_enough(self) -> Settings:
        given = self.jwt_secret
        if not given and self.environment == "development":
            return self
        if len(given.encode()) < JWT_SECRET_BYTES_MIN:
            raise ValueError(
                f"JWT_SECRET must have at least {JWT_SECRET_BYTES_MIN} bytes "
                "(python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one)"
            )
        return self

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def has_graphiql(self) -> bool:
        return self.graphiql == "on" or (self.graphiql == "auto" and not self.is_production)

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file of this machine, which `serve` may migrate itself."""
        return self.database_url.startswith("sqlite:")


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment. Raises ConfigurationError with one line for each fault."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        lines = [_one_line(fault) for fault in error.errors()]
        raise ConfigurationError("; ".join(lines)) from None


def _one_line(fault: object) -> str:
    assert isinstance(fault, dict)
    name = ".".join(str(part).upper() for part in fault["loc"])
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


def is_contact(text: str) -> bool:
    """Whether Web Push services take `text` as whom they may write to."""
    return _CONTACT.fullmatch(text) is not None


def misspelt(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that nobody reads and that look like a setting → the setting they look like."""
    known = [name.upper() for name in Settings.model_fields]
    found = {}
    for name in environment:
        if name.upper() in known or name.upper() in NEIGHBOURS:
            continue
        close = get_close_matches(name.upper(), known, 1, LIKENESS_MIN)
        if close:
            found[name] = close[0]
    return found


def new_secret() -> str:
    """A signing secret for a development server that was given none."""
    return secrets.token_urlsafe(48)
