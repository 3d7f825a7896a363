"""Tables of items, locations and the ledger.

Money is whole ten-thousandths of the currency's unit (values.py), quantities are whole
units, instants are microseconds since 1970 UTC: integers compare, sort and add exactly in
every database. Ids come from the log's head, so no two rows of any tables share one; the
columns are declared as generated because only so does SQLite store a row under its id.
Neither stock nor a level can go below zero: the migration adds that as constraints.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class ItemRecord(Model):
    id = fields.BigIntField(primary_key=True)
    sku = fields.CharField(max_length=64)
    sku_key = fields.CharField(max_length=128, unique=True, description="SKU without its case")
    sku_order = fields.CharField(max_length=400, db_default="", description="SKU, to sort by")
    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=400, description="name without its case, to sort by")
    description = fields.TextField()
    category = fields.CharField(max_length=255, null=True)
    category_key = fields.CharField(
        max_length=510, null=True, description="category without its case"
    )
    barcode = fields.CharField(max_length=64, null=True, description="the first of its barcodes")
    unit = fields.CharField(max_length=32)
    price = fields.BigIntField(description="ten-thousandths")
    cost = fields.BigIntField(null=True, description="ten-thousandths")
    stock = fields.IntField(description="sum of its levels")
    held = fields.IntField(db_default=0, description="sum of what its levels have held")
    min_stock = fields.IntField()
    admins_only = fields.SmallIntField(description="1: exists for ADMIN only")
    version = fields.IntField()
    search_text = fields.TextField(description="its search terms, each with a space before it")
    signature = fields.BigIntField(db_default=-1, description="63 bits of its terms, -1: not known")
    deleted_at = fields.BigIntField(null=True)
    created_at = fields.BigIntField()
    updated_at = fields.BigIntField()
    archived_at = fields.BigIntField(null=True)
    attributes = fields.TextField(null=True, description="JSON, text to text, or null")
    codes = fields.TextField(null=True, description="all its barcodes, if more than barcode says")
    other_units = fields.TextField(null=True, description="its units beside the base unit")
    display_unit = fields.CharField(max_length=32, null=True, description="null: the base unit")
    lead_time_days = fields.IntField(null=True, description="null: as the business has it")

    class Meta:
        table = "item"
        indexes = (
            Index(fields=("name_key", "id", "signature"), name="item_by_name"),
            Index(fields=("stock", "id", "signature"), name="item_by_stock"),
            Index(fields=("price", "id", "signature"), name="item_by_price"),
            Index(fields=("updated_at", "id", "signature"), name="item_by_update"),
            # All that counts categories needs, so that it reads nothing else.
            Index(
                fields=("category_key", "admins_only", "deleted_at", "id"), name="item_by_category"
            ),
            Index(fields=("sku_order", "id", "signature"), name="item_by_sku"),
        )


class ItemTerm(Model):
    """One search term of one item: a word of its SKU, name, barcode or category."""

    id = fields.BigIntField(primary_key=True)
    term = fields.CharField(max_length=64)
    item_id = fields.BigIntField()

    class Meta:
        table = "item_term"
        indexes = (Index(fields=("term", "item_id"), name="item_term_by_term"),)


class ItemBarcodeRecord(Model):
    """A barcode's compare key, and the living item that has it: a deleted one has none."""

    key = fields.CharField(max_length=80, primary_key=True)
    item_id = fields.BigIntField()

    class Meta:
        table = "item_barcode"
        indexes = (Index(fields=("item_id",), name="item_barcode_by_item"),)


class LocationRecord(Model):
    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(max_length=32)
    code_key = fields.CharField(max_length=64, unique=True, description="code without its case")
    name = fields.CharField(max_length=200)
    created_at = fields.BigIntField()
    parent_id = fields.BigIntField(null=True, description="the place that it is in")
    archived_at = fields.BigIntField(null=True, description="since when it takes nothing in")

    class Meta:
        table = "location"
        indexes = (Index(fields=("parent_id", "code_key"), name="location_by_parent"),)


