"""Who changed which field of an item, and when: from now on."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("inventory", "0084_finding_movements")]

    operations = [
        ops.CreateModel(
            name="ItemChangeRecord",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("item_id", fields.BigIntField()),
                ("field", fields.CharField(max_length=64)),
                ("old_value", fields.TextField(null=True, unique=False)),
                ("new_value", fields.TextField(null=True, unique=False)),
                ("user_id", fields.BigIntField(null=True)),
                ("changed_at", fields.BigIntField()),
            ],
            options={
                "table": "item_change",
                "app": "inventory",
                "indexes": [Index(fields=["item_id", "id"], name="item_change_by_item")],
                "pk_attr": "id",
                "table_description": "One field of an item that became something else. Kept for "
                "ever, as the ledger is.",
            },
            bases=["Model"],
        ),
    ]
