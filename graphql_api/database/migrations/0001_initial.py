"""The first tables."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

from graphql_api.database.ddl import compare_bytes, never_below_zero


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='AlertRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('item_id', fields.BigIntField()),
                ('live_item_id', fields.BigIntField(null=True, unique=True, description='item_id while live: at most one live alert an item')),
                ('type', fields.CharField(max_length=16)),
                ('severity', fields.SmallIntField(description='1 LOW, 2 MEDIUM, 3 HIGH, 4 CRITICAL')),
                ('status', fields.CharField(max_length=16)),
                ('item_name', fields.CharField(max_length=200)),
                ('current_stock', fields.IntField()),
                ('min_stock', fields.IntField()),
                ('admins_only', fields.SmallIntField()),
                ('raised_at', fields.BigIntField()),
                ('touched_at', fields.BigIntField(description='last raised, handled or reminded of')),
                ('acknowledged_by', fields.BigIntField(null=True)),
                ('acknowledged_at', fields.BigIntField(null=True)),
                ('snoozed_until', fields.BigIntField(null=True)),
                ('resolved_at', fields.BigIntField(null=True)),
            ],
            options={'table': 'alert', 'app': 'inventory', 'indexes': [Index(fields=['item_id', 'id'], name='alert_by_item'), Index(fields=['status', 'id'], name='alert_by_status')], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='IdempotencyRecord',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=200)),
                ('input_hash', fields.CharField(max_length=64)),
                ('result', fields.TextField(description='JSON', unique=False)),
                ('recorded_at', fields.BigIntField()),
            ],
            options={'table': 'idempotency_key', 'app': 'inventory', 'pk_attr': 'key', 'table_description': 'What a key stood for and what came of it, kept for ever.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ItemRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('sku', fields.CharField(max_length=64)),
                ('sku_key', fields.CharField(unique=True, description='SKU without its case', max_length=128)),
                ('name', fields.CharField(max_length=200)),
                ('name_key', fields.CharField(description='name without its case, to sort by', max_length=400)),
                ('description', fields.TextField(unique=False)),
                ('category', fields.CharField(null=True, max_length=100)),
                ('barcode', fields.CharField(null=True, unique=True, max_length=64)),
                ('unit', fields.CharField(max_length=32)),
                ('price', fields.BigIntField(description='ten-thousandths')),
                ('cost', fields.BigIntField(null=True, description='ten-thousandths')),
                ('stock', fields.IntField(description='sum of its levels')),
                ('min_stock', fields.IntField()),
                ('admins_only', fields.SmallIntField(description='1: exists for ADMIN only')),
                ('version', fields.IntField()),
                ('search_text', fields.TextField(description='its search terms, each with a space before it', unique=False)),
                ('deleted_at', fields.BigIntField(null=True)),
                ('created_at', fields.BigIntField()),
                ('updated_at', fields.BigIntField()),
            ],
            options={'table': 'item', 'app': 'inventory', 'indexes': [Index(fields=['name_key', 'id'], name='item_by_name'), Index(fields=['stock', 'id'], name='item_by_stock'), Index(fields=['price', 'id'], name='item_by_price'), Index(fields=['updated_at', 'id'], name='item_by_update'), Index(fields=['category', 'sku_key'], name='item_by_category')], 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ItemTerm',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('term', fields.CharField(max_length=64)),
                ('item_id', fields.BigIntField()),
            ],
            options={'table': 'item_term', 'app': 'inventory', 'indexes': [Index(fields=['term', 'item_id'], name='item_term_by_term')], 'pk_attr': 'id', 'table_description': 'One search term of one item: a word of its SKU, name, barcode or category.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='JobRun',
            fields=[
                ('run', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=100)),
                ('taken_at', fields.BigIntField()),
            ],
            options={'table': 'job_run', 'app': 'inventory', 'pk_attr': 'run', 'table_description': 'That some process has taken one run of one job: `JOB@DUE`, due in seconds since 1970.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LevelRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('item_id', fields.BigIntField()),
                ('location_id', fields.BigIntField()),
                ('quantity', fields.IntField()),
            ],
            options={'table': 'level', 'app': 'inventory', 'unique_together': (('item_id', 'location_id'),), 'pk_attr': 'id', 'table_description': "An item's quantity at one location: the sum of its movements there."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LocationRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('code', fields.CharField(max_length=32)),
                ('code_key', fields.CharField(unique=True, description='code without its case', max_length=64)),
                ('name', fields.CharField(max_length=200)),
                ('created_at', fields.BigIntField()),
            ],
            options={'table': 'location', 'app': 'inventory', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LogHead',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('epoch', fields.CharField(description='identity of this log, hex', max_length=32)),
                ('position', fields.BigIntField(description='of the newest event, 0 before the first')),
                ('floor', fields.BigIntField(description='newest position that retention has deleted, 0: none')),
                ('last_id', fields.BigIntField(description='newest id given to any row of any table')),
                ('recorded_at', fields.BigIntField(description='of the newest event, 0 before the first')),
            ],
            options={'table': 'log_head', 'app': 'inventory', 'pk_attr': 'id', 'table_description': 'One row, id 1: where the log stands. Every writing transaction updates it first.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LoggedEvent',
            fields=[
                ('position', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('topic', fields.CharField(max_length=32)),
                ('kind', fields.CharField(max_length=32)),
                ('subject', fields.BigIntField(null=True, description='the id of what it is about')),
                ('roles', fields.SmallIntField(description='bit mask of the roles that may see it')),
                ('user_id', fields.BigIntField(null=True, description='the one user who may see it, null: roles')),
                ('recorded_at', fields.BigIntField(description='microseconds since 1970 UTC')),
                ('payload', fields.TextField(description='JSON', unique=False)),
            ],
            options={'table': 'event', 'app': 'inventory', 'indexes': [Index(fields=['subject'], name='event_by_subject')], 'pk_attr': 'position', 'table_description': 'One fact, with the state right after it. Never changed, but for its audience.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MovementRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('item_id', fields.BigIntField()),
                ('location_id', fields.BigIntField()),
                ('action_type', fields.CharField(max_length=16)),
                ('quantity', fields.IntField()),
                ('old_stock', fields.IntField()),
                ('new_stock', fields.IntField()),
                ('reason', fields.CharField(null=True, max_length=500)),
                ('reference', fields.CharField(null=True, max_length=200)),
                ('user_id', fields.BigIntField(null=True)),
                ('occurred_at', fields.BigIntField()),
                ('recorded_at', fields.BigIntField()),
            ],
            options={'table': 'movement', 'app': 'inventory', 'indexes': [Index(fields=['item_id', 'id'], name='movement_by_item')], 'pk_attr': 'id', 'table_description': "One immutable line of the ledger, ids rise in the ledger's order."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='NotificationReadRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('notification_id', fields.BigIntField()),
                ('user_id', fields.BigIntField()),
                ('read_at', fields.BigIntField()),
            ],
            options={'table': 'notification_read', 'app': 'inventory', 'unique_together': (('notification_id', 'user_id'),), 'indexes': [Index(fields=['user_id'], name='notification_read_by_user')], 'pk_attr': 'id', 'table_description': 'That one user has read one notification.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='NotificationRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('type', fields.CharField(max_length=16)),
                ('title', fields.CharField(max_length=200)),
                ('message', fields.CharField(max_length=2000)),
                ('data', fields.TextField(null=True, description='JSON', unique=False)),
                ('roles', fields.SmallIntField(description='bit mask of the roles it is for')),
                ('user_id', fields.BigIntField(null=True, description='the one user it is for, null: roles')),
                ('created_at', fields.BigIntField()),
            ],
            options={'table': 'notification', 'app': 'inventory', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RefreshTokenRecord',
            fields=[
                ('token_hash', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('session_id', fields.BigIntField()),
                ('issued_at', fields.BigIntField()),
                ('used_at', fields.BigIntField(null=True)),
            ],
            options={'table': 'refresh_token', 'app': 'inventory', 'indexes': [Index(fields=['session_id'], name='refresh_token_by_session')], 'pk_attr': 'token_hash', 'table_description': 'One refresh token, by its hash, used once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ServerSecret',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('value', fields.CharField(max_length=255)),
            ],
            options={'table': 'server_secret', 'app': 'inventory', 'pk_attr': 'name', 'table_description': 'Secrets that a development server made for itself, kept over restarts.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SessionRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user_id', fields.BigIntField()),
                ('created_at', fields.BigIntField()),
                ('expires_at', fields.BigIntField()),
                ('ended_at', fields.BigIntField(null=True)),
            ],
            options={'table': 'session', 'app': 'inventory', 'indexes': [Index(fields=['user_id', 'id'], name='session_by_user')], 'pk_attr': 'id', 'table_description': 'A sign-in, until it ends: its refresh tokens are one family.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='UserRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('email', fields.CharField(max_length=254)),
                ('email_key', fields.CharField(unique=True, description='email without its case', max_length=508)),
                ('name', fields.CharField(max_length=200)),
                ('role', fields.CharField(max_length=16)),
                ('active', fields.BooleanField()),
                ('password_hash', fields.CharField(max_length=255)),
                ('created_at', fields.BigIntField()),
            ],
            options={'table': 'user_account', 'app': 'inventory', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.RunPython(never_below_zero("item", "stock")),
        ops.RunPython(never_below_zero("level", "quantity")),
        # Ranges of terms, and sorts that agree with SQLite's, compare bytes.
        ops.RunPython(compare_bytes("item_term", "term", 64)),
        ops.RunPython(compare_bytes("item", "sku_key", 128)),
        ops.RunPython(compare_bytes("item", "name_key", 400)),
    ]
