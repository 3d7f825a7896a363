"""Users and their sessions, as process.py takes them in."""

from __future__ import annotations

from collections.abc import Iterable

from graphql_api.accounts.failures import Failures
from graphql_api.accounts.passwords import Passwords
from graphql_api.accounts.retention import DAYS, RefreshTokenRetention, SessionRetention
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.tokens import Tokens
from graphql_api.accounts.users import FACTS, Users
from graphql_api.services import Listening, Noun, Services, Tidy


def _use_cases(services: Services) -> None:
    settings, clock = services.settings, services.clock
    passwords = Passwords()
    failures = services.add(Failures(services.counters.access_failures, clock))
    tokens = Tokens(settings.jwt_secret, settings.jwt_issuer, settings.access_token_minutes, clock)
    services.add(Users(services.reading, services.writer, passwords))
    services.add(
        Sessions(
            services.reading,
            services.writer,
            passwords,
            tokens,
            clock,
            settings.refresh_token_days,
            failures,
        )
    )


def _listening(services: Services) -> Iterable[Listening]:
    standings = services.of(Sessions).standings
    return [Listening(standings.heed, failed=standings.forget, replaced=standings.forget)]


def _tidying(services: Services) -> Iterable[Tidy]:
    writer, clock = services.writer, services.clock
    return [
        SessionRetention(writer, clock, DAYS).run,
        RefreshTokenRetention(writer, clock, services.settings.refresh_token_days).run,
    ]


NOUN = Noun(
    name="accounts",
    facts=FACTS,
    use_cases=_use_cases,
    listening=_listening,
    tidying=_tidying,
)
