"""Scheduled jobs: one of all processes does each due run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.clock import HeldClock
from graphql_api.database.faults import Away, DatabaseAway
from graphql_api.operations import scheduler as scheduler_module
from graphql_api.operations.scheduler import Job, Scheduler, SchedulerStopped
from graphql_api.process import jobs
from graphql_api.services import Services
from tests.builders import make_item
from tests.conftest import OpenServices
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S


class Work:
    """Counts how often it is done; fails while `is_broken`."""

    def __init__(self) -> None:
        self.done = 0
        self.is_broken = False

    async def __call__(self) -> None:
        await asyncio.sleep(0)
        if self.is_broken:
            raise RuntimeError("broken")
        self.done += 1


def job_of(work: Callable[[], Awaitable[object]], **more: bool) -> Job:
    return Job("count", 2, work, **more)


def scheduler_of(services: Services) -> Scheduler:
    return Scheduler(services.writer, services.clock, [])


async def test_two_schedulers_do_one_due_run_once(
    open_again: OpenServices, clock: HeldClock
) -> None:
    work = Work()
    async with open_again() as one, open_again() as other:
        schedulers = [scheduler_of(one), scheduler_of(other), scheduler_of(one)]
        for turn in range(1, 4):
            ran = await asyncio.gather(*(s.run(job_of(work)) for s in schedulers * 2))
            assert ran.count(True) == 1
            assert work.done == turn
            clock.advance(120)


async def test_a_run_is_due_again_after_its_interval(services: Services, clock: HeldClock) -> None:
    work, scheduler = Work(), scheduler_of(services)
    ran = []
    for _ in range(8):
        ran.append(await scheduler.run(job_of(work)))
        clock.advance(40)
    assert ran == [True, False, False] * 2 + [True, False]


async def test_jobs_of_different_names_do_not_wait_for_each_other(services: Services) -> None:
    work, scheduler = Work(), scheduler_of(services)
    for name in ("one", "two"):
        assert await scheduler.run(Job(name, 2, work))
    assert work.done == 2


async def test_a_job_for_every_process_is_done_by_each(open_again: OpenServices) -> None:
    work = Work()
    async with open_again() as one, open_again() as other:
        for services in (one, other, one):
            assert await scheduler_of(services).run(job_of(work, everywhere=True))
    assert work.done == 3


async def test_a_job_that_fails_is_logged_and_runs_again_when_next_due(
    services: Services, clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    work, scheduler = Work(), scheduler_of(services)
    work.is_broken = True
    with caplog.at_level(logging.ERROR):
        assert not await scheduler.run(job_of(work))
    assert "job count failed" in caplog.text
    work.is_broken = False
    clock.advance(120)
    assert await scheduler.run(job_of(work))


async def test_a_job_that_finds_the_database_away_is_told_of_without_a_traceback(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that was stopped for a minute woke with a job due and its connection ended: the
    log had a traceback for what is expected."""
    ended: list[Exception | None] = []

    async def away() -> None:
        raise DatabaseAway(Away.LOST, may_pass=True)

    async def note(_: Job, error: Exception | None) -> None:
        ended.append(error)

    scheduler = Scheduler(services.writer, services.clock, [], note)
    with caplog.at_level(logging.WARNING):
        assert not await scheduler.run(job_of(away))
    assert "job count was not done: The connection to the database was lost" in caplog.text
    assert "Traceback" not in caplog.text
    assert [type(error) for error in ended] == [DatabaseAway]


async def test_a_scheduler_after_the_writer_has_closed_does_nothing(services: Services) -> None:
    work = Work()
    await services.writer.close()
    assert not await scheduler_of(services).run(job_of(work))
    assert work.done == 0


async def test_what_was_taken_long_ago_is_forgotten(services: Services, clock: HeldClock) -> None:
    scheduler = scheduler_of(services)
    for _ in range(5):
        await scheduler.run(job_of(Work()))
        clock.advance(86_400)
    rows = await services.database.reading.rows("SELECT run FROM job_run")
    assert len(rows) <= 3


async def test_taking_a_run_leaves_no_event(services: Services) -> None:
    await scheduler_of(services).run(job_of(Work()))
    assert (await services.log.head()).position == 0


async def test_a_started_scheduler_has_each_job_at_its_interval_and_stops(
    services: Services,
) -> None:
    scheduler = Scheduler(services.writer, services.clock, jobs(services))
    scheduler.start()
    planned = {job.id: job.trigger.interval.seconds for job in scheduler._scheduler.get_jobs()}
    assert planned == {"alerts": 120, "sign of life": 60, "monitoring": 300}
    scheduler.close()
    scheduler.close()


async def test_the_servers_own_jobs_repair_remind_and_forget(
    services: Services, clock: HeldClock
) -> None:
    await make_item(services, initial_stock=0, min_stock=1)
    await services.database.writing.change("DELETE FROM alert")
    clock.advance(services.settings.event_retention_days * 86_400 + 1)
    scheduler = scheduler_of(services)
    shared = [job for job in jobs(services) if not job.everywhere]
    for job in shared:
        assert await scheduler.run(job)
    read = await assert_sound(services)
    assert len(read.live_alerts) == 1
    assert (await services.log.head()).floor == 3, "the old events are gone"
    for job in shared:
        assert not await scheduler.run(job), "this run was taken"
    clock.advance(600)
    head = await services.log.head()
    for job in shared:
        assert await scheduler.run(job)
    assert await services.log.head() == head, "twice has the effect of once"


async def test_a_scheduler_that_has_lost_its_timer_or_a_job_ends_and_does_not_fall_silent(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler_module, "LOOK_S", 0.01)
    losses: list[Callable[[Any], object]] = [
        lambda inner: inner._stop_timer(),
        lambda inner: inner.remove_job("count"),
    ]
    for lose in losses:
        scheduler = Scheduler(services.writer, services.clock, [job_of(Work())])
        scheduler.start()
        try:
            await asyncio.sleep(0.05)  # it lives as long as nothing is lost
            assert not scheduler.tasks[0].done()
            lose(scheduler._scheduler)
            await asyncio.wait(scheduler.tasks, timeout=PATIENCE_S)
            assert isinstance(scheduler.tasks[0].exception(), SchedulerStopped)
        finally:
            scheduler.close()
