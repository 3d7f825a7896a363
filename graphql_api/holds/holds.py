"""Holds: units that are set aside for somebody until a moment, then sold or given back.

All commands go through one handler, so that those of one transaction are carried out as a set:
what they name is loaded in a constant number of statements, they work in memory, and the outcome
is stored likewise. That is safe because the writer holds the log's head: nobody else books or
holds anything meanwhile, so never more is held than there is.

Every transaction of the writer begins with the holds that are due, whoever's commands it is for. So
who books, counts, deletes or holds finds what has run out given back, whether or not the expiry
(expiry.py) has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.database.connection import Connection
from graphql_api.database.idempotency import Keys, check_key
from graphql_api.errors import NotFound, Refusal
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.holds.book import HoldBook, is_due
from graphql_api.holds.commands import (
    NO_SUCH,
    ConsumeHold,
    Desk,
    ExpireDue,
    ExtendHold,
    HoldCommand,
    HoldResult,
    PlaceHold,
    ReleaseHold,
)
from graphql_api.holds.facts import REMEMBERED, Remembered
from graphql_api.holds.lifecycle import TOPIC, HoldChange, hold_of
from graphql_api.inventory.booking import Booking
from graphql_api.inventory.item import ItemRef
from graphql_api.inventory.keys import Place
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.movements import MOVEMENT_COLUMNS, movement_from_row
from graphql_api.inventory.named_items import NamedItems

UnderKey = PlaceHold | ConsumeHold
Command = UnderKey | ReleaseHold | ExtendHold | ExpireDue

WEIGHT_OF_HOLD = 10  # what a hold that is only named by its id may have in lines, mostly


@dataclass(frozen=True, slots=True)
class Expired:
    """What the expiry did. more: whether there is more to do at once."""

    count: int
    more: bool


@dataclass(frozen=True, slots=True)
class _Replay:
    sees_admins: bool
    first: Remembered


_Outcome = HoldResult | Refusal | _Replay | Expired


class Holds:
    """The use cases of holds."""

    def __init__(self, writer: LogWriter, locations: Locations) -> None:
        self._writer = writer
        self._locations = locations
        writer.add_prelude(is_due, self._end_due)

    async def carry_out(self, command: UnderKey | ReleaseHold | ExtendHold) -> HoldResult:
        """Check what needs no database, then carry the command out.

        Raises InvalidInput, NotFound, InsufficientStock, InvalidTransition, IdempotencyKeyReused,
        or BatchRefused for a basket, with what is wrong with each of its lines. A refused command
        leaves no trace, its key included.
        """
        if isinstance(command, UnderKey):
            check_key(command.key)
        command.check()
        weight = max(len(command.refs()), WEIGHT_OF_HOLD * len(command.hold_ids()))
        result: HoldResult = await self._writer.submit(self._run, command, weight, is_brief=True)
        return result

    async def expire_due(self) -> int:
        """End all holds whose time is over; how many this call found. Twice does what once does."""
        count = 0
        while True:
            done: Expired = await self._writer.submit(self._run, ExpireDue())
            count += done.count
            if not done.more:
                return count

    async def _run(
        self, transaction: LogTransaction, commands: Sequence[Command]
    ) -> Sequence[HoldResult | Refusal | Expired]:
        asked: list[HoldCommand] = [c for c in commands if not isinstance(c, ExpireDue)]
        book = HoldBook(transaction)
        await book.load({hold_id for c in asked for hold_id in c.hold_ids()})
        keys = await Keys.load(
            transaction.connection, REMEMBERED, [c for c in commands if isinstance(c, UnderKey)]
        )
        desk = await self._desk(transaction, book, asked)
        expired = await _expired(transaction) if len(asked) < len(commands) else Expired(0, False)
        outcomes: list[_Outcome] = [
            expired if isinstance(command, ExpireDue) else _one(keys, desk, command)
            for command in commands
        ]
        await desk.booking.store()
        await book.store()
        await keys.store(transaction, desk.now_us)
        return [await _answer(transaction.connection, outcome) for outcome in outcomes]

    async def _end_due(self, transaction: LogTransaction, _: Sequence[None]) -> Sequence[None]:
        book = HoldBook(transaction)
        due = await book.load_due()
        desk = await self._desk(transaction, book, [])
        desk.expire(due)
        await desk.booking.store()
        await book.store()
        return [None]

    async def _desk(
        self, transaction: LogTransaction, book: HoldBook, commands: Sequence[HoldCommand]
    ) -> Desk:
        connection = transaction.connection
        lines = [line for hold in book for line in hold.lines]
        refs = [ref for command in commands for ref in command.refs()]
        refs += [ItemRef("id", str(line.item_id)) for line in lines]
        items = await NamedItems.load(connection, refs)
        booking = Booking(transaction)
        await booking.take(items)
        named = [place for command in commands for place in command.location_ids()]
        places = await self._locations.places(
            transaction, [None, *named, *(line.location_id for line in lines)]
        )
        return Desk(transaction, items, places, booking, book)


async def _expired(transaction: LogTransaction) -> Expired:
    """What the beginning of this transaction did."""
    ended = (HoldChange.EXPIRED.value, TOPIC)
    count = sum((event.kind, event.topic) == ended for event in transaction.entry.events)
    return Expired(count, more=await is_due(transaction))


def _one(
    keys: Keys[Remembered], desk: Desk, command: UnderKey | ReleaseHold | ExtendHold
) -> _Outcome:
    try:
        if not isinstance(command, UnderKey):
            return command.carry_out(desk)
        key = keys.of(command)
        if key.is_known:
            return _Replay(command.sees_admins, keys.first(key))
        result = command.carry_out(desk)
    except Refusal as refusal:
        return refusal
    cursor = Place(result.cursor.epoch, result.cursor.position, result.cursor.witness_us)
    movement_ids = [movement.id for movement in result.movements]
    keys.remember(key, Remembered(result.hold.state(), movement_ids, cursor))
    return result


async def _answer(connection: Connection, outcome: _Outcome) -> HoldResult | Refusal | Expired:
    if not isinstance(outcome, _Replay):
        return outcome
    first = outcome.first
    if not outcome.sees_admins:
        hidden = await connection.row(
            "SELECT id FROM item WHERE admins_only = 1 AND "
            + connection.dialect.one_of("id", "bigint"),
            connection.dialect.array({line.item_id for line in first.hold.lines}),
        )
        if hidden is not None:
            return NotFound(NO_SUCH, ("input",))
    rows = await connection.rows(
        f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE "
        + connection.dialect.one_of("id", "bigint")
        + " ORDER BY id",
        connection.dialect.array(first.movements),
    )
    cursor = Cursor(first.cursor.epoch, first.cursor.position, first.cursor.witness_us)
    return HoldResult(hold_of(first.hold), cursor, [movement_from_row(row) for row in rows], True)


__all__ = [
    "ConsumeHold",
    "Expired",
    "ExtendHold",
    "HoldResult",
    "Holds",
    "PlaceHold",
    "ReleaseHold",
]
