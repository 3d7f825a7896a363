"""Contestant: Strawberry as its documentation shows it, on Starlette, all in memory.

The broker is an asyncio.Queue for each subscriber, the subscription an async generator. Nothing
is stored, so this is the mutation and the query without any database, too.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from decimal import Decimal

import strawberry
from fixtures import ItemRow, item_rows
from inventory_types import (
    ActionType,
    AdjustStockInput,
    InventoryItem,
    InventoryItemConnection,
    InventoryItemEdge,
    InventoryUpdate,
    InventoryUpdateType,
    StockChangeDetails,
    StockMovement,
    StockPayload,
    UserError,
    status_of,
)
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from uvicorn_settings import serve

USER_ID = strawberry.ID(str(uuid.uuid5(uuid.NAMESPACE_OID, "user")))


class Broker:
    """Hands each event to every subscriber's own unbounded queue."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[InventoryUpdate]] = set()

    def publish(self, update: InventoryUpdate) -> None:
        for queue in self._queues:
            queue.put_nowait(update)

    async def listen(self) -> AsyncGenerator[InventoryUpdate, None]:
        queue: asyncio.Queue[InventoryUpdate] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)


class Shelf:
    """The items, held in memory."""

    def __init__(self) -> None:
        self.items = {row.id: self._item(row) for row in item_rows()}
        self.first = next(iter(self.items.values()))

    @staticmethod
    def _item(row: ItemRow) -> InventoryItem:
        return InventoryItem(
            id=strawberry.ID(row.id),
            sku=row.sku,
            name=row.name,
            price=Decimal(row.price),
            stock=row.stock,
            min_stock=row.min_stock,
            status=status_of(row.stock, row.min_stock),
        )

    def move(self, item: InventoryItem, quantity: int) -> InventoryUpdate:
        """Change one item's stock by `quantity` and return the event that tells it."""
        old_stock = item.stock
        item.stock += quantity
        item.status = status_of(item.stock, item.min_stock)
        return InventoryUpdate(
            type=InventoryUpdateType.STOCK_UPDATED,
            item=InventoryItem(
                id=item.id,
                sku=item.sku,
                name=item.name,
                price=item.price,
                stock=item.stock,
                min_stock=item.min_stock,
                status=item.status,
            ),
            details=StockChangeDetails(
                old_stock=old_stock,
                new_stock=item.stock,
                quantity=quantity,
                action_type=ActionType.RECEIPT,
            ),
            user_id=USER_ID,
            timestamp=datetime.now(UTC),
        )


broker = Broker()
shelf = Shelf()


@strawberry.type
class Query:
    @strawberry.field
    async def items(self, first: int = 25) -> InventoryItemConnection:
        page = list(shelf.items.values())[:first]
        return InventoryItemConnection(edges=[InventoryItemEdge(node=item) for item in page])


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def emit(self, count: int) -> bool:
        for _ in range(count):
            broker.publish(shelf.move(shelf.first, 1))
        return True

    @strawberry.mutation
    async def adjust_stock(self, input: AdjustStockInput) -> StockPayload:
        item = shelf.items.get(str(input.item.id))
        if item is None or item.stock + input.quantity < 0:
            refusal = UserError(code="INSUFFICIENT_STOCK", message="not enough on hand")
            return StockPayload(item=None, movement=None, user_errors=[refusal])
        broker.publish(shelf.move(item, input.quantity))
        movement = StockMovement(id=strawberry.ID(str(uuid.uuid4())), new_stock=item.stock)
        return StockPayload(item=item, movement=movement, user_errors=[])


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def inventory_updated(self) -> AsyncGenerator[InventoryUpdate, None]:
        async for update in broker.listen():
            yield update


def application() -> Starlette:
    """The Starlette application with Strawberry's own ASGI view at /graphql."""
    view: GraphQL[None, None] = GraphQL(strawberry.Schema(Query, Mutation, Subscription))
    return Starlette(routes=[Route("/graphql", view), WebSocketRoute("/graphql", view)])


if __name__ == "__main__":
    serve(application())
