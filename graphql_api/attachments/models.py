"""Tables of attachments. Their bytes lie in a store (stores.py)."""

from __future__ import annotations

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.models import Model

from graphql_api.inventory.models import ItemRecord


class StoredFileRecord(Model):
    """A file that the store keeps once, however often it is attached."""

    id = fields.BigIntField(primary_key=True)
    sent_sha256 = fields.CharField(max_length=64, description="of the bytes that were sent")
    sha256 = fields.CharField(max_length=64, description="of the bytes that are kept")
    media_type = fields.CharField(max_length=100)
    size = fields.BigIntField(description="bytes that are kept")
    total_size = fields.BigIntField(description="with the thumbnails")
    width = fields.IntField(null=True, description="pixels, of pictures")
    height = fields.IntField(null=True)
    is_whole = fields.SmallIntField(description="1: its bytes were stored")
    doomed = fields.SmallIntField(db_default=0, description="1: its bytes are being deleted")
    unused_since = fields.BigIntField(null=True, description="null: it is attached")

    class Meta:
        table = "stored_file"
        indexes = (
            Index(fields=("sent_sha256",), name="stored_file_by_hash"),
            Index(fields=("unused_since", "id"), name="stored_file_by_use"),
            # All that their sum needs, so that it reads nothing else.
            Index(fields=("doomed", "total_size"), name="stored_file_by_size"),
        )


class AttachmentRecord(Model):
    """A file of an item, under a name, in the item's own order."""

    id = fields.BigIntField(primary_key=True)
    item: fields.ForeignKeyRelation[ItemRecord] = fields.ForeignKeyField(
        "inventory.ItemRecord", related_name="attachments", on_delete=OnDelete.RESTRICT
    )
    file: fields.ForeignKeyRelation[StoredFileRecord] = fields.ForeignKeyField(
        "inventory.StoredFileRecord", related_name="attachments", on_delete=OnDelete.RESTRICT
    )
    name = fields.CharField(max_length=200)
    position = fields.IntField(description="0 for the first of its item")
    user_id = fields.BigIntField(null=True)
    created_at = fields.BigIntField()

    class Meta:
        table = "attachment"
        indexes = (
            Index(fields=("item_id", "position"), name="attachment_by_item"),
            Index(fields=("file_id",), name="attachment_by_file"),
        )
