"""Sessions know what they were opened with."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("inventory", "0096_file_imports")]

    operations = [
        ops.AddField(
            model_name="SessionRecord",
            name="device",
            field=fields.CharField(
                null=True, description="what it was opened with", max_length=200
            ),
        ),
    ]
