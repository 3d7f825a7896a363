"""Kept answers over a hub: when they end, and when nothing kept is told at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from graphql_api.delivery import seen as seen_module
from graphql_api.delivery.counters import Counters
from graphql_api.delivery.dependencies import Dependencies
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.kept_answers import ASKED_MAX, EVENTS_MAX, Kept, KeptAnswers, Read
from graphql_api.delivery.seen import Seen
from graphql_api.events.log import Head, Log
from tests.delivery.test_hub import FakeLog, event_at, running
from tests.streams import eventually

ITEM = 7


class Keeper:
    """Answers that depend on the subject ITEM of the topic "t"."""

    def __init__(self, hub: Hub, log: FakeLog, bytes_max: int = 100_000) -> None:
        self.seen = Seen(hub, cast(Log, log))
        self.answers = KeptAnswers(hub, self.seen, Counters(), bytes_max)
        self.reads = 0

    async def ask(self, key: str = "key") -> bool:
        """Whether the answer was kept."""
        before = self.reads

        async def read(depends: Dependencies) -> Read:
            self.reads += 1
            depends.on_subjects("t", [ITEM])
            return Read(b"answer", is_good=True)

        answer = await self.answers.answer(key, read)
        assert isinstance(answer, Kept) and answer.body == b"answer"
        return self.reads == before


@asynccontextmanager
async def keeping(bytes_max: int = 100_000) -> AsyncIterator[tuple[Hub, FakeLog, Keeper]]:
    log = FakeLog()
    async with running(log) as (hub, _):
        yield hub, log, Keeper(hub, log, bytes_max)


def commit(hub: Hub, log: FakeLog, subject: int | None, count: int = 1) -> None:
    events = log.grow(count)
    for event in events:
        event.subject = subject
    hub.committed(events)


async def test_an_answer_ends_with_an_event_of_what_it_depends_on_alone() -> None:
    async with keeping() as (hub, log, keeper):
        assert not await keeper.ask()
        commit(hub, log, ITEM + 1)
        assert await keeper.ask() and keeper.answers.find("another") is None
        commit(hub, log, ITEM)
        assert not await keeper.ask()


async def test_an_answer_that_is_behind_more_events_than_are_kept_has_ended() -> None:
    async with keeping() as (hub, log, keeper):
        await keeper.ask()
        commit(hub, log, None, 2 * EVENTS_MAX + 1)
        assert not await keeper.ask()
        commit(hub, log, None, EVENTS_MAX)
        assert await keeper.ask()


async def test_an_event_that_comes_while_an_answer_is_read_ends_it() -> None:
    async with keeping() as (hub, log, keeper):

        async def read(depends: Dependencies) -> Read:
            depends.on_subjects("t", [ITEM])
            commit(hub, log, ITEM)
            return Read(b"a mixture", is_good=True)

        await keeper.answers.answer("key", read)
        assert not await keeper.ask()


async def test_nothing_kept_is_told_while_the_log_cannot_be_read_or_is_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with keeping() as (hub, log, keeper):
        await keeper.ask()
        assert keeper.answers.find("key") is not None
        monkeypatch.setattr(seen_module, "CERTAIN_S", -1.0)  # so long it could not be read
        assert keeper.answers.find("key") is None
        monkeypatch.undo()
        assert keeper.answers.find("key") is not None
        log.is_down = True
        hub.doubt()
        assert keeper.answers.find("key") is None


async def test_nothing_kept_is_told_that_is_older_than_what_was_read() -> None:
    async with keeping() as (hub, log, keeper):
        await keeper.ask()
        log.grow()[0].subject = ITEM  # of another process: not heard yet
        assert keeper.answers.find("key") is not None
        await keeper.seen.read_up_to_here()
        assert keeper.answers.find("key") is None
        assert not await keeper.ask()
        log.grow()
        hub.committed(log.grow())  # its own, behind a hole
        assert keeper.answers.find("key") is None


class LookedAt(FakeLog):
    """A log whose head is told when `go_on` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.looks = 0

    async def head(self) -> Head:
        self.looks += 1
        await self.go_on.wait()
        return await super().head()


async def test_those_who_read_while_somebody_looks_at_the_log_share_the_next_look() -> None:
    log = LookedAt()  # the hub has another, so that its own looks are not counted
    async with running(FakeLog()) as (hub, _):
        seen = Seen(hub, cast(Log, log))
        waiting = [asyncio.create_task(seen.read_up_to_here())]
        await eventually(lambda: log.looks == 1)
        log.grow()  # of another process, read by the next ones
        for _ in range(3):  # each begins before the next one comes
            waiting.append(asyncio.create_task(seen.read_up_to_here()))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert log.looks == 1
        log.go_on.set()
        await asyncio.gather(*waiting)
        assert log.looks == 2 and not seen.is_certain


async def test_another_log_ends_all_and_what_is_being_read() -> None:
    async with keeping() as (hub, _, keeper):
        await keeper.ask()

        async def read(depends: Dependencies) -> Read:
            hub.listeners.tell_replaced()
            return Read(b"of the old log", is_good=True)

        await keeper.answers.answer("other", read)
        assert keeper.answers.find("key") is None and keeper.answers.find("other") is None


async def test_the_memory_is_bounded_and_one_answer_takes_a_share_only() -> None:
    async with keeping(10_000) as (_, _, keeper):
        for number in range(50):
            await keeper.ask(f"key {number}")
            assert keeper.answers._counters.kept_bytes <= 10_000

        async def read(_: Dependencies) -> Read:
            return Read(b"x" * 9_000, is_good=True)

        await keeper.answers.answer("large", read)
        assert keeper.answers.find("large") is None and await keeper.ask("key 49")
        assert not Dependencies().end_with(event_at(1, ITEM))


async def test_those_who_waited_for_an_answer_that_is_not_for_others_read_side_by_side() -> None:
    async with keeping() as (_, _, keeper):
        go_on, at_work = asyncio.Event(), 0

        async def read(_: Dependencies) -> Read:
            nonlocal at_work
            at_work += 1
            await go_on.wait()
            return Read(b"with errors", is_good=False)

        first = asyncio.ensure_future(keeper.answers.answer("key", read))
        await eventually(lambda: at_work == 1)
        others = [asyncio.ensure_future(keeper.answers.answer("key", read)) for _ in range(3)]
        go_on.set()
        await first
        go_on.clear()
        await eventually(lambda: at_work == 4)
        go_on.set()
        await asyncio.gather(*others)


def test_what_is_told_again_and_again_counts_once() -> None:
    once, often = Dependencies(), Dependencies()
    once.on("places")
    for _ in range(1_000):
        often.on("places")
    assert often.bytes == once.bytes


async def test_what_was_asked_for_once_is_remembered_for_a_while() -> None:
    async with keeping() as (_, _, keeper):
        asked = keeper.answers.is_asked_again
        assert [asked("key"), asked("key"), asked("other")] == [False, True, False]
        for number in range(ASKED_MAX - 1):
            assert not asked(number)
        assert asked("key"), "the newest of before are known too"
        for number in range(ASKED_MAX, 2 * ASKED_MAX):
            assert not asked(number)
        assert not asked("key")
