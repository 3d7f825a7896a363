"""Unread counts by index, marks of all read, Web Push, and the servers that run."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        ops.AddField(
            model_name='NotificationRecord',
            name='item_id',
            field=fields.BigIntField(null=True, description='the item it speaks of: hidden with it'),
        ),
        ops.AddIndex(model_name='NotificationRecord', index=Index(fields=['roles', 'id'], name='notification_by_roles')),
        ops.AddIndex(model_name='NotificationRecord', index=Index(fields=['user_id', 'id'], name='notification_by_user')),
        ops.AddIndex(model_name='NotificationRecord', index=Index(fields=['item_id'], name='notification_by_item')),
        ops.RemoveIndex(model_name='NotificationReadRecord', name='notification_read_by_user'),
        ops.AddIndex(model_name='NotificationReadRecord', index=Index(fields=['user_id', 'notification_id'], name='notification_read_by_reader')),
        ops.CreateModel(
            name='NotificationMarkRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user_id', fields.BigIntField()),
                ('up_to', fields.BigIntField(description='the newest notification id that it covers')),
                ('read_at', fields.BigIntField()),
            ],
            options={'table': 'notification_mark', 'app': 'inventory', 'unique_together': (('user_id', 'up_to'),), 'pk_attr': 'id', 'table_description': 'That one user has marked all as read: everything up to an id.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PushSubscriptionRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user_id', fields.BigIntField()),
                ('session_id', fields.BigIntField(description='gone with this session')),
                ('endpoint', fields.CharField(max_length=2048)),
                ('endpoint_hash', fields.CharField(unique=True, description='SHA-256, hex', max_length=64)),
                ('p256dh', fields.CharField(description="the browser's public key, base64url", max_length=88)),
                ('auth', fields.CharField(description="the browser's secret, base64url", max_length=24)),
                ('min_severity', fields.SmallIntField(description='1 LOW, 2 MEDIUM, 3 HIGH, 4 CRITICAL')),
                ('created_at', fields.BigIntField()),
            ],
            options={'table': 'push_subscription', 'app': 'inventory', 'indexes': [Index(fields=['user_id', 'id'], name='push_subscription_by_user'), Index(fields=['session_id'], name='push_subscription_by_session')], 'pk_attr': 'id', 'table_description': 'A browser that wants alerts while nobody looks at it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PushPositionRecord',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('position', fields.BigIntField(description='alerts up to here were handed to deliveries')),
            ],
            options={'table': 'push_position', 'app': 'inventory', 'pk_attr': 'id', 'table_description': 'One row, id 1, once somebody has subscribed.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PushDeliveryRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('subscription_id', fields.BigIntField()),
                ('alert_ids', fields.TextField(description='JSON', unique=False)),
                ('created_at', fields.BigIntField()),
                ('due_at', fields.BigIntField(description='when to send it, later while a process is at it')),
                ('attempts', fields.IntField()),
            ],
            options={'table': 'push_delivery', 'app': 'inventory', 'indexes': [Index(fields=['due_at', 'id'], name='push_delivery_by_due'), Index(fields=['subscription_id'], name='push_delivery_by_subscription')], 'pk_attr': 'id', 'table_description': 'One message that is still to be sent to one subscription.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ServerRunRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('host', fields.CharField(max_length=255)),
                ('pid', fields.BigIntField()),
                ('started_at', fields.BigIntField()),
                ('seen_at', fields.BigIntField(description='its last sign of life')),
            ],
            options={'table': 'server_run', 'app': 'inventory', 'pk_attr': 'id', 'table_description': 'A server that runs. Its row goes when it stops in good order.'},
            bases=['Model'],
        ),
    ]
