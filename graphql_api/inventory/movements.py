"""The ledger's lines and levels, and how they stand in the database. Only booking.py writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql_api.database.connection import Connection
from graphql_api.inventory.movement_terms import insert_terms


class ActionType(Enum):
    """Why stock changed. stored: the value, as each line asks for it several times: without the
    detour of Enum.value, in a fifth of the time; so is hashing."""

    stored: str

    def __init__(self, stored: str) -> None:
        self.stored = stored

    __hash__ = object.__hash__

    RECEIPT = "RECEIPT"
    SALE = "SALE"
    RETURN = "RETURN"
    WRITE_OFF = "WRITE_OFF"
    CORRECTION = "CORRECTION"
    COUNT = "COUNT"
    TRANSFER = "TRANSFER"


# A condition over `movement m`: units of it were sold, or came back from a customer, which takes
# them off. What goes back to a supplier was not sold. CASE keeps SQLite from reading all sales
# there ever were by their type.
SOLD = (
    "CASE WHEN m.action_type = 'SALE' OR (m.action_type = 'RETURN' AND m.quantity > 0) "
    "THEN 1 ELSE 0 END = 1"
)


@dataclass(slots=True)
class Movement:
    """A line of the ledger. quantity: signed; old_stock, new_stock: the item's, around it."""

    id: int
    item_id: int
    location_id: int
    action_type: ActionType
    quantity: int
    old_stock: int
    new_stock: int
    reason: str | None
    reference: str | None
    user_id: int | None
    occurred_at: int
    recorded_at: int


LevelRow = tuple[int, int, int, int, int]  # id, item id, location id, quantity, held

MOVEMENT_COLUMNS = (
    "id, item_id, location_id, action_type, quantity, old_stock, new_stock, reason, reference, "
    "user_id, occurred_at, recorded_at"
)


def movement_from_row(row: Any) -> Movement:
    """A movement out of a row of MOVEMENT_COLUMNS."""
    movement = Movement(*row)
    movement.action_type = ActionType(row[3])
    return movement


async def insert_movements(connection: Connection, movements: Sequence[Movement]) -> None:
    """Add lines to the ledger, and the words that they are found by."""
    await connection.change_many(
        f"INSERT INTO movement ({MOVEMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                m.id, m.item_id, m.location_id, m.action_type.stored, m.quantity, m.old_stock,
                m.new_stock, m.reason, m.reference, m.user_id, m.occurred_at, m.recorded_at,
            )
            for m in movements
        ],
    )  # fmt: skip
    await insert_terms(connection, movements)


async def store_levels(connection: Connection, rows: Sequence[LevelRow]) -> None:
    """New levels and changed ones."""
    await connection.change_many(
        "INSERT INTO level (id, item_id, location_id, quantity, held) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET quantity = excluded.quantity, held = excluded.held",
        rows,
    )
