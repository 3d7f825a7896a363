"""Alerts, as process.py takes them in."""

from __future__ import annotations

from collections.abc import Iterable

from graphql_api.alerts import lifecycle, reactor
from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.listing import AlertListing
from graphql_api.alerts.nesting import note_nesting
from graphql_api.alerts.rules import Basis
from graphql_api.inventory.figures import Figures
from graphql_api.inventory.locations import Locations
from graphql_api.operations.broadcast import BroadcastKind
from graphql_api.operations.scheduler import Job
from graphql_api.services import Noun, Services, Tidy


def _use_cases(services: Services) -> None:
    basis = Basis(services.settings.alerts_by)
    services.add(Alerts(services.writer, services.scanning, basis))
    services.writer.add_reactor(note_nesting(services.of(Locations)))  # after `reactors`, below
    listing = services.add(AlertListing(services.reading, services.scanning))
    services.of(Figures).count_alerts(listing.count_live)


def _jobs(services: Services) -> Iterable[Job]:
    minutes = services.settings.alert_check_interval_minutes
    return [Job("alerts", minutes, services.of(Alerts).check)]


def _tidying(services: Services) -> Iterable[Tidy]:
    return [lambda: services.of(Alerts).wake_up(services.settings.alert_stale_hours)]


NOUN = Noun(
    name="alerts",
    facts=lifecycle.FACTS,
    use_cases=_use_cases,
    reactors=lambda settings: [reactor.reactor(Basis(settings.alerts_by))],
    jobs=_jobs,
    tidying=_tidying,
    samples={BroadcastKind.ALERT: lifecycle.sample_alert},
)
