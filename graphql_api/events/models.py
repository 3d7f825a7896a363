"""Tables of the log."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class LogHead(Model):
    """One row, id 1: where the log stands. Every writing transaction updates it first."""

    id = fields.IntField(primary_key=True)
    epoch = fields.CharField(max_length=32, description="identity of this log, hex")
    position = fields.BigIntField(description="of the newest event, 0 before the first")
    floor = fields.BigIntField(description="newest position that retention has deleted, 0: none")
    last_id = fields.BigIntField(description="newest id given to any row of any table")
    recorded_at = fields.BigIntField(description="of the newest event, 0 before the first")
    marks = fields.TextField(
        null=True, description="JSON: each writer's newest transaction, null: none yet"
    )

    class Meta:
        table = "log_head"


class LoggedEvent(Model):
    """One fact, with the state right after it. Never changed, but for its audience."""

    position = fields.BigIntField(primary_key=True)
    topic = fields.CharField(max_length=32)
    kind = fields.CharField(max_length=32)
    subject = fields.BigIntField(null=True, description="the id of what it is about")
    roles = fields.SmallIntField(description="bit mask of the roles that may see it")
    user_id = fields.BigIntField(null=True, description="the one user who may see it, null: roles")
    recorded_at = fields.BigIntField(description="microseconds since 1970 UTC")
    payload = fields.TextField(description="JSON")

    class Meta:
        table = "event"
        indexes = (Index(fields=("subject",), name="event_by_subject"),)


class ServerSecret(Model):
    """Secrets that a development server made for itself, kept over restarts."""

    name = fields.CharField(max_length=64, primary_key=True, generated=False)
    value = fields.CharField(max_length=255)

    class Meta:
        table = "server_secret"
