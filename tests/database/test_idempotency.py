"""Idempotency as any noun uses it: here notes, which know nothing of stock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from graphql_api.database.idempotency import KEY_MAX, Keys, check_key
from graphql_api.errors import IdempotencyKeyReused, InvalidInput, Refusal
from graphql_api.events.log import LogTransaction
from graphql_api.inventory.stock import StockLedger
from graphql_api.kernel.codec import Fact, Kind, State
from graphql_api.services import Services
from tests.builders import adjust, make_item
from tests.statements import counted


class NoteInput(State):
    mutation: str
    text: str


class Noted(Fact):
    number: int


NOTED = Kind("test note", Noted)


@dataclass(frozen=True, slots=True)
class Note:
    """A command. An empty text is refused."""

    key: str
    text: str
    user_id: int | None = None

    def as_input(self) -> NoteInput:
        return NoteInput("note", self.text)


async def write(
    transaction: LogTransaction, notes: Sequence[Note]
) -> list[tuple[int, bool] | Refusal]:
    """Each note's number, and whether it was told again."""
    keys = await Keys.load(transaction.connection, NOTED, notes)
    outcomes: list[tuple[int, bool] | Refusal] = []
    for note in notes:
        try:
            key = keys.of(note)
            if key.is_known:
                outcomes.append((keys.first(key).number, True))
                continue
            if not note.text:
                raise InvalidInput("An empty note.")
            number = transaction.new_id()
            keys.remember(key, Noted(number))
            outcomes.append((number, False))
        except Refusal as refusal:
            outcomes.append(refusal)
    await keys.store(transaction, transaction.entry.now_us)
    return outcomes


async def send(services: Services, note: Note) -> tuple[int, bool]:
    outcome: tuple[int, bool] = await services.writer.submit(write, note)
    return outcome


async def test_the_first_result_is_told_again_at_once_and_later(services: Services) -> None:
    first, second = await asyncio.gather(*(send(services, Note("k", "a")) for _ in range(2)))
    assert (first[1], second[1]) == (False, True)
    assert await send(services, Note("k", "a")) == (first[0], True)
    assert second[0] == first[0]


async def test_another_input_under_a_key_is_refused_and_the_first_stays(
    services: Services,
) -> None:
    number, _ = await send(services, Note("k", "a"))
    with pytest.raises(IdempotencyKeyReused):
        await send(services, Note("k", "b"))
    assert await send(services, Note("k", "a")) == (number, True)


async def test_a_refused_command_leaves_no_key(services: Services) -> None:
    with pytest.raises(InvalidInput):
        await send(services, Note("k", ""))
    assert not (await send(services, Note("k", "a")))[1]


async def test_users_do_not_share_keys(services: Services) -> None:
    numbers = {(await send(services, Note("k", "a", user)))[0] for user in (None, 7, 8)}
    assert len(numbers) == 3


async def test_a_key_of_one_noun_does_not_serve_another(services: Services) -> None:
    command = adjust(await make_item(services), 1, key="k")
    await services.of(StockLedger).carry_out(command)
    with pytest.raises(IdempotencyKeyReused):
        await send(services, Note("k", "a", command.user_id))


async def test_a_run_takes_two_statements_however_many_commands_it_has(
    services: Services,
) -> None:
    sent: list[int] = []

    async def counting(
        transaction: LogTransaction, notes: Sequence[Note]
    ) -> list[tuple[int, bool] | Refusal]:
        with counted() as written:
            outcomes = await write(transaction, notes)
        sent.append(len(written))
        return outcomes

    await asyncio.gather(
        *(services.writer.submit(counting, Note(f"k{number}", "a")) for number in range(20))
    )
    assert sent == [2] * len(sent)
    assert len(sent) < 20, "they gathered"


@pytest.mark.parametrize("key", ["", "k" * (KEY_MAX + 1), "a\0b"])
def test_a_text_that_cannot_be_a_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_key(key)
    assert refused.value.field == ("input", "idempotencyKey")
