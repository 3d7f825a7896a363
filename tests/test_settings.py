"""Settings: their defaults, where they come from, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from graphql_api.errors import ConfigurationError
from graphql_api.settings import Settings, misspelt, new_secret, read_settings

SECRET = "x" * 32


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_first_run_needs_no_setting_at_all() -> None:
    settings = read_settings()
    assert settings.environment == "development"
    assert not settings.is_production
    assert settings.is_embedded
    assert settings.jwt_secret == ""


def test_the_promised_limits_are_the_defaults() -> None:
    settings = read_settings()
    assert settings.body_bytes_max == 64 * 1024
    assert settings.document_characters_max == 15_000
    assert settings.document_tokens_max == 1_000
    assert settings.document_depth_max == 10
    assert settings.document_aliases_max == 15
    assert settings.document_directives_max == 20
    assert settings.document_fragments_max == 20
    assert settings.document_root_fields_max == 10
    assert settings.cost_max == 5_000
    assert settings.init_timeout_seconds == 10
    assert settings.operations_per_socket_max == 50
    assert settings.sockets_per_user_max == 10
    assert settings.outbox_bytes_max == 256 * 1024
    assert settings.access_token_minutes == 10
    assert settings.refresh_token_days == 30
    assert settings.alert_check_interval_minutes == 2
    assert settings.monitoring_interval_minutes == 5


def test_a_setting_is_read_from_the_environment_variable_of_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MONITORING_INTERVAL_MINUTES", "7")
    monkeypatch.setenv("RATE_LIMIT", "off")
    settings = read_settings()
    assert settings.monitoring_interval_minutes == 7
    assert settings.rate_limit == "off"


def test_what_is_given_by_hand_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COST_MAX", "7")
    assert read_settings(cost_max=9).cost_max == 9


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_production_without_a_long_enough_secret_is_refused_in_one_line(secret: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_settings(environment="production", jwt_secret=secret)
    message = str(refused.value)
    assert "JWT_SECRET must have at least 32 bytes" in message
    assert "\n" not in message


def test_production_with_a_long_enough_secret_starts() -> None:
    assert read_settings(environment="production", jwt_secret=SECRET).is_production


def test_a_secret_is_measured_in_bytes() -> None:
    assert read_settings(environment="production", jwt_secret="ü" * 16).is_production


def test_development_refuses_a_short_secret_that_was_given() -> None:
    with pytest.raises(ConfigurationError, match="JWT_SECRET"):
        read_settings(jwt_secret="short")


def test_a_refused_secret_is_not_told() -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_settings(environment="production", jwt_secret="hunter2")
    assert "hunter2" not in str(refused.value)


def test_every_fault_is_named_in_one_line_with_its_variable() -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_settings(cost_max=0, environment="staging", heartbeat_seconds="soon")
    message = str(refused.value)
    assert "\n" not in message
    for name in ("COST_MAX", "ENVIRONMENT", "HEARTBEAT_SECONDS"):
        assert f"{name}: " in message


@pytest.mark.parametrize("value", [0, -1])
def test_limits_and_durations_are_positive(value: int) -> None:
    for name in ("ring_bytes_max", "drain_seconds", "event_retention_days"):
        with pytest.raises(ConfigurationError, match=name.upper()):
            read_settings(**{name: value})


NUMBERS = {
    name: setting.annotation
    for name, setting in Settings.model_fields.items()
    if setting.annotation in (int, float)
}


@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_is_larger_than_databases_timers_and_json_hold(name: str) -> None:
    """REFRESH_TOKEN_DAYS=99999999999 was taken, and each login then was a fault of the server."""
    for value in ("inf", "nan", "1e308", "9" * 20):
        with pytest.raises(ConfigurationError, match=f"^{name.upper()}: "):
            read_settings(**{name: value})


@pytest.mark.parametrize("store", ["ftp://host/folder", "gs://bucket", "S3://bucket", "file:///x"])
def test_a_store_of_attachments_that_is_no_folder_and_no_bucket_is_refused(store: str) -> None:
    """It was taken for the name of a folder: ftp:, here."""
    with pytest.raises(ConfigurationError, match="neither a folder nor"):
        read_settings(attachments_store=store)


def test_origins_are_a_comma_separated_list_without_trailing_slashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FRONTEND_URL", "https://a.example/, http://b.example:3000 ,,")
    assert read_settings().frontend_url == ("https://a.example", "http://b.example:3000")


def test_no_origin_is_an_empty_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTEND_URL", "")
    assert read_settings().frontend_url == ()


def test_variables_of_other_programs_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_SUCH_SETTING", "1")
    read_settings()


def test_settings_cannot_be_changed_once_read() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError):
        settings.cost_max = 1  # type: ignore[misc]  # the point of the test


def test_only_a_file_counts_as_embedded() -> None:
    assert read_settings(database_url="sqlite://x.sqlite3").is_embedded
    assert not read_settings(database_url="postgres://x@y/z").is_embedded


def test_made_secrets_are_long_enough_and_differ() -> None:
    assert len(new_secret().encode()) >= 32
    assert new_secret() != new_secret()


@pytest.mark.parametrize(
    "origin",
    [
        "shop.example.com",
        "shop.example.com:5173",
        "localhost:5173",
        "ftp://shop.example.com",
        "https://",
        "https://shop.example.com/app",
        "https://shop.example.com?a=1",
        "https://shop.example.com#top",
        "https://me@shop.example.com",
        "https://shop.example.com:many",
        "https://*.example.com",
        "*",
        "//shop.example.com",
        "https://shop.example.com:0",
        "https://shop.example.com?",
        "https://[::1",
        "https://[shop]",
        "https://" + "x" * 400,
    ],
)
def test_a_frontend_url_that_no_browser_sends_as_an_origin_is_refused(origin: str) -> None:
    """It was taken, and then no page was let in."""
    with pytest.raises(ConfigurationError, match="FRONTEND_URL") as refused:
        read_settings(frontend_url=f"https://other.example.com,{origin}")
    assert repr(origin.rstrip("/")) in str(refused.value)


@pytest.mark.parametrize(
    ("spelt", "origin"),
    [
        ("https://Shop.Example.com", "https://shop.example.com"),
        ("HTTPS://shop.example.com", "https://shop.example.com"),
        ("https://shop.example.com:443/", "https://shop.example.com"),
        ("http://shop.example.com:80", "http://shop.example.com"),
        ("http://shop.example.com:443", "http://shop.example.com:443"),
        ("https://shop.example.com:8443//", "https://shop.example.com:8443"),
        ("https://shop.example.com:0443", "https://shop.example.com"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"),
        ("http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080"),
        ("http://[2001:DB8::A]", "http://[2001:db8::a]"),
    ],
)
def test_an_origin_is_kept_as_browsers_spell_it(spelt: str, origin: str) -> None:
    """A page of https://shop.example.com was refused where the setting had a capital or :443."""
    both = read_settings(frontend_url=f"{spelt},{origin}")
    assert both.frontend_url == (origin,)


