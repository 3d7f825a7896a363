"""Reversing movements: the opposite is booked, once, and the two know of each other.

The ledger is never edited, so a mistake is corrected by a further movement. One that is booked
here is told apart from any other: figures leave both sides out, since 500 that were sold by
mistake were not sold. Both legs of a transfer go back together: half of one would make stock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.database.connection import Connection
from graphql_api.database.idempotency import Keys, check_key
from graphql_api.database.writer import single
from graphql_api.errors import FieldPath, InvalidTransition, NotFound
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.booking import Booking, PlainLine
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.keys import REMEMBERED, ReverseInput
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.movements import (
    MOVEMENT_COLUMNS,
    ActionType,
    Movement,
    movement_from_row,
)
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.stock_commands import check_texts
from graphql_api.inventory.stock_results import StockResult, remembered, replayed
from graphql_api.said import said

AT: FieldPath = ("input", "movementId")

# A condition over `movement m`: it neither was reversed nor reverses another. The row's id is the
# movement's, so this is one look into a small table.
NOT_REVERSED = "NOT EXISTS (SELECT 1 FROM reversal WHERE reversal.id = m.id)"


@dataclass(frozen=True, slots=True)
class ReverseMovement:
    """A command: book the opposite of a movement. occurred_at_us: None for now."""

    key: str
    movement_id: int
    reason: str | None
    user_id: int | None
    sees_admins: bool
    occurred_at_us: int | None = None

    def as_input(self) -> ReverseInput:
        return ReverseInput("reverse", self.movement_id, self.reason, self.occurred_at_us)


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a movement is in a reversal. other_id: the movement on the other side; reverses:
    whether it reverses that one, or was reversed by it."""

    other_id: int
    reverses: bool


class Reversals:
    """The use cases of reversals."""

    def __init__(self, reading: Connection, writer: LogWriter, locations: Locations) -> None:
        self._reading = reading
        self._writer = writer
        self._locations = locations
        self._reverse = single(self._reverse_one)

    async def reverse(self, command: ReverseMovement) -> StockResult:
        """Book the opposite; of a transfer, of both legs.

        Raises InvalidInput, NotFound, InvalidTransition (it was reversed, is a reversal, or would
        put stock back to a deleted item),
        InsufficientStock (what came in is not there any more), IdempotencyKeyReused.
        """
        check_key(command.key)
        check_texts(command.reason, None, ("input",))
        result: StockResult = await self._writer.submit(self._reverse, command)
        return result

    async def of(self, movement_ids: Sequence[int]) -> dict[int, Reversal]:
        """What each of these movements is in a reversal; those that are in none are left out."""
        return await _reversals(self._reading, movement_ids)

    async def _reverse_one(
        self, transaction: LogTransaction, command: ReverseMovement
    ) -> StockResult:
        connection = transaction.connection
        keys = await Keys.load(connection, REMEMBERED, [command])
        key = keys.of(command)
        named = await _movement(connection, command.movement_id)
        ref = ItemRef("id", "" if named is None else str(named.item_id))
        if key.is_known:
            again = await replayed(connection, keys.first(key), [ref], command.sees_admins)
            if isinstance(again, StockResult):
                return again
            raise again
        items = await NamedItems.load(connection, [ref])
        item = items.look(ref)
        if named is None or item is None or (item.admins_only and not command.sees_admins):
            raise NotFound(
                said(
                    "There is no movement with id {movement_id}.", movement_id=command.movement_id
                ),
                AT,
            )
        await _refuse_reversed(connection, named)
        legs = await _legs(connection, named)
        _refuse_into_deleted(item, legs)
        booking = Booking(transaction)
        await booking.take([item])
        places = await self._locations.places(transaction, [leg.location_id for leg in legs])
        plan = booking.plan(places)
        for leg in legs:
            location = places.loaded(leg.location_id, AT)
            plan.add(item, location, _opposite(leg, command), AT)
        is_transfer = len(legs) > 1
        booked = (plan.book_as_one if is_transfer else plan.book)(command.user_id)
        result = StockResult.of(booking, booked, item, warnings=plan.warnings)
        keys.remember(key, remembered(result))
        await booking.store()
        await link_reversals(connection, legs, booked)
        await keys.store(transaction, transaction.entry.now_us)
        return result


def _refuse_into_deleted(item: Item, legs: Sequence[Movement]) -> None:
    """What is left of a deleted item can be booked out, and moved: so what came in can be taken
    back. What went out cannot come back to it."""
    if item.deleted_at is not None and sum(leg.quantity for leg in legs) < 0:
        raise InvalidTransition(
            said(
                "The item of this movement, {sku}, was deleted: its stock can only be "
                "booked out, and this would put it back. Restore the item first.",
                sku=item.sku,
            ),
            AT,
        )


def _opposite(movement: Movement, command: ReverseMovement) -> PlainLine:
    """What takes a movement back. It is not of the same type: a SALE takes away, and nothing was
    received or sold. What moved between places moves again."""
    is_transfer = movement.action_type is ActionType.TRANSFER
    return PlainLine(
        -movement.quantity,
        ActionType.TRANSFER if is_transfer else ActionType.CORRECTION,
        command.reason,
        movement.reference,
        command.occurred_at_us,
    )


async def _movement(connection: Connection, movement_id: int) -> Movement | None:
    row = await connection.row(f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE id = ?", movement_id)
    return None if row is None else movement_from_row(row)


async def _refuse_reversed(connection: Connection, movement: Movement) -> None:
    found = (await _reversals(connection, [movement.id])).get(movement.id)
    if found is None:
        return
    if found.reverses:
        raise InvalidTransition(
            said(
                "This movement reverses movement {other_id}; a reversal is not reversed. "
                "Book what should be, with adjustStock.",
                other_id=found.other_id,
            ),
            AT,
        )
    raise InvalidTransition(
        said("This movement was reversed already, by {other_id}.", other_id=found.other_id), AT
    )


async def _legs(connection: Connection, named: Movement) -> list[Movement]:
    """What must be taken back with the movement, itself included; what came in last first.

    The legs of a transfer are neighbours in their item's ledger: away, then here.
    """
    if named.action_type is not ActionType.TRANSFER:
        return [named]
    comparison, direction = (">", "ASC") if named.quantity < 0 else ("<", "DESC")
    row = await connection.row(
        f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE item_id = ? AND id {comparison} ? "
        f"ORDER BY id {direction} LIMIT 1",
        named.item_id,
        named.id,
    )
    other = None if row is None else movement_from_row(row)
    assert other is not None, "a transfer has two legs"
    assert (other.action_type, other.quantity) == (ActionType.TRANSFER, -named.quantity)
    return sorted((named, other), key=lambda leg: -leg.quantity)


async def link_reversals(
    connection: Connection, reversed_: Sequence[Movement], booked: Sequence[Movement]
) -> None:
    """Note which movement takes back which, in their order."""
    rows = []
    for old, new in zip(reversed_, booked, strict=True):
        rows += [(old.id, new.id, 0), (new.id, old.id, 1)]
    await connection.change_many(
        "INSERT INTO reversal (id, other_id, reverses) VALUES (?, ?, ?)", rows
    )


async def _reversals(connection: Connection, movement_ids: Sequence[int]) -> dict[int, Reversal]:
    rows = await connection.rows(
        "SELECT id, other_id, reverses FROM reversal WHERE "
        + connection.dialect.one_of("id", "bigint"),
        connection.dialect.array(movement_ids),
    )
    return {row[0]: Reversal(row[1], bool(row[2])) for row in rows}
