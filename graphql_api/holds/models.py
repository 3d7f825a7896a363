"""Tables of holds. What they hold in sum stands at the items and levels (inventory/models.py)."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class HoldRecord(Model):
    id = fields.BigIntField(primary_key=True)
    status = fields.CharField(max_length=16)
    reference = fields.CharField(max_length=200, null=True)
    note = fields.CharField(max_length=500, null=True)
    user_id = fields.BigIntField(null=True)
    line_count = fields.IntField(description="so that work is bounded before it is read")
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    ended_by = fields.BigIntField(null=True, description="null: nobody, it ran out")

    class Meta:
        table = "hold"
        indexes = (
            Index(fields=("status", "expires_at"), name="hold_by_expiry"),
            Index(fields=("status", "id"), name="hold_by_status"),
            Index(fields=("reference", "id"), name="hold_by_reference"),
            Index(fields=("ended_at", "id"), name="hold_by_end"),
        )


class HoldLineRecord(Model):
    """How many units of an item one hold has at one location."""

    id = fields.BigIntField(primary_key=True)
    hold: fields.ForeignKeyRelation[HoldRecord] = fields.ForeignKeyField(
        "inventory.HoldRecord", related_name="lines"
    )
    item_id = fields.BigIntField()
    location_id = fields.BigIntField()
    quantity = fields.IntField()

    class Meta:
        table = "hold_line"
        indexes = (
            Index(fields=("hold_id",), name="hold_line_by_hold"),
            Index(fields=("item_id", "hold_id"), name="hold_line_by_item"),
        )
