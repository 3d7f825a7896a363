"""Nothing dies in silence: a task that ends by itself is told of, and closing is not stopped."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from graphql_api.database.writer import Writer
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.memory import MemoryBroker
from graphql_api.delivery.remote import RemoteBroker
from graphql_api.inventory.figures import Figures
from graphql_api.operations.supervision import Supervision, close_safely
from graphql_api.presence.live import LivePresence
from graphql_api.services import Services
from tests.conftest import OpenServices
from tests.streams import eventually


async def _returns() -> None:
    """Ends by itself."""


async def _raises() -> None:
    raise LookupError("a fault of tests")


async def _waits() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("work", [_returns, _raises])
async def test_a_task_that_ends_by_itself_is_told_with_its_name_and_its_fault(
    work: object, caplog: pytest.LogCaptureFixture
) -> None:
    supervision, told = Supervision(), list[str]()
    supervision.on_failure(told.append)
    supervision.watch([asyncio.create_task(work(), name="part")])  # type: ignore[operator]
    await eventually(lambda: told == ["part"])
    assert supervision.reason == "part"
    (record,) = [r for r in caplog.records if r.levelno == logging.CRITICAL]
    assert "part" in record.getMessage()
    assert bool(record.exc_info and record.exc_info[1]) is (work is _raises)


async def test_a_task_that_something_cancelled_has_ended_too() -> None:
    supervision = Supervision()
    task = asyncio.create_task(_waits(), name="part")
    supervision.watch([task])
    task.cancel()
    await eventually(lambda: supervision.reason == "part")


async def test_only_the_first_failure_is_told_and_a_fault_in_telling_stops_nobody() -> None:
    supervision, told = Supervision(), list[str]()

    def fails(_: str) -> None:
        raise LookupError("a fault of tests")

    supervision.on_failure(fails)
    supervision.on_failure(told.append)
    supervision.fail("first", None)
    supervision.fail("second", None)
    assert (told, supervision.reason) == (["first"], "first")


async def test_what_ends_while_the_process_closes_is_no_failure() -> None:
    supervision = Supervision()
    task = asyncio.create_task(_waits(), name="part")
    supervision.watch([task])
    supervision.close()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)
    assert supervision.reason is None


async def test_a_part_that_fails_hangs_or_was_cancelled_is_left_as_it_is() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    await close_safely("failing", _raises)
    await close_safely("hanging", _waits, 0.01)
    await close_safely("waiting for what was cancelled", cancelled)


async def test_closing_that_is_given_up_itself_ends() -> None:
    task = asyncio.create_task(close_safely("hanging", _waits))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_everything_that_lives_as_long_as_the_process_is_watched(
    services: Services,
) -> None:
    parts = [*services.hub.tasks, *services.of(LivePresence).tasks, *services.writer.tasks]
    assert {task.get_name() for task in parts} == {
        "hub backfill",
        "hub watchdog",
        "presence",
        "writer",
    }
    parts[0].cancel()
    await eventually(lambda: services.supervision.reason == parts[0].get_name())


async def test_services_close_to_their_end_though_their_parts_fail(
    open_again: OpenServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A part whose close raised skipped all that came after it: connections stayed open.
    closed = []
    for part in (Figures, Writer, LivePresence, MemoryBroker, RemoteBroker, Hub):

        async def failing(self: Any, close: Any = part.close) -> None:
            await close(self)
            closed.append(type(self).__name__)
            raise LookupError("a fault of tests")

        monkeypatch.setattr(part, "close", failing)
    async with open_again():
        pass
    assert closed[:3] + closed[4:] == ["Writer", "LivePresence", "Figures", "Hub"]
