"""The table of edit leases. Who is looking is kept in memory only."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class EditLeaseRecord(Model):
    """The newest edit lease of an item. It stays when it has ended, so that fences only rise."""

    item_id = fields.BigIntField(primary_key=True, generated=False)
    fence = fields.BigIntField(description="one more each time that somebody else gets it")
    secret = fields.CharField(max_length=32, description="of its token, empty: it was given back")
    user_id = fields.BigIntField()
    session_id = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "edit_lease"
        indexes = (
            Index(fields=("session_id",), name="edit_lease_by_session"),
            Index(fields=("user_id",), name="edit_lease_by_user"),
            Index(fields=("expires_at",), name="edit_lease_by_end"),
        )
