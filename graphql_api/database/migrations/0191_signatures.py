"""A walk along a sort passes over rows that lack a word by what its index holds."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from graphql_api.database.signed_items import sign_items

SORTS = {
    "item_by_name": "name_key",
    "item_by_stock": "stock",
    "item_by_price": "price",
    "item_by_update": "updated_at",
    "item_by_sku": "sku_order",
}


class Migration(migrations.Migration):
    dependencies = [("inventory", "0190_merged_barcodes")]

    operations = [
        ops.AddField(
            model_name="ItemRecord",
            name="signature",
            field=fields.BigIntField(db_default=-1, description="63 bits of its terms, -1: not known"),
        ),
        *(ops.RemoveIndex(model_name="ItemRecord", name=name) for name in SORTS),
        ops.RunPython(sign_items),
        *(
            ops.AddIndex(
                model_name="ItemRecord", index=Index(fields=[column, "id", "signature"], name=name)
            )
            for name, column in SORTS.items()
        ),
    ]
