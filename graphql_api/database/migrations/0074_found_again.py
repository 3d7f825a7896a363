"""Items are found by inner parts of their codes and in every script; categories compare without
case and form; SKUs sort by their numbers, names by their letters. What is there is read anew."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from graphql_api.database.columns import Widen
from graphql_api.database.ddl import compare_bytes
from graphql_api.database.found_again import find_items_anew, make_keys_anew


class Migration(migrations.Migration):
    dependencies = [("inventory", "0072_notification_choices")]

    operations = [
        ops.AddField(
            model_name="ItemRecord",
            name="sku_order",
            field=fields.CharField(max_length=400, db_default="", description="SKU, to sort by"),
        ),
        ops.AddField(
            model_name="ItemRecord",
            name="category_key",
            field=fields.CharField(
                max_length=510, null=True, description="category without its case"
            ),
        ),
        Widen("ItemRecord", "category", fields.CharField(max_length=255, null=True)),
        ops.RunPython(compare_bytes("item", "sku_order", 400)),
        ops.RunPython(compare_bytes("item", "category_key", 510)),
        ops.RunPython(make_keys_anew),
        ops.RunPython(find_items_anew),
        ops.RemoveIndex(model_name="ItemRecord", name="item_by_category"),
        ops.AddIndex(
            model_name="ItemRecord",
            index=Index(
                fields=["category_key", "admins_only", "deleted_at", "id"], name="item_by_category"
            ),
        ),
        ops.AddIndex(
            model_name="ItemRecord", index=Index(fields=["sku_order", "id"], name="item_by_sku")
        ),
    ]
