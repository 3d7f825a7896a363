"""Items out of rows that hold no more than somebody asks of them. For the catalogue.

Of a page of fifty, 22 columns take 150 µs to fetch and 8 take 90; making objects of them goes
likewise (scripts/bench/stored.py measures the forms, docs/performance.md tells of pages).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from graphql_api.database.connection import Row
from graphql_api.engine.rows import Layout
from graphql_api.inventory import barcodes, units
from graphql_api.inventory.item import COLUMN_NAMES, Item, status_of, visibility_of

# What properties are made of, beside columns of their own name, and how.
_MADE_OF: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "available": (operator.sub, ("stock", "held")),
    "status": (status_of, ("stock", "min_stock")),
    "visibility": (visibility_of, ("admins_only",)),
    "barcodes": (barcodes.listed, ("barcode", "codes")),
    "units": (units.listed, ("unit", "other_units")),
}
# Columns are read by groups, so that statements stay few, whatever clients select: a database keeps
# the plans of about a hundred. The first is always read; the last has what none of these names.
_GROUPS = (
    ("id", "sku", "name", "price", "stock", "min_stock"),
    ("description",),
    ("category", "barcode", "unit", "codes", "other_units", "display_unit"),
    ("version", "deleted_at", "created_at", "updated_at", "archived_at"),
)
_NAMED = frozenset(name for group in _GROUPS for name in group)
_READ_TOGETHER = (*_GROUPS, tuple(name for name in COLUMN_NAMES if name not in _NAMED))


class ItemReader(NamedTuple):
    """How items are read whose other attributes nobody asks for. columns: for a SELECT, after
    `offset` others; read: an item out of such a row. Attributes that were not read are not there:
    asking for one raises AttributeError. layout: of such rows, for who writes them as they are."""

    columns: str
    read: Callable[[Row], Item]
    layout: Layout


@lru_cache(maxsize=256)  # selections; any other is looked at anew
def item_reader(attributes: frozenset[str] | None, offset: int = 0) -> ItemReader:
    """Reads items for those who ask for these attributes; None: for all."""
    names: tuple[str, ...] = COLUMN_NAMES
    if attributes is not None:
        wanted = {name for one in attributes for name in _columns_of(one)}
        names = tuple(
            name
            for number, group in enumerate(_READ_TOGETHER)
            if number == 0 or not wanted.isdisjoint(group)
            for name in group
        )
        if not wanted <= set(names):  # one that is no column
            names = COLUMN_NAMES
    return _reader(names, offset)


@lru_cache(maxsize=64)  # more than there are combinations of groups
def _reader(names: tuple[str, ...], offset: int) -> ItemReader:
    targets = [*(f"_{number}" for number in range(offset)), *(f"item.{name}" for name in names)]
    scope: dict[str, Any] = {"new": object.__new__, "Item": Item}
    lines = ("def read(row):", " item = new(Item)", f" {', '.join(targets)} = row")
    exec("\n".join([*lines, " item.level_quantities = None", " return item"]), scope)  # noqa: S102
    made = {name: how for name, how in _MADE_OF.items() if set(how[1]) <= set(names)}
    layout = Layout(Item, (*[""] * offset, *names), made)
    return ItemReader(", ".join(names), scope["read"], layout)


def _columns_of(attribute: str) -> tuple[str, ...]:
    made = _MADE_OF.get(attribute)
    return (attribute,) if made is None else made[1]
