"""The one task that writes: order, faults, cancellation, closing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from graphql_api.clock import HeldClock
from graphql_api.database import waiting as waiting_module
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import InvalidInput, Unavailable
from graphql_api.events.log import Event, LogTransaction
from graphql_api.services import Services
from tests import campaigns
from tests.builders import make_item, move
from tests.invariants import assert_sound, events_of
from tests.patience import PATIENCE_S
from tests.streams import eventually

TOPIC = "notes"


class Broken(Exception):
    """A fault that no handler expects."""


@dataclass(frozen=True, slots=True)
class Note:
    """A command that leaves one row and one event, and can fail in several ways."""

    code: str
    fails: str = ""


async def write_note(transaction: LogTransaction, note: Note) -> str:
    if note.fails == "at first":
        raise Broken(note.code)
    note_id = transaction.new_id()
    await transaction.connection.change(
        "INSERT INTO location (id, code, code_key, name, created_at) VALUES (?, ?, ?, ?, 0)",
        note_id,
        note.code,
        note.code,
        note.fails,
    )
    transaction.entry.append(
        Event(TOPIC, "NOTED", note_id, audience.EVERYONE, None, {"code": note.code})
    )
    if note.fails == "in the end":
        raise Broken(note.code)
    if note.fails == "refused":
        raise InvalidInput(note.code)
    if note.fails == "in the database":
        await transaction.connection.change("UPDATE location SET code_key = 'main' WHERE id <> 1")
    return note.code


async def write_notes(transaction: LogTransaction, notes: Sequence[Note]) -> list[str]:
    return [await write_note(transaction, note) for note in notes]


one_note = single(write_note)  # each in a savepoint of its own
many_notes = write_notes  # a whole run in one


async def noted(services: Services) -> list[str]:
    """The rows that notes left, in their order; checks that the log has the same ones."""
    rows = await services.database.reading.rows(
        "SELECT code FROM location WHERE id <> 1 ORDER BY id"
    )
    events = [e for e in await events_of(services) if e["topic"] == TOPIC]
    codes = [row[0] for row in rows]
    assert [event["payload"]["code"] for event in events] == codes
    return codes


class Gate:
    """A command that keeps its transaction open until the test lets it go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self.handler = single(self._pass)

    async def _pass(self, transaction: LogTransaction, note: Note) -> str:
        self.reached.set()
        await self.opened.wait()
        return await write_note(transaction, note)


@asynccontextmanager
async def busy(services: Services, code: str = "gate") -> AsyncIterator[Gate]:
    """While the block runs, the writer is in the middle of a transaction."""
    gate = Gate()
    task = asyncio.create_task(services.writer.submit(gate.handler, Note(code)))
    async with asyncio.timeout(PATIENCE_S):
        await gate.reached.wait()
    try:
        yield gate
    finally:
        gate.opened.set()
        await asyncio.gather(task, return_exceptions=True)


async def test_commands_are_carried_out_in_the_order_they_came(services: Services) -> None:
    codes = [f"n{number}" for number in range(300)]
    results = await asyncio.gather(
        *(services.writer.submit(one_note, Note(code)) for code in codes)
    )
    assert results == codes
    assert await noted(services) == codes


async def test_commands_that_wait_share_a_transaction(services: Services) -> None:
    async with busy(services) as gate:
        tasks = [
            asyncio.create_task(services.writer.submit(many_notes, Note(f"n{number}")))
            for number in range(100)
        ]
        await eventually(lambda: services.writer.queue_length == 100)
        before = services.writer.transactions
        gate.opened.set()
        await asyncio.gather(*tasks)
    assert services.writer.transactions == before + 2, "the gate's own, and one for all"


async def test_a_transaction_is_bounded_in_commands_and_in_weight(services: Services) -> None:
    async with busy(services) as gate:
        tasks = [
            asyncio.create_task(services.writer.submit(one_note, Note(f"light {number}")))
            for number in range(waiting_module.COMMANDS_PER_TRANSACTION_MAX + 1)
        ]
        heavy = waiting_module.WEIGHT_PER_TRANSACTION_MAX
        tasks += [
            asyncio.create_task(services.writer.submit(one_note, Note(f"heavy {number}"), heavy))
            for number in range(2)
        ]
        await eventually(lambda: services.writer.queue_length == len(tasks))
        before = services.writer.transactions
        gate.opened.set()
        await asyncio.gather(*tasks)
    assert services.writer.transactions == before + 5, "gate, 128 light, 1 light, heavy, heavy"


