"""Alerts note how bad they were when they last spoke or were silenced, and what their words need."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


async def fill(_apps, editor):
    """Live alerts have told how bad they are; all of them get their item's SKU."""
    for statement in (
        'UPDATE alert SET told_severity = severity WHERE live_item_id IS NOT NULL',
        'UPDATE alert SET item_sku = (SELECT sku FROM item WHERE item.id = alert.item_id)',
    ):
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0033_keys_of_users")]

    operations = [
        ops.AddField(model_name='AlertRecord', name='item_sku', field=fields.CharField(max_length=64, null=True)),
        ops.AddField(model_name='AlertRecord', name='stock_before', field=fields.IntField(null=True, description='before it last changed')),
        ops.AddField(model_name='AlertRecord', name='told_severity', field=fields.SmallIntField(null=True, description='when it last spoke or was silenced: it speaks when worse')),
        ops.RunPython(fill),
    ]
