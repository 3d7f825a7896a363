"""Changing stock: the face of graphql_api/inventory/stock.py."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from graphql_api.inventory import stock as domain
from graphql_api.inventory.ledger_check import check_ledger
from graphql_api.inventory.stock import StockLedger
from schema.context import Info
from schema.faces import Face, enum_of
from schema.items import as_ref
from schema.node import id_of, required_id
from schema.permissions import Rule, mutation, query
from schema.stock_inputs import (
    AdjustStockBatchInput,
    AdjustStockInput,
    SetStockBatchInput,
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
        "COUNT": "Somebody counted. Booked by setStock and setStockBatch only.",
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
    @query(Rule.ADMIN, "Recompute every balance from the movements. ADMIN.")
    async def ledger_check(self, info: Info) -> LedgerCheck:
        check = await check_ledger(info.context.services.database.scanning)
        return LedgerCheck(
            items_checked=check.items_checked,
            movements_checked=check.movements_checked,
            drifted=[strawberry.ID(str(item_id)) for item_id in check.drifted],
            ok=check.ok,
        )


@strawberry.type
class StockMutations:
    @mutation(Rule.USER, StockPayload, "Change an item's stock by a quantity.")
    async def adjust_stock(
        self, info: Info, input: Annotated[AdjustStockInput, strawberry.argument("The change.")]
    ) -> StockPayload:
        return payload(await _carried_out(info, input))

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
                    input.occurred_at,
                )
            )
        )

    @mutation(Rule.USER, StockBatchPayload, "Up to 250 changes of stock at once, in order.")
    async def adjust_stock_batch(
        self,
        info: Info,
        input: Annotated[AdjustStockBatchInput, strawberry.argument("The changes.")],
    ) -> StockBatchPayload:
        return batch_payload(await _carried_out(info, input))

    @mutation(Rule.USER, StockBatchPayload, "Up to 250 counts at once.")
    async def set_stock_batch(
        self,
        info: Info,
        input: Annotated[SetStockBatchInput, strawberry.argument("The counts.")],
    ) -> StockBatchPayload:
        return batch_payload(
            await info.context.services.of(StockLedger).carry_out(
                domain.SetStockBatch(
                    input.idempotency_key.strip(),
                    tuple(input.lines),  # type: ignore[arg-type]  # made by count_line
                    input.on_error,
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
                    input.occurred_at,
                )
            )
        )


async def _carried_out(info: Info, command: Any) -> domain.StockResult:
    """command: an AdjustStock that lacks its caller, see stock_inputs.py."""
    context = info.context
    command.user_id = context.signed_in.user_id
    command.sees_admins = context.sees_admins
    return await context.services.of(StockLedger).carry_out(command)


FACE = Face(queries=StockQueries, mutations=StockMutations)
