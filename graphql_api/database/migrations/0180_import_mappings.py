"""How files are read, saved under names."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0170_signs_that_are_typed")]

    operations = [
        ops.CreateModel(
            name="ImportMappingRecord",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("kind", fields.CharField(description="ITEMS or STOCK", max_length=8)),
                ("name", fields.CharField(max_length=100)),
                ("name_key", fields.CharField(description="name without its case", max_length=200)),
                (
                    "reading",
                    fields.TextField(
                        description="columns by field, and how cells are read", unique=False
                    ),
                ),
                (
                    "header",
                    fields.CharField(description="digest of the file's header row", max_length=64),
                ),
                ("user_id", fields.BigIntField(null=True, description="who saved it last")),
                ("saved_at", fields.BigIntField()),
            ],
            options={
                "table": "import_mapping",
                "app": "inventory",
                "unique_together": (("kind", "name_key"),),
                "indexes": [Index(fields=["header"], name="import_mapping_by_header")],
                "pk_attr": "id",
                "table_description": "How somebody's files are read, under a name.",
            },
            bases=["Model"],
        ),
    ]
