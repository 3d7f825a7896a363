"""Table of alerts."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class AlertRecord(Model):
    id = fields.BigIntField(primary_key=True)
    item_id = fields.BigIntField()
    # Of every rule but the first, an offset joins the id (rules.py, Rule.key); of a place's
    # minimum it is that minimum's id.
    live_item_id = fields.BigIntField(
        null=True, unique=True, description="item_id while live: at most one live alert an item"
    )
    type = fields.CharField(max_length=16)
    severity = fields.SmallIntField(description="1 LOW, 2 MEDIUM, 3 HIGH, 4 CRITICAL")
    status = fields.CharField(max_length=16)
    item_name = fields.CharField(max_length=200)
    current_stock = fields.IntField()
    min_stock = fields.IntField()
    admins_only = fields.SmallIntField()
    raised_at = fields.BigIntField()
    touched_at = fields.BigIntField(description="last raised, handled or reminded of")
    acknowledged_by = fields.BigIntField(null=True)
    acknowledged_at = fields.BigIntField(null=True)
    snoozed_until = fields.BigIntField(null=True)
    resolved_at = fields.BigIntField(null=True)
    item_sku = fields.CharField(max_length=64, null=True)
    stock_before = fields.IntField(null=True, description="before it last changed")
    told_severity = fields.SmallIntField(
        null=True, description="when it last spoke or was silenced: it speaks when worse"
    )
    location_id = fields.BigIntField(null=True, description="of a place's own minimum")
    location_code = fields.CharField(max_length=32, null=True)
    minimum_id = fields.BigIntField(null=True, description="that minimum")

    class Meta:
        table = "alert"
        indexes = (
            Index(fields=("item_id", "id"), name="alert_by_item"),
            Index(fields=("status", "id"), name="alert_by_status"),
            Index(fields=("severity", "id"), name="alert_by_severity"),
        )