@pytest.mark.parametrize(
    "origin", ["http://localhost:5173", "https://shop.example.com/", "http://[::1]:8080"]
)
def test_an_origin_is_taken_also_with_a_slash_at_its_end(origin: str) -> None:
    assert read_settings(frontend_url=origin).frontend_url == (origin.rstrip("/"),)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HEARTBEAT_SECOND", "HEARTBEAT_SECONDS"),
        ("DATABSE_URL", "DATABASE_URL"),
        ("JWT_SECRETS", "JWT_SECRET"),
        ("FRONTEND_URLS", "FRONTEND_URL"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("ENVIROMENT", "ENVIRONMENT"),
        ("RATE_LIMITS", "RATE_LIMIT"),
        ("REDIS_ULR", "REDIS_URL"),
    ],
)
def test_a_variable_that_nearly_is_a_setting_is_told_with_the_one_that_is_meant(
    name: str, meant: str
) -> None:
    assert misspelt({name: "1", meant: "1"}) == {name: meant}


def test_variables_of_others_are_nobodys_business() -> None:
    others = "PATH HOME LANG SHELL USER TERM PYTHONPATH VIRTUAL_ENV TEST_DATABASE_URL PORT HOST "
    others += "REDIS_HOST DATABASE_HOST POSTGRES_PASSWORD DEBUG LOG_FORMAT"
    assert misspelt(dict.fromkeys(others.split(), "1")) == {}
    assert misspelt({name.upper(): "1" for name in Settings.model_fields}) == {}


def test_every_setting_tells_its_reason() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TIME_ZONE", "Berlin", "TIME_ZONE: 'Berlin' is no time zone: give a name of the IANA"),
        ("TIME_ZONE", "", "TIME_ZONE: '' is no time zone"),
        ("TIME_ZONE", "../../etc/passwd", "is no time zone"),
        ("CURRENCY", "eur", "CURRENCY: 'eur' is no currency: give the three capitals of ISO 4217"),
        ("CURRENCY", "EUX", "CURRENCY: 'EUX' is no currency"),
        ("CURRENCY", "x" * 1_000, "CURRENCY: 'xxxxxxxx' is no currency"),
    ],
)
def test_a_time_zone_or_currency_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        read_settings()
    assert words in str(refused.value)


def test_a_business_has_a_time_zone_and_a_currency(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().time_zone, read_settings().currency) == ("UTC", "EUR")
    monkeypatch.setenv("TIME_ZONE", "America/Los_Angeles")
    monkeypatch.setenv("CURRENCY", "USD")
    settings = read_settings()
    assert (settings.time_zone, settings.currency) == ("America/Los_Angeles", "USD")
