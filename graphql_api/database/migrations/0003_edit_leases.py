"""Edit leases."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_notifications_and_push")]

    operations = [
        ops.CreateModel(
            name='EditLeaseRecord',
            fields=[
                ('item_id', fields.BigIntField(primary_key=True, unique=True, db_index=True)),
                ('fence', fields.BigIntField(description='one more each time that somebody else gets it')),
                ('secret', fields.CharField(max_length=32, description='of its token, empty: it was given back')),
                ('user_id', fields.BigIntField()),
                ('session_id', fields.BigIntField()),
                ('expires_at', fields.BigIntField()),
            ],
            options={'table': 'edit_lease', 'app': 'inventory', 'indexes': [Index(fields=['session_id'], name='edit_lease_by_session'), Index(fields=['user_id'], name='edit_lease_by_user'), Index(fields=['expires_at'], name='edit_lease_by_end')], 'pk_attr': 'item_id', 'table_description': 'The newest edit lease of an item. It stays when it has ended, so that fences only rise.'},
            bases=['Model'],
        ),
    ]
