"""Notifications of many alerts: which items they name, and what one person did in one go."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0036_alert_words")]

    operations = [
        ops.CreateModel(
            name='NotificationItemRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('notification_id', fields.BigIntField()),
                ('item_id', fields.BigIntField()),
            ],
            options={'table': 'notification_item', 'app': 'inventory', 'indexes': [Index(fields=['item_id'], name='notification_item_by_item'), Index(fields=['notification_id'], name='notification_item_by_notification')], 'pk_attr': 'id', 'table_description': 'An item that a notification of many names.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='NotificationGoRecord',
            fields=[
                ('notification_id', fields.BigIntField(primary_key=True, unique=True, db_index=True)),
                ('user_id', fields.BigIntField()),
                ('alert_ids', fields.TextField(description='JSON', unique=False)),
                ('began_at', fields.BigIntField()),
                ('grown_at', fields.BigIntField()),
            ],
            options={'table': 'notification_go', 'app': 'inventory', 'indexes': [Index(fields=['user_id', 'grown_at'], name='notification_go_by_user')], 'pk_attr': 'notification_id', 'table_description': 'What one person did in one go, told in one notification that grows while it goes on.'},
            bases=['Model'],
        ),
    ]
