"""Stock: the face of graphql_api/inventory/stock.py and history.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graphql_api.inventory import stock as domain
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.history import History
from graphql_api.inventory.items import Item
from graphql_api.inventory.ledger_check import check_ledger
from graphql_api.inventory.locations import Location
from graphql_api.inventory.stock import StockLedger
from schema.context import Context, Info
from schema.faces import Face, computed, enum_of, face_of
from schema.items import ItemRef, as_ref
from schema.node import Id, Node, id_of, required_id
from schema.pagination import (
    PAGE_DEFAULT,
    After,
    Before,
    Connection,
    First,
    Last,
    asked,
    connection,
)
from schema.permissions import Rule, mutation, query
from schema.scalars import DateTime
from schema.stock_inputs import (
    AdjustStockBatchInput,
    AdjustStockInput,
    SetStockInput,
    TransferStockInput,
    trimmed,
)
from schema.stock_payloads import StockBatchPayload, StockPayload, batch_payload, payload

enum_of(
    domain.ActionType,
    "ActionType",
    "Why stock changed.",
    {
        "RECEIPT": "Goods came in: adds.",
        "SALE": "Goods were sold: takes away.",
        "RETURN": "Goods came back from a customer (adds) or went back to a supplier (takes away).",
        "WRITE_OFF": "Goods were lost, broken or spoilt: takes away.",
        "CORRECTION": "An earlier movement was wrong: either way.",
        "COUNT": "Somebody counted. Booked by setStock only.",
        "TRANSFER": "Goods moved between two locations. Booked by transferStock only.",
    },
)
enum_of(
    domain.BulkPolicy,
    "BulkPolicy",
    "What a bad line of a batch means for the others.",
    {
        "ABORT_ALL": "One bad line, and nothing is applied.",
        "SKIP_FAILED": "The other lines are applied.",
    },
)


@face_of(domain.Movement, "One line of the ledger: never changed, never deleted.")
class StockMovement(Node):
    @computed("What moved.")
    @staticmethod
    async def item(movement: Parent[domain.Movement], info: Info) -> Item:
        item = await info.context.loaders.item.load(movement.item_id)
        assert item is not None, "a movement is shown to those only who may see its item"
        return item

    @computed("Where.")
    @staticmethod
    async def location(movement: Parent[domain.Movement], info: Info) -> Location:
        location = await info.context.loaders.location.load(movement.location_id)
        assert location is not None
        return location

    action_type: domain.ActionType = strawberry.field(description="Why.")
    quantity: int = strawberry.field(description="The signed change, whole units.")
    old_stock: int = strawberry.field(
        description="The item's stock over all locations right before."
    )
    new_stock: int = strawberry.field(
        description="The item's stock over all locations right after."
    )
    reason: str | None = strawberry.field(description="In words.")
    reference: str | None = strawberry.field(
        description="The document behind it: an invoice, an order."
    )
    user_id: strawberry.ID | None = strawberry.field(description="Who booked it.")
    occurred_at: DateTime = strawberry.field(description="When, as the client told.")
    recorded_at: DateTime = strawberry.field(
        description="When the ledger took it; balances follow the ledger's order only."
    )


@strawberry.type(description="Proof of the ledger, recomputed from its movements.")
class LedgerCheck:
    items_checked: int = strawberry.field(description="How many items.")
    movements_checked: int = strawberry.field(description="How many movements.")
    drifted: list[strawberry.ID] = strawberry.field(
        description="Items whose balances do not follow from their movements."
    )
    ok: bool = strawberry.field(description="Whether none drifted.")


@strawberry.type
class StockQueries:
    @query(Rule.VIEWER, "The ledger, newest first: of one item, or of all that you may see.")
    async def stock_movements(
        self,
        info: Info,
        item: Annotated[
            ItemRef | None, strawberry.argument("Of this item; of all items if absent.")
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[domain.Movement]:
        context = info.context
        page = asked("movement", (int,), first, after, last, before)
        beyond, until = page.ids
        item_id: int | None = None
        if item is not None:
            found = await context.services.of(Catalogue).find(as_ref(item), context.sees_admins)
            item_id = found.id if found else NO_ITEM
        history = context.services.of(History)
        rows = await history.page(
            item_id,
            context.sees_admins,
            page.limit,
            beyond,
            until=until,
            backwards=page.backwards,
        )
        return connection(
            rows,
            lambda movement: [movement.id],
            "movement",
            first,
            after,
            lambda: history.count(item_id, context.sees_admins),
            last,
            before,
        )

    @query(Rule.VIEWER, "One line of the ledger; null when there is none that you may see.")
    async def stock_movement(self, info: Info, id: Id) -> domain.Movement | None:
        movement_id = required_id(id)
        return (await _nodes(info.context, [movement_id])).get(movement_id)

    @query(Rule.ADMIN, "Recompute every balance from the movements. ADMIN.")
    async def ledger_check(self, info: Info) -> LedgerCheck:
        check = await check_ledger(info.context.services.database.scanning)
        return LedgerCheck(
            items_checked=check.items_checked,
            movements_checked=check.movements_checked,
            drifted=[strawberry.ID(str(item_id)) for item_id in check.drifted],
            ok=check.ok,
        )


NO_ITEM = 0  # no row has this id


@strawberry.type
class StockMutations:
    @mutation(Rule.USER, StockPayload, "Change an item's stock by a quantity.")
    async def adjust_stock(
        self, info: Info, input: Annotated[AdjustStockInput, strawberry.argument("The change.")]
    ) -> StockPayload:
        command: Any = input  # made by adjust_stock_input
        command = replace(
            command,
            user_id=info.context.signed_in.user_id,
            sees_admins=info.context.sees_admins,
        )
        return payload(await info.context.services.of(StockLedger).carry_out(command))

    @mutation(Rule.USER, StockPayload, "Set an item's level at a location to what was counted.")
    async def set_stock(
        self, info: Info, input: Annotated[SetStockInput, strawberry.argument("The count.")]
    ) -> StockPayload:
        return payload(
            await info.context.services.of(StockLedger).carry_out(
                domain.SetStock(
                    input.idempotency_key.strip(),
                    as_ref(input.item),
                    input.stock,
                    input.expected_stock,
                    id_of(input.location),
                    trimmed(input.reason),
                    trimmed(input.reference),
                    info.context.signed_in.user_id,
                    info.context.sees_admins,
                    trimmed(input.unit),
                    input.amount,
                )
            )
        )

    @mutation(Rule.USER, StockBatchPayload, "Up to 250 changes of stock at once, in order.")
    async def adjust_stock_batch(
        self,
        info: Info,
        input: Annotated[AdjustStockBatchInput, strawberry.argument("The changes.")],
    ) -> StockBatchPayload:
        return batch_payload(
            await info.context.services.of(StockLedger).carry_out(
                domain.AdjustStock(
                    input.idempotency_key.strip(),
                    tuple(input.lines),  # type: ignore[arg-type]  # made by stock_line
                    input.on_error,
                    True,
                    info.context.signed_in.user_id,
                    info.context.sees_admins,
                )
            )
        )

    @mutation(Rule.USER, StockBatchPayload, "Move units between two locations.")
    async def transfer_stock(
        self,
        info: Info,
        input: Annotated[TransferStockInput, strawberry.argument("What, from where, to where.")],
    ) -> StockBatchPayload:
        return batch_payload(
            await info.context.services.of(StockLedger).carry_out(
                domain.TransferStock(
                    input.idempotency_key.strip(),
                    as_ref(input.item),
                    input.quantity,
                    required_id(input.from_),
                    required_id(input.to),
                    trimmed(input.reason),
                    trimmed(input.reference),
                    info.context.signed_in.user_id,
                    info.context.sees_admins,
                    trimmed(input.unit),
                    input.amount,
                )
            )
        )


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, domain.Movement]:
    return await context.services.of(History).by_ids(ids, context.sees_admins)


FACE = Face(nodes=_nodes, queries=StockQueries, mutations=StockMutations)
