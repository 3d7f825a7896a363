"""Items can be archived, and have attributes. A deleted item gives its barcode free, and keeps in
mind which it was."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from graphql_api.database.ddl import run


async def free_barcodes(_apps, editor):
    """Those of the items that are deleted already."""
    await run(
        editor,
        "UPDATE item SET former_barcode = barcode, barcode = NULL "
        "WHERE deleted_at IS NOT NULL AND barcode IS NOT NULL",
    )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0050_references")]

    operations = [
        ops.AddField(
            model_name="ItemRecord", name="archived_at", field=fields.BigIntField(null=True)
        ),
        ops.AddField(
            model_name="ItemRecord",
            name="attributes",
            field=fields.TextField(null=True, description="JSON, text to text, or null"),
        ),
        ops.AddField(
            model_name="ItemRecord",
            name="former_barcode",
            field=fields.CharField(
                max_length=64, null=True, description="a deleted item's, which others may take"
            ),
        ),
        ops.RunPython(free_barcodes),
    ]
