"""What storing costs: microseconds for one event and one key, beside arrays that orjson writes.

python scripts/bench/stored.py

The arrays are what 0.1.0 kept: the same bytes, without a form, so nothing checks them and one
more field makes the older ones unreadable. The figures are the least of many runs.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from graphql_api.inventory.facts import ITEM_TOLD, ItemTold, StockDetails
from graphql_api.inventory.items import Item, item_of

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

ITEM = Item(
    1234, "HAM-16", "Hammer 16 oz", "Claw, 16 oz", "tools", "4006381333931", "piece", 189_000,
    94_500, 42, 20, 0, 7, None, 1_767_225_600_000_000, 1_767_225_600_000_001,
    level_quantities={1: 40, 1002: 2},
)  # fmt: skip


def write_form() -> str:
    return ITEM_TOLD.encode(ItemTold(ITEM.state(), 1001, StockDetails(45, 42, -3, "SALE")))


def write_array() -> str:
    levels = [[place, quantity] for place, quantity in (ITEM.level_quantities or {}).items()]
    state = [*ITEM.row(), levels]
    told = {"item": state, "userId": 1001, "details": [45, 42, -3, "SALE"]}
    return orjson.dumps(told).decode()


def read_form() -> Item:
    return item_of(ITEM_TOLD.decode(TEXT).item)


def read_array() -> Item:
    state = orjson.loads(TEXT)["item"]
    item = Item(*state[:16])
    item.level_quantities = dict(state[16])
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
