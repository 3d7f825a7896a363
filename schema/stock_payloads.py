"""What came of a change of stock, as its mutations tell it. The mutations are in stock.py."""

from __future__ import annotations

import strawberry
from strawberry import Parent

from graphql_api.inventory import stock as domain
from graphql_api.inventory import stock_warnings
from graphql_api.inventory.items import Item
from graphql_api.inventory.stock_warnings import StockWarning as Warned
from schema.errors import UserError, user_errors
from schema.faces import computed, enum_of, face_of
from schema.scalars import Cursor
from schema.sentences import Sentence, sentence

enum_of(
    stock_warnings.WarningCode,
    "StockWarningCode",
    "What is wrong though the change was made.",
    {"HELD_EXCEEDS_STOCK": "More is held at the location than is there now."},
)


@face_of(stock_warnings.StockWarning, "Something to look after: the change itself was made.")
class StockWarning:
    code: stock_warnings.WarningCode = strawberry.field(description="Stable: decide by this.")
    message: str = strawberry.field(description="For people: how things are, and what helps.")
    field: list[str] = strawberry.field(description="The path into the input.")

    @computed("The message, with what a translation needs.")
    @staticmethod
    def sentence(warning: Parent[Warned]) -> Sentence:
        return sentence(warning.message)


_WARNED = "What to look after though it was done; empty when nothing is wrong."


@strawberry.type(description="What came of a change of stock.")
class StockPayload:
    item: Item | None = strawberry.field(
        description="As it stood right after the change.", default=None
    )
    movement: domain.Movement | None = strawberry.field(
        description="The ledger's new line.", default=None
    )
    warnings: list[Warned] = strawberry.field(description=_WARNED, default_factory=list)
    replayed: bool = strawberry.field(
        description="Whether the key was known: this is the first result again.", default=False
    )
    cursor: Cursor | None = strawberry.field(
        description="The change's place in the event log.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type(description="What came of several changes of stock.")
class StockBatchPayload:
    movements: list[domain.Movement] = strawberry.field(
        description="The ledger's new lines.", default_factory=list
    )
    applied: int = strawberry.field(description="How many lines were applied.", default=0)
    warnings: list[Warned] = strawberry.field(description=_WARNED, default_factory=list)
    replayed: bool = strawberry.field(
        description="Whether the key was known: this is the first result again.", default=False
    )
    cursor: Cursor | None = strawberry.field(
        description="The last change's place in the event log.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why lines were not applied; empty when all were.", default_factory=list
    )


def payload(result: domain.StockResult) -> StockPayload:
    """Of a change of one item."""
    return StockPayload(
        item=result.item,
        movement=result.movements[0],
        warnings=result.warnings,
        replayed=result.replayed,
        cursor=Cursor(result.cursor),
    )


def batch_payload(result: domain.StockResult) -> StockBatchPayload:
    """Of a change of several lines."""
    errors = [error for refusal in result.refusals for error in user_errors(refusal)]
    return StockBatchPayload(
        movements=result.movements,
        applied=len(result.movements) if result.applied is None else result.applied,
        warnings=result.warnings,
        replayed=result.replayed,
        cursor=Cursor(result.cursor),
        user_errors=errors,
    )
