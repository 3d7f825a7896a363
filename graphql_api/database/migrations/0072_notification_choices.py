"""What users want to be told of; a notification says what it is about, and alerts are found by
how grave they are."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index

# What the notifications that are there speak of, as their data says it.
KINDS = (("ALERT", "ALERT"), ("ALERTS", "ALERT"), ("IMPORT", "IMPORT"), ("JOB", "SERVER"), ("UNCLEAN_STOP", "SERVER"))
SEVERITIES = (("CRITICAL", 4), ("HIGH", 3), ("MEDIUM", 2), ("LOW", 1))


async def fill(_apps, editor):
    """The gravest severity that is named is that of the whole."""
    kinds = " ".join(f"WHEN data LIKE '{{\"kind\":\"{told}\"%' THEN '{kind}'" for told, kind in KINDS)
    grave = " ".join(f"WHEN data LIKE '%\"{name}\"%' THEN {number}" for name, number in SEVERITIES)
    for statement in (
        f"UPDATE notification SET kind = CASE {kinds} ELSE 'MESSAGE' END WHERE data IS NOT NULL",
        f"UPDATE notification SET severity = CASE {grave} ELSE 0 END WHERE kind = 'ALERT'",
    ):
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0060_archive_and_attributes")]

    operations = [
        ops.AddField(model_name='NotificationRecord', name='kind', field=fields.CharField(max_length=16, db_default='MESSAGE')),
        ops.AddField(model_name='NotificationRecord', name='severity', field=fields.SmallIntField(db_default=0, description='as alerts have it, 0: none')),
        ops.RunPython(fill),
        ops.CreateModel(
            name='NotificationChoiceRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('inventory.UserRecord', source_field='user_id', db_constraint=True, to_field='id', related_name='notification_choices', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharField(max_length=16)),
                ('listed', fields.SmallIntField(description='1: in the list, and live')),
                ('pushed', fields.SmallIntField(description='1: to the browsers that were registered')),
                ('min_severity', fields.SmallIntField(description='0: all alerts, or those from this severity on')),
            ],
            options={'table': 'notification_choice', 'app': 'inventory', 'unique_together': (('user_id', 'kind'),), 'pk_attr': 'id', 'table_description': 'What one user wants of one kind of notifications. No row: everything.'},
            bases=['Model'],
        ),
        ops.AddIndex(
            model_name='AlertRecord',
            index=Index(fields=['severity', 'id'], name='alert_by_severity'),
        ),
    ]
