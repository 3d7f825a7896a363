"""In how many days an order of an item comes."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("inventory", "0150_languages")]

    operations = [
        ops.AddField(
            model_name="ItemRecord",
            name="lead_time_days",
            field=fields.IntField(null=True, description="null: as the business has it"),
        ),
    ]
