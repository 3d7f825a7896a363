"""Notifications and Web Push, as process.py takes them in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from graphql_api.alerts.rules import Severity
from graphql_api.imports.running import ImportRunner
from graphql_api.notifications.alert_notices import AlertNotices
from graphql_api.notifications.choices import Choices
from graphql_api.notifications.facts import ALERT_IDS
from graphql_api.notifications.import_notices import ImportNotices
from graphql_api.notifications.job_watch import JobWatch
from graphql_api.notifications.notifications import Notifications
from graphql_api.notifications.push import Push, forget_ended
from graphql_api.notifications.push_deliveries import PushDeliveries
from graphql_api.notifications.retention import NotificationRetention
from graphql_api.notifications.sending import FACTS, sample_notification
from graphql_api.notifications.server_runs import SIGN_OF_LIFE_MINUTES, ServerRuns
from graphql_api.operations.broadcast import BroadcastKind
from graphql_api.operations.scheduler import Job
from graphql_api.operations.supervision import close_safely
from graphql_api.services import Listening, Living, Noun, Reactor, Services, Tidy
from graphql_api.settings import Settings


def _use_cases(services: Services) -> None:
    notifications = services.add(Notifications(services.reading, services.writer))
    services.add(Choices(services.reading, services.writer))
    services.add(JobWatch(notifications))
    threshold = Severity[services.settings.notify_alert_severity]
    services.of(ImportRunner).ended = ImportNotices(services.writer, threshold).tell
    services.add(ServerRuns(services.writer))
    services.add(Push(services.reading, services.writer, services.clock, services.settings))


def _reactors(settings: Settings) -> Iterable[Reactor]:
    return [AlertNotices(Severity[settings.notify_alert_severity]).react, forget_ended]


def _listening(services: Services) -> Iterable[Listening]:
    return [Listening(lambda _: None, replaced=services.of(Push).begin_anew)]


def _jobs(services: Services) -> Iterable[Job]:
    runs = services.of(ServerRuns)
    return [Job("sign of life", SIGN_OF_LIFE_MINUTES, runs.live, everywhere=True)]


def _tidying(services: Services) -> Iterable[Tidy]:
    days = services.settings.notification_retention_days
    retention = NotificationRetention(services.writer, services.clock, days)
    return [retention.run, services.of(Push).tidy]


@asynccontextmanager
async def _deliveries(services: Services) -> AsyncIterator[Iterable[asyncio.Task[None]]]:
    deliveries = PushDeliveries(
        services.of(Push),
        services.scanning,
        services.writer,
        services.log,
        services.hub,
        services.clock,
    )
    deliveries.start()
    try:
        yield deliveries.tasks
    finally:
        await close_safely("push deliveries", deliveries.close)


@asynccontextmanager
async def _run(services: Services) -> AsyncIterator[Iterable[asyncio.Task[None]]]:
    """That this server runs, and how it ended, is told to ADMIN."""
    runs = services.of(ServerRuns)
    await runs.start()
    try:
        yield ()
    finally:
        await close_safely("sign of life", runs.stop)


def _serving(services: Services) -> Iterable[Living]:
    return [_deliveries(services), _run(services)]


NOUN = Noun(
    name="notifications",
    facts=FACTS,
    kinds=(ALERT_IDS,),
    use_cases=_use_cases,
    reactors=_reactors,
    listening=_listening,
    jobs=_jobs,
    tidying=_tidying,
    serving=_serving,
    samples={BroadcastKind.NOTIFICATION: sample_notification},
)
