"""The stock ledger: it carries out the stock commands (stock_commands.py, counts.py).

A run of commands is carried out as a set. What they touch (keys, items, levels) is loaded
in a constant number of statements, the commands are carried out one after the other in
memory, and the outcome is stored in a constant number of statements. Keys are the work of
database/idempotency.py, and stock moves by booking.py; both say why this is safe.

Measured against one guarded UPDATE per line inside savepoints: see scripts/bench.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.database.connection import Connection
from graphql_api.database.idempotency import Keys, check_key
from graphql_api.errors import Refusal
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.booking import Booking
from graphql_api.inventory.counts import CountLine, SetStock, SetStockBatch
from graphql_api.inventory.keys import (
    REMEMBERED,
    Remembered,
)
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.movements import ActionType, Movement
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.places import Places
from graphql_api.inventory.stock_commands import (
    BATCH_LINES_MAX,
    REASON_MAX,
    REFERENCE_MAX,
    AdjustStock,
    BulkPolicy,
    StockCommand,
    StockLine,
    TransferStock,
)
from graphql_api.inventory.stock_results import (
    BatchRefused,
    StockResult,
    remembered,
    replayed,
)


@dataclass(frozen=True, slots=True)
class _Replay:
    command: StockCommand
    first: Remembered


class StockLedger:
    """The use cases of stock."""

    def __init__(self, writer: LogWriter, locations: Locations) -> None:
        self._writer = writer
        self._locations = locations

    async def carry_out(self, command: StockCommand) -> StockResult:
        """Check what needs no database, then carry the command out.

        Raises InvalidInput, NotFound, InsufficientStock, StockConflict, IdempotencyKeyReused,
        or BatchRefused for a batch under ABORT_ALL. A refused command leaves no trace, its key
        included.
        """
        check_key(command.key)
        command.check()
        result: StockResult = await self._writer.submit(
            self._run, command, len(command.refs()), is_brief=True
        )
        return result

    async def _run(
        self, transaction: LogTransaction, commands: Sequence[StockCommand]
    ) -> list[StockResult | Refusal]:
        connection = transaction.connection
        keys = await Keys.load(connection, REMEMBERED, commands)
        items = await NamedItems.load(connection, [ref for c in commands for ref in c.refs()])
        booking = Booking(transaction)
        await booking.take(items)
        named = [i for c in commands for i in c.location_ids()]
        kept_at = [i for item in items for i in item.level_quantities or ()]
        places = await self._locations.places(transaction, [*named, *kept_at])
        outcomes = [self._one(keys, items, places, booking, command) for command in commands]
        await booking.store()
        await keys.store(transaction, transaction.entry.now_us)
        return [await _answer(connection, outcome) for outcome in outcomes]

    def _one(
        self,
        keys: Keys[Remembered],
        items: NamedItems,
        places: Places,
        booking: Booking,
        command: StockCommand,
    ) -> StockResult | Refusal | _Replay:
        try:
            key = keys.of(command)
            if key.is_known:
                return _Replay(command, keys.first(key))
            result = command.carry_out(items, places, booking)
        except Refusal as refusal:
            return refusal
        if result.movements:
            keys.remember(key, remembered(result))
        return result


async def _answer(
    connection: Connection, outcome: StockResult | Refusal | _Replay
) -> StockResult | Refusal:
    if not isinstance(outcome, _Replay):
        return outcome
    command = outcome.command
    return await replayed(connection, outcome.first, command.refs(), command.sees_admins)


__all__ = [
    "BATCH_LINES_MAX",
    "REASON_MAX",
    "REFERENCE_MAX",
    "ActionType",
    "AdjustStock",
    "BatchRefused",
    "BulkPolicy",
    "CountLine",
    "Movement",
    "SetStock",
    "SetStockBatch",
    "StockCommand",
    "StockLedger",
    "StockLine",
    "StockResult",
    "TransferStock",
]
