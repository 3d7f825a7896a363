"""Scheduled jobs, by APScheduler, in each process; each due run is taken by one of them.

A run is taken by a row for (job, due time), whose key is unique. Jobs compare and repair, so
that even a run done twice has the effect of a run done once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from graphql_api.clock import DAY_US, MINUTE_US, SECOND_US, Clock
from graphql_api.database.writer import Transaction, Writer, single
from graphql_api.errors import Unavailable, log_fault

logger = logging.getLogger(__name__)

LOOK_S = 1.0  # how often is looked whether the scheduler still runs
JOB_S_MAX = 1_800  # a job that hangs would never run again: one run of it at a time


class SchedulerStopped(Exception):
    """The scheduler has lost its timer, or a job."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every `minutes`. `everywhere`: each process does it for itself."""

    name: str
    minutes: int
    work: Callable[[], Awaitable[object]]
    everywhere: bool = False


# Called after each run of a job in this process; the error that ended it, or None.
Ended = Callable[[Job, Exception | None], Awaitable[None]]


async def _nobody_asked(_job: Job, _error: Exception | None) -> None:
    """Nobody wants to know how runs end."""


@dataclass(frozen=True, slots=True)
class _Take:
    run: str
    now_us: int


class Scheduler:
    """Runs jobs. `start` it once the writer runs; `close` waits for nothing."""

    def __init__(
        self, writer: Writer[Any], clock: Clock, jobs: list[Job], ended: Ended = _nobody_asked
    ) -> None:
        """ended: told of each run; a fault in it is logged."""
        self._ended = ended
        self._writer = writer
        self._clock = clock
        self._jobs = jobs
        self._take = single(self._take_one)
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self.tasks: list[asyncio.Task[None]] = []  # while it runs

    def start(self) -> None:
        for job in self._jobs:
            self._scheduler.add_job(
                self.run,
                "interval",
                [job],
                id=job.name,
                minutes=job.minutes,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=60,
            )
        self._scheduler.start()
        self.tasks = [asyncio.create_task(self._watch(), name="scheduler")]

    async def _watch(self) -> None:
        """Ends when the scheduler has: by itself it would only fall silent."""
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._is_alive():
                raise SchedulerStopped("no job is going to run any more")

    def _is_alive(self) -> bool:
        """Whether it will wake up for every job. Its timer is APScheduler's own, which no public
        name shows; due times tell nothing, since the machine's clock may have been set."""
        timer = getattr(self._scheduler, "_timeout", None)
        return (
            bool(self._scheduler.running)
            and timer is not None
            and not timer.cancelled()
            and len(self._scheduler.get_jobs()) == len(self._jobs)
        )

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.tasks = []
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def run(self, job: Job) -> bool:
        """Do `job` if its run that is due now was not taken yet; whether it was done."""
        try:
            if not job.everywhere and not await self._is_ours(job):
                return False
            async with asyncio.timeout(JOB_S_MAX):
                await job.work()
        except Unavailable as away:
            # The database is away, or was while this process was stopped: nothing to trace.
            words = "the scheduled job %s was not done: %s It runs again when next due"
            logger.warning(words, job.name, away.message)
            await self._tell_ended(job, away)
            return False
        except Exception as error:
            logger.exception("the scheduled job %s failed; it runs again when next due", job.name)
            await self._tell_ended(job, error)
            return False
        await self._tell_ended(job, None)
        return True

    async def _tell_ended(self, job: Job, error: Exception | None) -> None:
        try:
            await self._ended(job, error)
        except Exception as error:
            log_fault(logger, error, "how the scheduled job %s ended could not be told", job.name)

    async def _is_ours(self, job: Job) -> bool:
        now_us = self._clock.now_us()
        interval_us = job.minutes * MINUTE_US
        due_s = now_us // interval_us * interval_us // SECOND_US
        taken: bool = await self._writer.submit(self._take, _Take(f"{job.name}@{due_s}", now_us))
        return taken

    async def _take_one(self, transaction: Transaction[Any], command: _Take) -> bool:
        connection = transaction.connection
        await connection.change(
            "DELETE FROM job_run WHERE taken_at < ?", command.now_us - 2 * DAY_US
        )
        row = await connection.row("SELECT run FROM job_run WHERE run = ?", command.run)
        if row is not None:
            return False
        await connection.change(
            "INSERT INTO job_run (run, taken_at) VALUES (?, ?)", command.run, command.now_us
        )
        return True
