"""Tables of notifications."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class NotificationRecord(Model):
    id = fields.BigIntField(primary_key=True)
    type = fields.CharField(max_length=16)
    title = fields.CharField(max_length=200)
    message = fields.CharField(max_length=2_000)
    data = fields.TextField(null=True, description="JSON")
    roles = fields.SmallIntField(description="bit mask of the roles it is for")
    user_id = fields.BigIntField(null=True, description="the one user it is for, null: roles")
    created_at = fields.BigIntField()

    class Meta:
        table = "notification"


class NotificationReadRecord(Model):
    """That one user has read one notification."""

    id = fields.BigIntField(primary_key=True)
    notification_id = fields.BigIntField()
    user_id = fields.BigIntField()
    read_at = fields.BigIntField()

    class Meta:
        table = "notification_read"
        unique_together = (("notification_id", "user_id"),)
        indexes = (Index(fields=("user_id",), name="notification_read_by_user"),)
