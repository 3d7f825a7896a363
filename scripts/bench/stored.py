"""What storing costs: microseconds for one event and one key, beside arrays that orjson writes.

python scripts/bench/stored.py

The arrays are what 0.1.0 kept: the same bytes, without a form, so nothing checks them and one
more field makes the older ones unreadable. The figures are the least of many runs.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from graphql_api.inventory.facts import ITEM_TOLD, ItemState, ItemTold, StockDetails
from graphql_api.inventory.item import Item, item_of, made_item
from graphql_api.inventory.levels import Levels
from graphql_api.kernel.codec import parts

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

ITEM = replace(
    made_item(
        1234,
        1_767_225_600_000_000,
        {
            "sku": "HAM-16", "name": "Hammer 16 oz", "description": "Claw, 16 oz",
            "category": "tools", "barcode": "4006381333931", "unit": "piece", "price": 189_000,
            "cost": 94_500, "min_stock": 20,
        },
    ),
    stock=42,
    version=7,
    level_quantities=Levels([(1, 40), (1002, 2)]),
)  # fmt: skip
LEVELS = ItemState.__struct_fields__.index("levels")


def write_form() -> str:
    return ITEM_TOLD.encode(ItemTold(ITEM.state(), 1001, StockDetails(45, 42, -3, "SALE")))


def write_array() -> str:
    state = list(parts(ITEM.state()))
    told = {"item": state, "userId": 1001, "details": [45, 42, -3, "SALE"]}
    return orjson.dumps(told).decode()


def read_form() -> Item:
    return item_of(ITEM_TOLD.decode(TEXT).item)


def read_array() -> Item:
    state = orjson.loads(TEXT)["item"]
    levels, held = state.pop(LEVELS), state.pop()
    item = Item(*state)
    item.level_quantities = Levels(levels, held)
    return item


TEXT = write_array()


def least_us(run: Callable[[], Any]) -> float:
    """Of one call."""
    return min(timeit.repeat(run, number=300, repeat=500)) / 300 * 1e6


def main() -> None:
    """Print the table."""
    assert write_form() == TEXT
    assert read_form() == read_array() == ITEM
    print("| µs for one event | form (msgspec) | array (orjson) |")
    print("|---|---|---|")
    for what, form, array in (
        ("write", write_form, write_array),
        ("read", read_form, read_array),
    ):
        print(f"| {what} | {least_us(form):.2f} | {least_us(array):.2f} |")


if __name__ == "__main__":
    launch("stored", main)
