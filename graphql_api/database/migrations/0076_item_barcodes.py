"""Barcodes compare as GTIN-14, belong to living items, and an item has several."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from graphql_api.database.barcode_keys import key_barcodes
from graphql_api.database.ddl import compare_bytes
from graphql_api.database.uniqueness import NotUnique


class Migration(migrations.Migration):
    dependencies = [("inventory", "0074_found_again")]

    operations = [
        ops.CreateModel(
            name="ItemBarcodeRecord",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ("item_id", fields.BigIntField()),
            ],
            options={
                "table": "item_barcode",
                "app": "inventory",
                "indexes": [Index(fields=["item_id"], name="item_barcode_by_item")],
                "pk_attr": "key",
                "table_description": "A barcode's compare key, and the living item that has it: a deleted one has none.",
            },
            bases=["Model"],
        ),
        ops.RunPython(compare_bytes("item_barcode", "key", 80)),
        NotUnique(
            model_name="ItemRecord",
            name="barcode",
            field=fields.CharField(
                null=True, max_length=64, description="the first of its barcodes"
            ),
        ),
        ops.AddField(
            model_name="ItemRecord",
            name="codes",
            field=fields.TextField(
                null=True, description="all its barcodes, if more than barcode says", unique=False
            ),
        ),
        ops.RunPython(key_barcodes),
    ]
