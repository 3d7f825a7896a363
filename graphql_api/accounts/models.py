"""Tables of users, their sessions and refresh tokens."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class UserRecord(Model):
    id = fields.BigIntField(primary_key=True)
    email = fields.CharField(max_length=254)
    email_key = fields.CharField(max_length=508, unique=True, description="email without its case")
    name = fields.CharField(max_length=200)
    role = fields.CharField(max_length=16)
    active = fields.BooleanField()
    password_hash = fields.CharField(max_length=255)
    created_at = fields.BigIntField()
    language = fields.CharField(
        max_length=16, null=True, description="as the person chose it, null: never"
    )

    class Meta:
        table = "user_account"


class SessionRecord(Model):
    """A sign-in, until it ends: its refresh tokens are one family."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRecord] = fields.ForeignKeyField(
        "inventory.UserRecord", related_name="sessions"
    )
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    address = fields.CharField(
        max_length=64, null=True, description="where it was opened, of IPv6 the network"
    )
    device = fields.CharField(max_length=200, null=True, description="what it was opened with")

    class Meta:
        table = "session"
        indexes = (
            Index(fields=("user_id", "id"), name="session_by_user"),
            Index(fields=("ended_at",), name="session_by_end"),
            Index(fields=("expires_at",), name="session_by_expiry"),
        )


class RefreshTokenRecord(Model):
    """One refresh token, by its hash, used once."""

    token_hash = fields.CharField(max_length=64, primary_key=True, generated=False)
    session: fields.ForeignKeyRelation[SessionRecord] = fields.ForeignKeyField(
        "inventory.SessionRecord", related_name="refresh_tokens"
    )
    issued_at = fields.BigIntField()
    used_at = fields.BigIntField(null=True)  # when first
    parent_hash = fields.CharField(
        max_length=64, null=True, description="of the token that it was traded for"
    )

    class Meta:
        table = "refresh_token"
        indexes = (
            Index(fields=("session_id",), name="refresh_token_by_session"),
            Index(fields=("used_at",), name="refresh_token_by_use"),
        )
