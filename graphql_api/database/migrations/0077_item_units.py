"""An item has units beside its base unit, and one of them is shown."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("inventory", "0076_item_barcodes")]

    operations = [
        ops.AddField(
            model_name="ItemRecord",
            name="other_units",
            field=fields.TextField(
                null=True, description="its units beside the base unit", unique=False
            ),
        ),
        ops.AddField(
            model_name="ItemRecord",
            name="display_unit",
            field=fields.CharField(
                null=True, max_length=32, description="null: the base unit"
            ),
        ),
    ]
