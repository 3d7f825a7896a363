"""A socket's outbox: at once while the peer reads, in order and bounded while it does not."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.clock import HeldClock
from graphql_api.transport.outbox import Outbox
from tests.campaigns import examples
from tests.patience import PATIENCE_S
from tests.transport.pipes import Pipe, PipeLine, settle

BOUND = 100


class Freed:
    """Counts how often the outbox told that it is free."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def made(pipe: Any, bound: int = BOUND, clock: HeldClock | None = None) -> tuple[Outbox, Freed]:
    freed = Freed()
    return Outbox(pipe, bound, clock or HeldClock(), freed), freed


async def parked(bound: int = BOUND) -> tuple[Outbox, Pipe, Freed]:
    """An outbox whose peer does not read; the text "first" is in its hands."""
    pipe = Pipe(0)
    outbox, freed = made(pipe, bound)
    assert outbox.put("first")
    assert outbox.parked and pipe.sent == []
    return outbox, pipe, freed


async def test_while_the_peer_reads_a_text_is_written_at_once_without_a_task() -> None:
    pipe = Pipe()
    outbox, freed = made(pipe)
    tasks = asyncio.all_tasks()
    for number in range(100):
        assert outbox.put(f"text {number}")
        assert pipe.sent[-1] == f"text {number}"
    outbox.put_anyway("anyway")
    assert pipe.sent[-1] == "anyway"
    assert asyncio.all_tasks() == tasks
    assert (outbox.parked, outbox.bytes_waiting, outbox.waiting, freed.times) == (False, 0, None, 0)


async def test_a_text_over_the_bound_is_written_while_nothing_waits() -> None:
    pipe = Pipe()
    outbox, _ = made(pipe)
    assert outbox.put("x" * (BOUND + 1))
    assert len(pipe.sent) == 1


async def test_what_comes_while_the_peer_does_not_read_follows_in_order() -> None:
    outbox, pipe, freed = await parked()
    for text in ("second", "third"):
        assert outbox.put(text)
    outbox.put_anyway("fourth")
    await settle()
    assert pipe.sent == []
    assert outbox.bytes_waiting == len("second" + "third" + "fourth")
    pipe.flow()
    await settle()
    assert pipe.sent == ["first", "second", "third", "fourth"]
    assert (outbox.parked, outbox.bytes_waiting, freed.times) == (False, 0, 1)
    assert outbox.put("fifth")
    assert pipe.sent[-1] == "fifth"


async def test_a_peer_that_stalls_again_and_again_gets_all_of_it_in_order() -> None:
    outbox, pipe, freed = await parked()
    for number in range(6):
        assert outbox.put(f"{number}")
    for taken in range(1, 7):
        pipe.take(1)
        await settle()
        assert len(pipe.sent) == taken and outbox.parked and freed.times == 0
    pipe.take(1)
    await settle()
    assert pipe.sent == ["first", *"012345"]
    assert not outbox.parked and freed.times == 1


async def test_nothing_beyond_the_bound_is_taken_and_exactly_the_bound_is() -> None:
    outbox, pipe, _ = await parked()
    assert outbox.put("x" * 60)
    assert not outbox.put("y" * 41)
    assert not outbox.is_full
    assert outbox.put("z" * 40)
    assert outbox.is_full
    assert not outbox.put("-")
    pipe.flow()
    await settle()
    assert pipe.sent == ["first", "x" * 60, "z" * 40]


async def test_the_bound_counts_bytes_not_characters() -> None:
    # It counted characters: names in most of the world's scripts passed at a third of their size.
    outbox, pipe, _ = await parked()
    assert not outbox.put("語" * 34)
    assert outbox.put("語" * 33)
    assert outbox.bytes_waiting == 99
    pipe.flow()
    await settle()
    assert outbox.bytes_waiting == 0


async def test_a_text_of_the_conversation_itself_is_taken_whatever_waits() -> None:
    outbox, pipe, _ = await parked()
    assert outbox.put("x" * BOUND)
    outbox.put_anyway("pong")
    assert outbox.bytes_waiting == BOUND + 4
    pipe.flow()
    await settle()
    assert pipe.sent[-1] == "pong"


