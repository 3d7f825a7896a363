"""Stock that is set aside: holds with their lines, and how many units items and levels have held."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0080_places_live")]

    operations = [
        ops.CreateModel(
            name='HoldRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('status', fields.CharField(max_length=16)),
                ('reference', fields.CharField(null=True, max_length=200)),
                ('note', fields.CharField(null=True, max_length=500)),
                ('user_id', fields.BigIntField(null=True)),
                ('line_count', fields.IntField(description='so that work is bounded before it is read')),
                ('created_at', fields.BigIntField()),
                ('expires_at', fields.BigIntField()),
                ('ended_at', fields.BigIntField(null=True)),
                ('ended_by', fields.BigIntField(null=True, description='null: nobody, it ran out')),
            ],
            options={'table': 'hold', 'app': 'inventory', 'indexes': [Index(fields=['status', 'expires_at'], name='hold_by_expiry'), Index(fields=['status', 'id'], name='hold_by_status'), Index(fields=['reference', 'id'], name='hold_by_reference'), Index(fields=['ended_at', 'id'], name='hold_by_end')], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='HoldLineRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('hold', fields.ForeignKeyField('inventory.HoldRecord', source_field='hold_id', db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.CASCADE)),
                ('item_id', fields.BigIntField()),
                ('location_id', fields.BigIntField()),
                ('quantity', fields.IntField()),
            ],
            options={'table': 'hold_line', 'app': 'inventory', 'indexes': [Index(fields=['hold_id'], name='hold_line_by_hold'), Index(fields=['item_id', 'hold_id'], name='hold_line_by_item')], 'pk_attr': 'id', 'table_description': 'How many units of an item one hold has at one location.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='ItemRecord',
            name='held',
            field=fields.IntField(description='sum of what its levels have held', db_default=0),
        ),
        ops.AddField(
            model_name='LevelRecord',
            name='held',
            field=fields.IntField(description="sum of the live holds' lines there", db_default=0),
        ),
    ]
