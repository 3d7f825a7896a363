"""Items can be archived, and have attributes."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("inventory", "0050_references")]

    operations = [
        ops.AddField(
            model_name="ItemRecord", name="archived_at", field=fields.BigIntField(null=True)
        ),
        ops.AddField(
            model_name="ItemRecord",
            name="attributes",
            field=fields.TextField(null=True, description="JSON, text to text, or null"),
        ),
    ]