async def test_room_waits_until_less_than_the_bound_waits_and_free_until_nothing_does() -> None:
    outbox, pipe, _ = await parked()
    assert outbox.put("x" * 50) and outbox.put("y" * 50)
    room = asyncio.create_task(outbox.room())
    free = asyncio.create_task(outbox.free())
    await settle()
    pipe.take(1)  # "first", which does not count as waiting
    await settle()
    assert (room.done(), free.done()) == (False, False)
    pipe.take(1)
    await settle()
    assert (room.done(), free.done()) == (True, False)
    pipe.take(1)
    await settle()
    assert free.done()


async def test_room_and_free_do_not_wait_when_nothing_waits() -> None:
    outbox, _ = made(Pipe())
    async with asyncio.timeout(PATIENCE_S):
        await outbox.room()
        await outbox.free()


async def test_who_waits_for_room_and_is_cancelled_does_not_disturb_the_others() -> None:
    outbox, pipe, _ = await parked()
    assert outbox.put("x" * BOUND)
    waiting = [asyncio.create_task(outbox.room()) for _ in range(3)]
    await settle()
    waiting[0].cancel()
    waiting[2].cancel()
    await settle()
    pipe.flow()
    async with asyncio.timeout(PATIENCE_S):
        await waiting[1]
    assert waiting[0].cancelled() and waiting[2].cancelled()
    assert len(pipe.sent) == 2


async def test_a_peer_that_was_gone_already_closes_the_outbox_quietly() -> None:
    pipe = Pipe()
    pipe.break_off()
    outbox, freed = made(pipe)
    assert outbox.put("lost")
    assert outbox.closed and not outbox.parked
    assert outbox.put("more")  # taken, and nobody will read it
    outbox.put_anyway("more")
    await settle()
    assert pipe.sent == [] and freed.times == 0


async def test_a_peer_that_goes_while_texts_wait_wakes_who_waits_and_frees_nobody() -> None:
    outbox, pipe, freed = await parked()
    assert outbox.put("x" * BOUND)
    waiting = [asyncio.create_task(outbox.room()), asyncio.create_task(outbox.free())]
    await settle()
    pipe.break_off()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*waiting)
    assert outbox.closed and not outbox.parked
    assert pipe.sent == [] and freed.times == 0


async def test_a_peer_that_goes_after_some_texts_wakes_who_waits() -> None:
    outbox, pipe, freed = await parked()
    assert outbox.put("x") and outbox.put("y")
    free = asyncio.create_task(outbox.free())
    pipe.take(1)
    await settle()
    pipe.break_off()
    async with asyncio.timeout(PATIENCE_S):
        await free
    assert pipe.sent == ["first"] and outbox.closed and freed.times == 0


async def test_closing_wakes_who_waits_and_lets_the_servers_send_go() -> None:
    outbox, pipe, freed = await parked()
    assert outbox.put("x" * BOUND)
    waiting = [asyncio.create_task(outbox.room()), asyncio.create_task(outbox.free())]
    await settle()
    outbox.close()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*waiting)
    await settle()
    assert (pipe.waiting, pipe.let_go) == (0, 1)
    pipe.flow()
    await settle()
    assert pipe.sent == [] and freed.times == 0
    assert (outbox.bytes_waiting, outbox.waiting) == (0, None)
    assert outbox.put("more") and pipe.sent == []


async def test_closing_before_the_waiting_task_has_had_its_first_turn_lets_go_too() -> None:
    outbox, pipe, freed = await parked()
    outbox.close()
    await settle()
    pipe.flow()
    await settle()
    assert pipe.sent == [] and pipe.waiting == 0 and freed.times == 0


async def test_closing_twice_or_at_rest_is_harmless() -> None:
    outbox, _ = made(Pipe())
    outbox.close()
    outbox.close()
    assert outbox.closed


@pytest.mark.parametrize("turns", [1, 2, 5])
async def test_a_send_that_only_gives_way_is_driven_to_its_end(turns: int) -> None:
    sent: list[str] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        sent.append(message["text"])

    outbox, freed = made(send)
    for text in "abc":
        assert outbox.put(text)
    await settle(30)
    assert sent == ["a", "b", "c"]
    assert freed.times == 1


async def test_a_send_whose_wait_fails_hears_of_it_as_if_it_had_been_awaited() -> None:
    reasons: list[BaseException] = []
    loop = asyncio.get_running_loop()
    awaited: asyncio.Future[None] = loop.create_future()
    sent: list[str] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        try:
            await awaited
        except ValueError as error:
            reasons.append(error)
        sent.append(message["text"])

    outbox, freed = made(send)
    assert outbox.put("a")
    error = ValueError("no")
    awaited.set_exception(error)
    await settle()
    assert reasons == [error] and sent == ["a"] and freed.times == 1


