"""What came of a stock command: told, remembered with its key, and told again to a repetition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql_api.database.connection import Connection
from graphql_api.errors import InsufficientStock, NotFound, Refusal
from graphql_api.events.cursor import Cursor
from graphql_api.inventory.booking import Booking
from graphql_api.inventory.facts import ItemState
from graphql_api.inventory.item import Item, ItemRef, item_of
from graphql_api.inventory.keys import Place, RefusedLine, Remembered, WarnedLine
from graphql_api.inventory.movements import MOVEMENT_COLUMNS, Movement, movement_from_row
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.stock_warnings import StockWarning, WarningCode
from graphql_api.said import said, said_before, template_of, values_of


@dataclass(slots=True)
class StockResult:
    """What came of a command. state: the item's, right after it; None for a batch.

    movements: those that the caller may see; applied: how many there are, None: just these.
    """

    movements: list[Movement]
    state: ItemState | None
    cursor: Cursor
    replayed: bool = False
    refusals: list[Refusal] = field(default_factory=list)
    applied: int | None = None
    warnings: list[StockWarning] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        booking: Booking,
        movements: list[Movement],
        item: Item | None,
        refusals: Sequence[Refusal] = (),
        warnings: Sequence[StockWarning] = (),
    ) -> StockResult:
        """What has just been booked. The item may change further; the result keeps it as it is."""
        return cls(
            movements,
            None if item is None else booking.state_after(item, movements),
            booking.cursor_after(movements),
            refusals=list(refusals),
            warnings=list(warnings),
        )

    @property
    def item(self) -> Item | None:
        """As it stood right after the command, made anew each time; None for a batch."""
        return None if self.state is None else item_of(self.state)


def remembered(result: StockResult) -> Remembered:
    """A result as it is kept with its key; see `replayed`."""
    cursor = result.cursor
    return Remembered(
        [movement.id for movement in result.movements],
        result.state,
        Place(cursor.epoch, cursor.position, cursor.witness_us),
        [
            RefusedLine(
                r.code,
                r.message,
                None if r.field is None else list(r.field),
                r.template,
                dict(r.values),
            )
            for r in result.refusals
        ],
        tuple(
            WarnedLine(
                w.code.value,
                str(w.message),
                list(w.field),
                template_of(w.message),
                dict(values_of(w.message)),
            )
            for w in result.warnings
        ),
    )


class _StoredRefusal(Refusal):
    """A line's refusal, as it was told the first time."""

    def __init__(self, line: RefusedLine) -> None:
        message = said_before(line.message, line.template or "", line.values)
        super().__init__(message, None if line.field is None else tuple(line.field))
        self.code = line.code  # type: ignore[misc]  # the code of the first answer


async def replayed(
    connection: Connection, kept: Remembered, refs: Sequence[ItemRef], sees_admins: bool
) -> StockResult | Refusal:
    """The first result again, as far as the caller may see it now.

    refs: of the command's lines, in their order.
    """
    rows = await connection.rows(
        f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE "
        + connection.dialect.one_of("id", "bigint")
        + " ORDER BY id",
        connection.dialect.array(kept.movements),
    )
    movements = [movement_from_row(row) for row in rows]
    refusals: list[Refusal] = [_StoredRefusal(line) for line in kept.refusals]
    warnings = [
        StockWarning(
            WarningCode(w.code), said_before(w.message, w.template, w.values), tuple(w.field)
        )
        for w in kept.warnings
    ]
    if not sees_admins:
        hidden = await _hidden(connection, movements)
        movements = [m for m in movements if m.item_id not in hidden]
        if not movements:
            return NotFound("There is no such item.", ("input",))
        warnings = [] if hidden else warnings  # they name their items
        refusals = await _as_seen(connection, refs, refusals)
    return StockResult(
        movements,
        kept.item,
        Cursor(kept.cursor.epoch, kept.cursor.position, kept.cursor.witness_us),
        replayed=True,
        refusals=refusals,
        applied=len(kept.movements),
        warnings=warnings,
    )


async def _hidden(connection: Connection, movements: Sequence[Movement]) -> set[int]:
    """Those items of these movements that exist for ADMIN only, as of now."""
    rows = await connection.rows(
        "SELECT id FROM item WHERE admins_only = 1 AND "
        + connection.dialect.one_of("id", "bigint"),
        connection.dialect.array({movement.item_id for movement in movements}),
    )
    return {row[0] for row in rows}


async def _as_seen(
    connection: Connection, refs: Sequence[ItemRef], refusals: list[Refusal]
) -> list[Refusal]:
    """The refused lines of a batch for who does not see every item: one whose item is hidden
    now, or that names another item than the line's reference stands for now, is unknown."""
    if not refusals:
        return refusals
    items = await NamedItems.load(connection, refs)
    return [_one_as_seen(items, refs, refusal) for refusal in refusals]


def _one_as_seen(items: NamedItems, refs: Sequence[ItemRef], refusal: Refusal) -> Refusal:
    path = refusal.field or ()
    if len(path) < 3 or not path[2].isdigit() or int(path[2]) >= len(refs):
        return refusal
    ref = refs[int(path[2])]
    item = items.look(ref)
    if item is None or item.admins_only:
        is_told = refusal.code == NotFound.code and path[-1] == "item"
    else:  # too little stock is told with the SKU of what the reference stood for then
        names = refusal.code == InsufficientStock.code
        is_told = not names or refusal.message.startswith(f"{item.sku} has ")
    if is_told:
        return refusal
    return NotFound(said("There is no item with {ref}.", ref=ref), (*path[:3], "item"))


class BatchRefused(Refusal):
    """A batch under ABORT_ALL with lines that cannot be; `refusals` has one for each of them."""

    code = "INVALID_INPUT"

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(said("{count} lines cannot be applied; none was.", count=len(refusals)))
        self.refusals = refusals
