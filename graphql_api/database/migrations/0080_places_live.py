"""Places can be nested, archived, and have minimums of their own, with alerts of their own."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0077_item_units")]

    operations = [
        ops.CreateModel(
            name='LevelMinimumRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('item_id', fields.BigIntField()),
                ('location_id', fields.BigIntField()),
                ('min_stock', fields.IntField(null=True, description='null: taken away')),
            ],
            options={'table': 'level_minimum', 'app': 'inventory', 'unique_together': (('item_id', 'location_id'),), 'indexes': [Index(fields=['location_id', 'id'], name='level_minimum_by_location')], 'pk_attr': 'id', 'table_description': 'What should be there of an item at one location, at least.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='AlertRecord',
            name='location_code',
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddField(
            model_name='AlertRecord',
            name='location_id',
            field=fields.BigIntField(null=True, description="of a place's own minimum"),
        ),
        ops.AddField(
            model_name='AlertRecord',
            name='minimum_id',
            field=fields.BigIntField(null=True, description='that minimum'),
        ),
        ops.AddIndex(
            model_name='LevelRecord',
            index=Index(fields=['location_id', 'item_id'], name='level_by_location'),
        ),
        ops.AddField(
            model_name='LocationRecord',
            name='archived_at',
            field=fields.BigIntField(null=True, description='since when it takes nothing in'),
        ),
        ops.AddField(
            model_name='LocationRecord',
            name='parent_id',
            field=fields.BigIntField(null=True, description='the place that it is in'),
        ),
        ops.AddIndex(
            model_name='LocationRecord',
            index=Index(fields=['parent_id', 'code_key'], name='location_by_parent'),
        ),
        ops.AddIndex(
            model_name='MovementRecord',
            index=Index(fields=['location_id', 'id'], name='movement_by_location'),
        ),
    ]
