"""Sums over some days of movements read those days alone."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_edit_leases")]

    operations = [
        ops.AddIndex(model_name='MovementRecord', index=Index(fields=['recorded_at', 'action_type', 'item_id', 'quantity'], name='movement_by_time')),
    ]
