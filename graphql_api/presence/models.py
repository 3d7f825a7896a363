"""The table of edit leases. Who is looking is kept in memory only."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from graphql_api.accounts.models import UserRecord
from graphql_api.inventory.models import ItemRecord


class EditLeaseRecord(Model):
    """The newest edit lease of an item. It stays when it has ended, so that fences only rise."""

    item: fields.OneToOneRelation[ItemRecord] = fields.OneToOneField(
        "inventory.ItemRecord", related_name="lease", primary_key=True
    )
    fence = fields.BigIntField(description="one more each time that somebody else gets it")
    secret = fields.CharField(max_length=32, description="of its token, empty: it was given back")
    user: fields.ForeignKeyRelation[UserRecord] = fields.ForeignKeyField(
        "inventory.UserRecord", related_name="leases"
    )
    session_id = fields.BigIntField()  # no relation: the row outlives its session
    expires_at = fields.BigIntField()

    class Meta:
        table = "edit_lease"
        indexes = (
            Index(fields=("session_id",), name="edit_lease_by_session"),
            Index(fields=("user_id",), name="edit_lease_by_user"),
            Index(fields=("expires_at",), name="edit_lease_by_end"),
        )
