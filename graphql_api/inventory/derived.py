"""What of an item follows from its fields: the keys that it compares and sorts by, and the terms
that it is found by. Stored beside them; made here alone, for commands and migrations alike."""

from __future__ import annotations

from graphql_api.inventory.item import Item
from graphql_api.texts.folding import folded
from graphql_api.texts.signatures import signature_of
from graphql_api.texts.sorting import sort_key
from graphql_api.texts.terms import terms_of, text_of

DERIVED = ("sku_key", "sku_order", "name_key", "category_key", "signature", "search_text")
# In an UPDATE. A SKU that stays keeps its key: two of older versions may have become one, and then
# the later has a key of its own (migration 0074).
DERIVED_CHANGES = (
    "sku_key = CASE WHEN sku = ? THEN sku_key ELSE ? END",
    *(f"{name} = ?" for name in DERIVED[1:]),
)


def terms(item: Item) -> frozenset[str]:
    """What the item is found by."""
    codes = [one.code for one in item.barcodes]
    return terms_of(item.sku, item.name, codes, item.category, item.description)


def derived(item: Item, found_by: frozenset[str]) -> tuple[str | int | None, ...]:
    """The values of DERIVED."""
    return (
        folded(item.sku),
        sort_key(item.sku),
        sort_key(item.name),
        None if item.category is None else folded(item.category),
        signature_of(found_by),
        text_of(found_by),
    )
