"""Imports: uploaded files, the lines of stock that were taken over, and what can be undone."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("inventory", "0085_item_changes")]

    operations = [
        ops.CreateModel(
            name="FileChunkRecord",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("import_id", fields.BigIntField()),
                ("number", fields.IntField(description="0 for the first")),
                ("content", fields.BinaryField()),
            ],
            options={
                "table": "file_chunk",
                "app": "inventory",
                "indexes": [Index(fields=["import_id", "number"], name="file_chunk_by_import")],
                "pk_attr": "id",
                "table_description": "A piece of an uploaded file. Deleted when it was taken over, or after a day.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FileImportRecord",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "kind",
                    fields.CharField(
                        null=True, description="ITEMS or STOCK, once it is known", max_length=8
                    ),
                ),
                ("name", fields.CharField(description="what people call the file", max_length=255)),
                ("user_id", fields.BigIntField(null=True)),
                ("began_at", fields.BigIntField(description="microseconds since 1970")),
                ("undone_at", fields.BigIntField(null=True)),
                ("status", fields.CharField(db_default="DONE", max_length=12)),
                (
                    "size",
                    fields.BigIntField(
                        description="of the file, bytes, 0: of a command", db_default=0
                    ),
                ),
                (
                    "touched_at",
                    fields.BigIntField(description="when its runner last told of it", db_default=0),
                ),
                (
                    "runner",
                    fields.CharField(
                        null=True, description="who runs it, null: nobody", max_length=32
                    ),
                ),
                (
                    "counts",
                    fields.TextField(
                        null=True, description="rows by outcome, so far", unique=False
                    ),
                ),
                (
                    "problem",
                    fields.TextField(
                        null=True, description="why it ended before its end, in words", unique=False
                    ),
                ),
            ],
            options={
                "table": "file_import",
                "app": "inventory",
                "pk_attr": "id",
                "table_description": "An import: of an uploaded file, or of a command that has written something.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FileRejectRecord",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("import_id", fields.BigIntField()),
                ("line", fields.IntField()),
                ("problem", fields.TextField(unique=False)),
                ("cells", fields.TextField(description="the row's cells by field", unique=False)),
            ],
            options={
                "table": "file_reject",
                "app": "inventory",
                "indexes": [Index(fields=["import_id", "line"], name="file_reject_by_import")],
                "pk_attr": "id",
                "table_description": "A row of an uploaded file that was left out.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ImportItemRecord",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("import_id", fields.BigIntField()),
                ("item_id", fields.BigIntField()),
                (
                    "version",
                    fields.IntField(description="of the item after it, 0: others were in between"),
                ),
                ("is_new", fields.SmallIntField(description="1: the import created it")),
                (
                    "before",
                    fields.TextField(
                        null=True, description="what it was, null: its fields stayed", unique=False
                    ),
                ),
            ],
            options={
                "table": "import_item",
                "app": "inventory",
                "indexes": [Index(fields=["import_id", "item_id"], name="import_item_by_import")],
                "pk_attr": "id",
                "table_description": "An item that an import wrote, so that all of it can be undone.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StockLineRecord",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True,
                        primary_key=True,
                        unique=True,
                        db_index=True,
                        description="of the movement, or a new one where nothing moved",
                    ),
                ),
                ("file_hash", fields.BigIntField(description="of the file and of how it was read")),
                (
                    "line",
                    fields.IntField(description="on which the row begins, 1 for the first"),
                ),
                ("import_id", fields.BigIntField()),
            ],
            options={
                "table": "stock_line",
                "app": "inventory",
                "indexes": [
                    Index(fields=["file_hash", "line"], name="stock_line_by_file"),
                    Index(fields=["import_id"], name="stock_line_by_import"),
                ],
                "pk_attr": "id",
                "table_description": "A line of a file of stock that was taken over: for ever, as the ledger is, so that the same",
            },
            bases=["Model"],
        ),
    ]
