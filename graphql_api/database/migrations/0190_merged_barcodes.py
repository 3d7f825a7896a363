"""An item has a barcode once, however it is spelt."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from graphql_api.database.merged_barcodes import merge_barcodes


class Migration(migrations.Migration):
    dependencies = [("inventory", "0186_notes_of_imports")]

    operations = [ops.RunPython(merge_barcodes)]
