"""Contestant: Strawberry with Tortoise on SQLite, written the ordinary way.

One transaction for each adjustStock: load, check, save, insert the movement. WAL and
synchronous=FULL, so that what it has answered is as safe as what our server has answered.
"""

import os
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal

import strawberry
from fixtures import item_rows
from inventory_types import (
    AdjustStockInput,
    InventoryItem,
    InventoryItemConnection,
    InventoryItemEdge,
    StockMovement,
    StockPayload,
    UserError,
    status_of,
)
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from tortoise import fields
from tortoise.contrib.starlette import RegisterTortoise
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uvicorn_settings import serve

DATABASE_FILE = os.environ.get("BENCH_SQLITE", ":memory:")


class Item(Model):
    """A thing kept in stock; the price in hundredths, stock in whole units."""

    id = fields.UUIDField(primary_key=True)
    sku = fields.CharField(max_length=64, unique=True)
    name = fields.CharField(max_length=200)
    price_cents = fields.IntField()
    stock = fields.IntField()
    min_stock = fields.IntField()

    def to_graphql(self) -> InventoryItem:
        return InventoryItem(
            id=strawberry.ID(str(self.id)),
            sku=self.sku,
            name=self.name,
            price=Decimal(self.price_cents) / 100,
            stock=self.stock,
            min_stock=self.min_stock,
            status=status_of(self.stock, self.min_stock),
        )


class Movement(Model):
    """One line of the ledger."""

    id = fields.UUIDField(primary_key=True, default=uuid.uuid4)
    item: fields.ForeignKeyRelation[Item] = fields.ForeignKeyField("models.Item")
    quantity = fields.IntField()
    old_stock = fields.IntField()
    new_stock = fields.IntField()
    action_type = fields.CharField(max_length=20)
    idempotency_key = fields.CharField(max_length=100, unique=True)
    recorded_at = fields.DatetimeField(auto_now_add=True)


@strawberry.type
class Query:
    @strawberry.field
    async def items(self, first: int = 25) -> InventoryItemConnection:
        page = await Item.all().order_by("sku").limit(first)
        return InventoryItemConnection(
            edges=[InventoryItemEdge(node=item.to_graphql()) for item in page]
        )


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def adjust_stock(self, input: AdjustStockInput) -> StockPayload:
        async with in_transaction():
            item = await Item.get(id=input.item.id)
            old_stock = item.stock
            item.stock = old_stock + input.quantity
            if item.stock < 0:
                refusal = UserError(code="INSUFFICIENT_STOCK", message="not enough on hand")
                return StockPayload(item=None, movement=None, user_errors=[refusal])
            await item.save()
            movement = await Movement.create(
                item=item,
                quantity=input.quantity,
                old_stock=old_stock,
                new_stock=item.stock,
                action_type=input.action_type.value,
                idempotency_key=input.idempotency_key,
            )
        answer = StockMovement(id=strawberry.ID(str(movement.id)), new_stock=item.stock)
        return StockPayload(item=item.to_graphql(), movement=answer, user_errors=[])


@asynccontextmanager
async def database(app: Starlette) -> AsyncGenerator[None, None]:
    """Open the file, make the tables and the shared items; close at the end."""
    async with RegisterTortoise(
        app,
        db_url=f"sqlite://{DATABASE_FILE}?journal_mode=WAL&synchronous=FULL",
        modules={"models": ["__main__"]},
        generate_schemas=True,
    ):
        await make_items()
        yield


async def make_items() -> None:
    """The shared items."""
    await Item.bulk_create(
        Item(
            id=uuid.UUID(row.id),
            sku=row.sku,
            name=row.name,
            price_cents=row.price_cents,
            stock=row.stock,
            min_stock=row.min_stock,
        )
        for row in item_rows()
    )


def application() -> Starlette:
    """The Starlette application with Strawberry's own ASGI view at /graphql."""
    view: GraphQL[None, None] = GraphQL(strawberry.Schema(Query, Mutation))
    return Starlette(routes=[Route("/graphql", view)], lifespan=database)


if __name__ == "__main__":
    serve(application())