class LevelRecord(Model):
    """An item's quantity at one location: the sum of its movements there."""

    id = fields.BigIntField(primary_key=True)
    item_id = fields.BigIntField()
    location_id = fields.BigIntField()
    quantity = fields.IntField()
    held = fields.IntField(db_default=0, description="sum of the live holds' lines there")

    class Meta:
        table = "level"
        unique_together = (("item_id", "location_id"),)
        indexes = (Index(fields=("location_id", "item_id"), name="level_by_location"),)


class LevelMinimumRecord(Model):
    """What should be there of an item at one location, at least."""

    # A row stays when its minimum is taken away: its id names the live alert of this item and
    # place (alerts/rules.py).
    id = fields.BigIntField(primary_key=True)
    item_id = fields.BigIntField()
    location_id = fields.BigIntField()
    min_stock = fields.IntField(null=True, description="null: taken away")

    class Meta:
        table = "level_minimum"
        unique_together = (("item_id", "location_id"),)
        indexes = (Index(fields=("location_id", "id"), name="level_minimum_by_location"),)


class MovementRecord(Model):
    """One immutable line of the ledger, ids rise in the ledger's order."""

    id = fields.BigIntField(primary_key=True)
    item_id = fields.BigIntField()
    location_id = fields.BigIntField()
    action_type = fields.CharField(max_length=16)
    quantity = fields.IntField()
    old_stock = fields.IntField()
    new_stock = fields.IntField()
    reason = fields.CharField(max_length=500, null=True)
    reference = fields.CharField(max_length=200, null=True)
    user_id = fields.BigIntField(null=True)
    occurred_at = fields.BigIntField()
    recorded_at = fields.BigIntField()

    class Meta:
        table = "movement"
        indexes = (
            Index(fields=("item_id", "id"), name="movement_by_item"),
            Index(fields=("location_id", "id"), name="movement_by_location"),
            Index(fields=("user_id", "id"), name="movement_by_user"),
            Index(fields=("action_type", "id"), name="movement_by_action"),
            # All that sums over some days need, so that they read nothing else.
            Index(
                fields=("recorded_at", "action_type", "item_id", "quantity", "location_id", "id"),
                name="movement_by_time",
            ),
            Index(
                fields=("occurred_at", "id", "action_type", "item_id", "quantity", "location_id"),
                name="movement_by_occurrence",
            ),
        )


class MovementTerm(Model):
    """One word of one movement's reference or reason, by which it is found."""

    id = fields.BigIntField(primary_key=True)
    term = fields.CharField(max_length=64)
    movement_id = fields.BigIntField()

    class Meta:
        table = "movement_term"
        indexes = (Index(fields=("term", "movement_id"), name="movement_term_by_term"),)


class ReversalRecord(Model):
    """A movement that was reversed, or that reverses one.

    Both have a row, so a movement is in one reversal at most, on either side.
    """

    id = fields.BigIntField(primary_key=True, description="the movement's own")
    other_id = fields.BigIntField(description="the movement on the other side")
    reverses = fields.SmallIntField(description="1: it reverses the other one, 0: it was reversed")

    class Meta:
        table = "reversal"


class ItemChangeRecord(Model):
    """One field of an item that became something else. Kept for ever, as the ledger is."""

    id = fields.BigIntField(primary_key=True)
    item_id = fields.BigIntField()
    field = fields.CharField(max_length=64)
    old_value = fields.TextField(null=True)
    new_value = fields.TextField(null=True)
    user_id = fields.BigIntField(null=True)
    changed_at = fields.BigIntField()

    class Meta:
        table = "item_change"
        indexes = (Index(fields=("item_id", "id"), name="item_change_by_item"),)


class IdempotencyRecord(Model):
    """What a key of a user stood for and what came of it, kept for ever."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.BigIntField(description="0: nobody, who acts without a session")
    key = fields.CharField(max_length=200)
    input_hash = fields.CharField(max_length=64)
    result = fields.TextField(description="JSON")
    recorded_at = fields.BigIntField()

    class Meta:
        table = "idempotency_key"
        unique_together = (("key", "user_id"),)