async def test_progress_is_the_moment_of_the_last_text_that_was_taken() -> None:
    clock, pipe = HeldClock(), Pipe(0)
    outbox, _ = made(pipe, clock=clock)
    clock.advance(5)
    assert outbox.put("a") and outbox.put("b")
    assert outbox.progress_s == 5
    clock.advance(3)
    pipe.take(1)
    await settle()
    assert outbox.parked and outbox.progress_s == 8
    clock.advance(4)
    await settle()
    assert outbox.progress_s == 8


async def test_one_that_is_told_of_freedom_may_write_and_be_stalled_again() -> None:
    pipe = Pipe(0)
    written: list[str] = []

    def freed() -> None:
        if len(written) < 3:
            pipe.stall()
            written.append(f"again {len(written)}")
            assert outbox.put(written[-1])

    outbox = Outbox(pipe, BOUND, HeldClock(), freed)
    assert outbox.put("first")
    for _ in range(4):
        pipe.flow()
        await settle()
    assert pipe.sent == ["first", *written]
    assert not outbox.parked


async def test_texts_take_the_line_while_it_is_open_and_keep_their_place_when_it_is_not() -> None:
    pipe = Pipe()
    line = PipeLine(pipe)
    outbox = Outbox(pipe, BOUND, HeldClock(), Freed(), line)
    assert outbox.put_parts(b"1:", b"first")
    assert outbox.put("2:second")
    outbox.put_anyway("ä")
    assert (pipe.sent, line.written) == (["1:first", "2:second", "ä"], 3)
    assert outbox.bytes_sent == len("1:first2:secondä".encode())
    pipe.stall()
    assert outbox.put_parts(b"3:", b"third")
    assert outbox.parked
    pipe.room = 5  # there is room again, but what waits has not been written yet
    assert outbox.put_parts(b"4:", b"fourth")
    assert not outbox.put_parts(b"5:", b"x" * BOUND)
    assert outbox.put_parts(b"6:", b"y" * BOUND, anyway=True)
    assert len(pipe.sent) == 3
    pipe.flow()
    await settle()
    assert pipe.sent[3:] == ["3:third", "4:fourth", "6:" + "y" * BOUND]
    assert outbox.put_parts(b"7:", b"seventh")
    assert (pipe.sent[-1], line.written) == ("7:seventh", 4)
    outbox.close()
    assert outbox.put_parts(b"8:", b"closed")
    assert pipe.sent[-1] == "7:seventh"


STEPS = st.lists(
    st.tuples(st.just("put"), st.integers(0, 60))
    | st.tuples(st.just("anyway"), st.integers(0, 20))
    | st.tuples(st.just("take"), st.integers(1, 4))
    | st.tuples(st.just("turns"), st.integers(0, 3))
    | st.tuples(st.sampled_from(["stall", "flow"]), st.just(0)),
    max_size=40,
)


@given(STEPS)
@examples(60, 2_000)
def test_whatever_the_peer_does_what_was_taken_comes_out_once_and_in_order(
    steps: list[tuple[str, int]],
) -> None:
    async def play() -> None:
        pipe = Pipe()
        outbox, _ = made(pipe)
        taken: list[str] = []
        anyway_bytes = 0
        for number, (step, size) in enumerate(steps):
            text = f"{number}:" + "é" * size
            match step:
                case "put":
                    if outbox.put(text):
                        taken.append(text)
                    else:
                        assert outbox.bytes_waiting + len(text.encode()) > BOUND
                case "anyway":
                    outbox.put_anyway(text)
                    anyway_bytes += len(text.encode())
                    taken.append(text)
                case "take":
                    if pipe.room is not None:
                        pipe.take(size)
                case "turns":
                    await settle(size)
                case "stall":
                    pipe.stall()
                case "flow":
                    pipe.flow()
            assert taken[: len(pipe.sent)] == pipe.sent
            assert outbox.bytes_waiting <= BOUND + anyway_bytes
            waiting = outbox.waiting or ()
            assert outbox.bytes_waiting == sum(len(text.encode()) for text in waiting)
        pipe.flow()
        await settle(3 * len(steps) + 5)
        assert pipe.sent == taken
        assert not outbox.parked and outbox.bytes_waiting == 0

    asyncio.run(play())
