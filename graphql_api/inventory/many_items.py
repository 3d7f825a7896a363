"""Many items changed by one command: what somebody picked from a list. Called by items.py.

Done in one transaction, as far as it can be: an item that was deleted meanwhile, or one SKU that
is taken, does not keep the others from being changed. Each refusal is told by its place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from graphql_api.errors import InvalidInput, Refusal
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import LogTransaction
from graphql_api.inventory.item import Item, ItemResult
from graphql_api.said import said

AT_ONCE_MAX = 100  # items of one command: as many as a page may have

Command = TypeVar("Command")
CarryOut = Callable[[LogTransaction, Command], Awaitable[ItemResult]]


@dataclass(frozen=True, slots=True)
class ManyItems:
    """items: those that were changed, right after it, in the order asked for; of one that was
    named twice, twice. refusals: of the others, by their index in what was asked for. cursor: of
    the last change; None: there was none."""

    items: list[Item]
    refusals: list[tuple[int, Refusal]]
    cursor: Cursor | None


async def carry_out_each(
    carry_out: CarryOut[Any], transaction: LogTransaction, commands: Sequence[Any]
) -> ManyItems:
    """carry_out: does one, and refuses before it has written anything: what was refused has left
    nothing behind, so no savepoint is needed for each."""
    items: list[Item] = []
    refusals: list[tuple[int, Refusal]] = []
    cursor = None
    for index, command in enumerate(commands):
        try:
            result = await carry_out(transaction, command)
        except Refusal as refusal:
            refusals.append((index, refusal))
            continue
        items.append(result.item)
        cursor = result.cursor
    return ManyItems(items, refusals, cursor)


def refuse_count(count: int, field: str) -> None:
    """None is a mistake of whoever asks, and too many are. Raises InvalidInput. field: the argument
    that names them."""
    if not 1 <= count <= AT_ONCE_MAX:
        raise InvalidInput(
            said("From 1 to {most} items at once, not {count}.", most=AT_ONCE_MAX, count=count),
            (field,),
        )
