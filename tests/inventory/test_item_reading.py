"""Items of which no more is read than is asked for."""

from __future__ import annotations

import pytest
from graphql import GraphQLObjectType

from graphql_api.engine.plain_fields import plain_of
from graphql_api.inventory.item import COLUMN_NAMES, Item
from graphql_api.inventory.item_reading import item_reader
from graphql_api.settings import Settings
from schema import build_schema

FULL = Item(
    id=1, sku="S", name="N", description="D", category="C", barcode="b", unit="unit", price=5,
    cost=4, stock=3, min_stock=2, admins_only=1, version=7, deleted_at=None, created_at=8,
    updated_at=9, archived_at=10, attributes='{"a":"b"}', codes=None, other_units=None,
    display_unit=None, held=1,
)  # fmt: skip


def read(attributes: frozenset[str] | None) -> Item:
    """`FULL` out of a row that holds what is asked for."""
    reader = item_reader(attributes, 1)
    row = tuple(getattr(FULL, name) for name in reader.columns.split(", "))
    return reader.read(("its sort key", *row))


def test_each_plain_field_of_an_item_can_be_told_of_a_row_that_was_read_for_it_alone() -> None:
    """A property of several columns that item_reading.py does not know would raise here."""
    kind = build_schema(Settings()).core.type_map["InventoryItem"]
    assert isinstance(kind, GraphQLObjectType)
    attributes = [one for field in kind.fields.values() if (one := plain_of(field).attribute)]
    assert {"status", "available", "barcodes", "units", "visibility"} <= set(attributes)
    for one in attributes:
        assert getattr(read(frozenset({one})), one) == getattr(FULL, one), one


def test_what_was_not_asked_for_is_not_there_rather_than_wrong() -> None:
    item = read(frozenset({"id", "sku"}))
    with pytest.raises(AttributeError):
        _ = item.description
    assert item.level_quantities is None


def test_all_is_read_for_who_may_ask_for_anything() -> None:
    for attributes in (None, frozenset({"something new"}), frozenset({"shown_unit"})):
        assert item_reader(attributes).columns == ", ".join(COLUMN_NAMES)
    assert read(None) == FULL


def test_statements_stay_few() -> None:
    """A database keeps the plans of about a hundred: clients do not decide how many there are."""
    ones = {item_reader(frozenset({name})).columns for name in COLUMN_NAMES}
    assert len(ones) <= 5
