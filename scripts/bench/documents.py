"""The GraphQL texts that every contestant answers; used by run.py's scenarios and the contestants.

All contestants are sent the same selection, so that the bytes on the wire differ only by the
length of an id or of a timestamp.
"""

from __future__ import annotations

ITEM_FIELDS = "id sku name price stock minStock status"  # seven fields
UPDATE_FIELDS = (
    f"type item {{ {ITEM_FIELDS} }} "
    "details { oldStock newStock quantity actionType } userId timestamp"
)
ITEMS_PAGE = f"{{ items(first: 50) {{ edges {{ node {{ {ITEM_FIELDS} }} }} }} }}"
OTHER_PAGE = (
    "query ($first: Int, $after: String) "
    f"{{ items(first: $first, after: $after) {{ edges {{ node {{ {ITEM_FIELDS} }} }} }} }}"
)
TYPENAME = "{ __typename }"

RESUME = (
    "subscription ($after: Cursor) { inventoryUpdated(after: $after) { " + UPDATE_FIELDS + " } }"
)
ADJUST = """mutation ($input: AdjustStockInput!) { adjustStock(input: $input) {
  item { id stock } movement { id newStock } userErrors { code } } }"""
ADJUST_BATCH = """mutation ($input: AdjustStockBatchInput!) { adjustStockBatch(input: $input) {
  applied userErrors { code } } }"""
EMIT = "mutation ($count: Int!) { emit(count: $count) }"
LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  accessToken userErrors { code message } } }"""
SYNC_CURSOR = "{ syncCursor }"


def subscriptions(groups: int) -> list[str]:
    """As many different documents as `groups`; a distinct alias makes each its own document."""
    if groups == 1:
        return [f"subscription {{ inventoryUpdated {{ {UPDATE_FIELDS} }} }}"]
    return [
        f"subscription {{ g{number}: inventoryUpdated {{ {UPDATE_FIELDS} }} }}"
        for number in range(groups)
    ]


def selections(count: int) -> list[str]:
    """So many documents that select different fields of the item and of the details, not two of
    them the same; new stock is among them, which the load generator looks at."""
    item, details = ITEM_FIELDS.split(), ["oldStock", "quantity", "actionType"]
    assert count < 2 ** (len(item) + len(details)), "there are not so many"
    texts = []
    for number in range(count):
        chosen = [field for bit, field in enumerate(item) if number >> bit & 1]
        told = [field for bit, field in enumerate(details) if number >> len(item) + bit & 1]
        selected = (
            f"item {{ __typename {' '.join(chosen)} }} details {{ newStock {' '.join(told)} }}"
        )
        texts.append(f"subscription {{ inventoryUpdated {{ type {selected} userId timestamp }} }}")
    return texts