FAULTS = ["at first", "in the end", "in the database"]


@pytest.mark.parametrize("is_brief", [False, True], ids=["long", "brief"])
@pytest.mark.parametrize("handler", [one_note, many_notes], ids=["single", "run"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_in_one_command_leaves_its_neighbours_alone(
    services: Services, handler: Any, fault: str, is_brief: bool
) -> None:
    notes = [Note("a"), Note("b"), Note("bad", fault), Note("c"), Note("d")]
    results = await asyncio.gather(
        *(services.writer.submit(handler, note, is_brief=is_brief) for note in notes),
        return_exceptions=True,
    )
    assert isinstance(results.pop(2), IntegrityError if fault == "in the database" else Broken)
    assert results == ["a", "b", "c", "d"]
    assert await noted(services) == ["a", "b", "c", "d"]
    await assert_sound(services)


@pytest.mark.parametrize("is_brief", [False, True], ids=["long", "brief"])
@pytest.mark.parametrize("handler", [one_note, many_notes], ids=["single", "run"])
async def test_a_refused_command_leaves_nothing_behind(
    services: Services, handler: Any, is_brief: bool
) -> None:
    notes = [Note("a"), Note("no", "refused"), Note("b")]
    results = await asyncio.gather(
        *(services.writer.submit(handler, note, is_brief=is_brief) for note in notes),
        return_exceptions=True,
    )
    assert isinstance(results[1], InvalidInput)
    assert await noted(services) == ["a", "b"]
    await assert_sound(services)


async def test_a_fault_in_a_reactor_takes_back_the_command_it_reacted_to(
    services: Services,
) -> None:
    async def react(_: LogTransaction, events: Sequence[Any]) -> None:
        if any(event.payload.get("code") == "poison" for event in events):
            raise Broken

    services.writer.add_reactor(react)
    results = await asyncio.gather(
        *(services.writer.submit(many_notes, Note(code)) for code in ("a", "poison", "b")),
        return_exceptions=True,
    )
    assert isinstance(results[1], Broken)
    assert await noted(services) == ["a", "b"]


async def test_a_reactors_own_events_come_right_after_what_they_react_to(
    services: Services,
) -> None:
    async def react(transaction: LogTransaction, events: Sequence[Any]) -> None:
        for event in events:
            if event.kind == "NOTED":
                transaction.entry.append(
                    Event("echo", "ECHOED", None, audience.EVERYONE, None, event.payload)
                )

    services.writer.add_reactor(react)
    for code in ("a", "b"):
        await services.writer.submit(one_note, Note(code))
    told = [(event["topic"], event["payload"]["code"]) for event in await events_of(services)]
    assert told == [("notes", "a"), ("echo", "a"), ("notes", "b"), ("echo", "b")]


async def test_a_transaction_that_cannot_be_stored_is_tried_again_command_by_command(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = services.log.store

    async def refusing(connection: Any, entry: Any) -> None:
        if any(event.payload.get("code") == "poison" for event in entry.events):
            raise Broken
        await store(connection, entry)

    monkeypatch.setattr(services.log, "store", refusing)
    results = await asyncio.gather(
        *(services.writer.submit(one_note, Note(code)) for code in ("a", "poison", "b")),
        return_exceptions=True,
    )
    assert isinstance(results.pop(1), Broken)
    assert results == ["a", "b"]
    assert await noted(services) == ["a", "b"]
    await assert_sound(services)


@pytest.mark.parametrize("seed", range(3))
async def test_a_storm_of_rollbacks_leaves_no_hole_in_the_log(
    services: Services, seed: int
) -> None:
    chance = campaigns.chance(seed)
    item = await make_item(services, initial_stock=3)
    wanted = []

    async def one(number: int) -> None:
        note = Note(f"n{number}", chance.choice(["", *FAULTS, "refused"]))
        if not note.fails:
            wanted.append(note.code)
        await services.writer.submit(chance.choice([one_note, many_notes]), note)

    await asyncio.gather(
        *(one(number) for number in range(120)),
        *(move(services, item, chance.choice([-2, -1, 1])) for _ in range(60)),
        return_exceptions=True,
    )
    assert await noted(services) == wanted
    await assert_sound(services)


async def test_a_cancelled_caller_loses_and_doubles_nothing(services: Services) -> None:
    tasks = [
        asyncio.create_task(services.writer.submit(one_note, Note(f"n{number}")))
        for number in range(60)
    ]
    for number, task in enumerate(tasks):
        if number % 3 == 0:
            await asyncio.sleep(0)
        if number % 2 == 0:
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert await services.writer.submit(one_note, Note("after")) == "after"
    codes = await noted(services)
    assert len(codes) == len(set(codes))
    for number, result in enumerate(results):
        if not isinstance(result, BaseException):
            assert f"n{number}" in codes
    await assert_sound(services)


async def test_a_caller_cancelled_in_the_middle_of_its_transaction_is_carried_out_whole(
    services: Services,
) -> None:
    gate = Gate()
    task = asyncio.create_task(services.writer.submit(gate.handler, Note("cancelled")))
    async with asyncio.timeout(PATIENCE_S):
        await gate.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.opened.set()
    assert await services.writer.submit(one_note, Note("next")) == "next"
    assert await noted(services) == ["cancelled", "next"]


async def test_many_cancelled_callers_drain_no_connection(services: Services) -> None:
    for number in range(40):
        task = asyncio.create_task(services.writer.submit(one_note, Note(f"n{number}")))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(PATIENCE_S):
        await services.writer.submit(one_note, Note("after"))
    assert await services.database.is_reachable()
    await assert_sound(services)


async def test_a_failing_command_whose_caller_is_gone_troubles_nobody(services: Services) -> None:
    async with busy(services) as gate:
        task = asyncio.create_task(services.writer.submit(one_note, Note("bad", "in the end")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.opened.set()
    assert await services.writer.submit(one_note, Note("next")) == "next"
    assert await noted(services) == ["gate", "next"]


async def test_closing_finishes_what_was_accepted_and_refuses_what_comes_after(
    services: Services,
) -> None:
    async with busy(services) as gate:
        waiting = [
            asyncio.create_task(services.writer.submit(one_note, Note(f"n{number}")))
            for number in range(5)
        ]
        await asyncio.sleep(0)
        closing = asyncio.create_task(services.writer.close())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await services.writer.submit(one_note, Note("late"))
        assert not closing.done()
        gate.opened.set()
        async with asyncio.timeout(PATIENCE_S):
            await closing
    assert await asyncio.gather(*waiting) == [f"n{number}" for number in range(5)]
    with pytest.raises(Unavailable):
        await services.writer.submit(one_note, Note("too late"))
    assert await noted(services) == ["gate", *(f"n{number}" for number in range(5))]


async def test_closing_twice_is_harmless(services: Services) -> None:
    await services.writer.close()
    await services.writer.close()


async def test_more_than_the_queue_holds_is_told_to_come_back(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_module, "QUEUE_MAX", 2)
    async with busy(services) as gate:
        waiting = [
            asyncio.create_task(services.writer.submit(one_note, Note(code))) for code in "ab"
        ]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="waiting"):
            await services.writer.submit(one_note, Note("c"))
        gate.opened.set()
        assert await asyncio.gather(*waiting) == ["a", "b"]
    assert await services.writer.submit(one_note, Note("c")) == "c"


async def test_what_was_committed_has_reached_the_hub_before_its_caller_hears_of_it(
    services: Services,
) -> None:
    for code in ("a", "b"):
        await services.writer.submit(one_note, Note(code))
        assert services.hub.head == await services.log.head()


async def test_a_transaction_that_cannot_be_committed_is_told_to_nobody(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await services.writer.submit(one_note, Note("before"))
    head, told = services.hub.head, list[Any]()
    services.hub.listen(told.extend)
    begin = services.database.transaction

    @asynccontextmanager
    async def torn() -> AsyncIterator[Connection]:
        async with begin() as connection:
            yield connection
            raise Broken  # where the commit would be: it is rolled back

    monkeypatch.setattr(services.database, "transaction", torn)
    with pytest.raises(Broken):
        await services.writer.submit(one_note, Note("lost"))
    assert (told, services.hub.head) == ([], head)
    monkeypatch.undo()
    await services.writer.submit(one_note, Note("after"))
    assert [event.payload["code"] for event in told] == ["after"]
    assert await noted(services) == ["before", "after"]
    await assert_sound(services)


@pytest.mark.parametrize("jump_s", [-3_600, 3_600])
async def test_a_clock_that_jumps_does_not_change_the_order(
    services: Services, clock: HeldClock, jump_s: int
) -> None:
    await services.writer.submit(one_note, Note("before"))
    clock.advance(jump_s)
    await services.writer.submit(one_note, Note("after"))
    clock.advance(1)
    await services.writer.submit(one_note, Note("later"))
    assert await noted(services) == ["before", "after", "later"]
    await assert_sound(services)


async def test_ids_are_given_once_over_all_tables_even_after_rollbacks(services: Services) -> None:
    await asyncio.gather(
        *(services.writer.submit(one_note, Note(f"n{i}", FAULTS[i % 2])) for i in range(4)),
        *(make_item(services, f"SKU-{number}") for number in range(4)),
        return_exceptions=True,
    )
    ids: list[int] = []
    for table in ("item", "location", "movement", "level", "alert"):
        rows = await services.database.reading.rows(f"SELECT id FROM {table}")
        ids += [row[0] for row in rows]
    assert len(ids) == len(set(ids))


async def test_whoever_waits_for_a_writer_that_has_ended_is_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    # They waited for ever, and so did everybody who came after them.
    async def broken(_: object) -> None:
        raise Broken

    monkeypatch.setattr(services.writer, "_settle", broken)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(Unavailable, match="not known whether"):
            await services.writer.submit(one_note, Note("under way"))
        with pytest.raises(Unavailable, match="closing"):
            await services.writer.submit(one_note, Note("after"))
        await eventually(lambda: services.supervision.reason == "writer")


async def test_a_fault_of_who_listens_to_commits_is_not_the_callers(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> None:
        raise Broken

    with monkeypatch.context() as patched:
        patched.setattr(services.writer, "_committed", fails)
        assert await services.writer.submit(one_note, Note("a")) == "a"
    assert await services.writer.submit(one_note, Note("b")) == "b"
    head = await services.log.head()
    await eventually(lambda: services.hub.head == head)  # what it missed is read in the log


async def test_who_comes_within_a_few_rounds_shares_a_transaction(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of 16 callers waited for the commit of the other half, in turn: so a transaction had
    eight commands, and costs as much as ten."""
    monkeypatch.setattr(waiting_module, "GATHERING_S", PATIENCE_S)  # rounds count, on any machine

    async def come(number: int) -> str:
        for _ in range(number // 2):  # two in a round, as requests begin
            await asyncio.sleep(0)
        return str(await services.writer.submit(many_notes, Note(f"note {number}")))

    before = services.writer.transactions
    await asyncio.gather(*(come(number) for number in range(16)))
    assert services.writer.transactions - before == 1


async def test_who_is_alone_is_not_held_up() -> None:
    queue = waiting_module.Queue()
    queue.append(None, None, 1)
    with pytest.raises(StopIteration):
        queue.gathered().send(None)


async def test_callers_who_keep_coming_are_waited_for_until_a_transaction_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting_module, "GATHERING_S", PATIENCE_S)
    queue = waiting_module.Queue()

    async def come() -> None:
        while True:
            queue.append(None, None, 1)
            await asyncio.sleep(0)

    coming = asyncio.create_task(come())
    queue.append(None, None, 1)
    await asyncio.sleep(0)
    await queue.gathered()
    coming.cancel()
    assert len(queue) == waiting_module.COMMANDS_PER_TRANSACTION_MAX


async def test_callers_who_keep_coming_are_waited_for_no_longer_than_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting_module, "GATHERING_S", 0.0)
    queue = waiting_module.Queue()
    for _ in range(2):
        queue.append(None, None, 1)
    with pytest.raises(StopIteration):
        queue.gathered().send(None)
