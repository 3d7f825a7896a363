"""Tables of imports: files that wait, how far each is, and which of them wrote what."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class FileImportRecord(Model):
    """An import: of an uploaded file, or of a command that has written something."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=8, null=True, description="ITEMS or STOCK, once it is known")
    name = fields.CharField(max_length=255, description="what people call the file")
    user_id = fields.BigIntField(null=True)
    began_at = fields.BigIntField(description="microseconds since 1970")
    undone_at = fields.BigIntField(null=True)
    status = fields.CharField(max_length=12, db_default="DONE")
    size = fields.BigIntField(db_default=0, description="of the file, bytes, 0: of a command")
    touched_at = fields.BigIntField(db_default=0, description="when its runner last told of it")
    runner = fields.CharField(max_length=32, null=True, description="who runs it, null: nobody")
    counts = fields.TextField(null=True, description="rows by outcome, so far")
    problem = fields.TextField(null=True, description="why it ended before its end, in words")
    notes = fields.TextField(
        null=True, description="what is odd in rows that were taken, by kind, once it has ended"
    )

    class Meta:
        table = "file_import"


class FileChunkRecord(Model):
    """A piece of an uploaded file. Deleted when it was taken over, or after a day."""

    id = fields.BigIntField(primary_key=True)
    import_id = fields.BigIntField()
    number = fields.IntField(description="0 for the first")
    content = fields.BinaryField()

    class Meta:
        table = "file_chunk"
        indexes = (Index(fields=("import_id", "number"), name="file_chunk_by_import"),)


class FileRejectRecord(Model):
    """A row of an uploaded file that was left out."""

    id = fields.BigIntField(primary_key=True)
    import_id = fields.BigIntField()
    line = fields.IntField()
    problem = fields.TextField()
    cells = fields.TextField(description="the row's cells by field")

    class Meta:
        table = "file_reject"
        indexes = (Index(fields=("import_id", "line"), name="file_reject_by_import"),)


class StockLineRecord(Model):
    """A line of a file of stock that was taken over: for ever, as the ledger is, so that the same
    file books nothing again."""

    id = fields.BigIntField(
        primary_key=True, description="of the movement, or a new one where nothing moved"
    )
    file_hash = fields.BigIntField(description="of the file and of how it was read")
    line = fields.IntField(description="on which the row begins, 1 for the first")
    import_id = fields.BigIntField()

    class Meta:
        table = "stock_line"
        indexes = (
            Index(fields=("file_hash", "line"), name="stock_line_by_file"),
            Index(fields=("import_id",), name="stock_line_by_import"),
        )


class ImportItemRecord(Model):
    """An item that an import wrote, so that all of it can be undone."""

    id = fields.BigIntField(primary_key=True)
    import_id = fields.BigIntField()
    item_id = fields.BigIntField()
    version = fields.IntField(description="of the item after it, 0: others were in between")
    is_new = fields.SmallIntField(description="1: the import created it")
    before = fields.TextField(null=True, description="what it was, null: its fields stayed")

    class Meta:
        table = "import_item"
        indexes = (Index(fields=("import_id", "item_id"), name="import_item_by_import"),)


class ImportMappingRecord(Model):
    """How somebody's files are read, under a name."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=8, description="ITEMS or STOCK")
    name = fields.CharField(max_length=100)
    name_key = fields.CharField(max_length=200, description="name without its case")
    reading = fields.TextField(description="columns by field, and how cells are read")
    header = fields.CharField(max_length=64, description="digest of the file's header row")
    user_id = fields.BigIntField(null=True, description="who saved it last")
    saved_at = fields.BigIntField()

    class Meta:
        table = "import_mapping"
        unique_together = (("kind", "name_key"),)
        indexes = (Index(fields=("header",), name="import_mapping_by_header"),)
