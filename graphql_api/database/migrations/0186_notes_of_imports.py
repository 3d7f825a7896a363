"""What is odd in rows that an import took."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("inventory", "0185_joined_barcodes")]

    operations = [
        ops.AddField(
            model_name="FileImportRecord",
            name="notes",
            field=fields.TextField(
                null=True,
                description="what is odd in rows that were taken, by kind, once it has ended",
                unique=False,
            ),
        ),
    ]
