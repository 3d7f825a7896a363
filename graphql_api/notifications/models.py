"""Tables of notifications, of Web Push, and of the servers that run."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from graphql_api.accounts.models import SessionRecord, UserRecord
from graphql_api.inventory.models import ItemRecord


class NotificationRecord(Model):
    id = fields.BigIntField(primary_key=True)
    type = fields.CharField(max_length=16)
    title = fields.CharField(max_length=200)
    message = fields.CharField(max_length=2_000)
    data = fields.TextField(null=True, description="JSON")
    roles = fields.SmallIntField(description="bit mask of the roles it is for")
    user: fields.ForeignKeyNullableRelation[UserRecord] = fields.ForeignKeyField(
        "inventory.UserRecord",
        related_name="notifications",
        null=True,
        description="the one user it is for, null: roles",
    )
    created_at = fields.BigIntField()
    item: fields.ForeignKeyNullableRelation[ItemRecord] = fields.ForeignKeyField(
        "inventory.ItemRecord",
        related_name="notifications",
        null=True,
        description="the item it speaks of: hidden with it",
    )
    kind = fields.CharField(max_length=16, db_default="MESSAGE")
    severity = fields.SmallIntField(db_default=0, description="as alerts have it, 0: none")

    class Meta:
        table = "notification"
        indexes = (
            Index(fields=("roles", "id"), name="notification_by_roles"),
            Index(fields=("user_id", "id"), name="notification_by_user"),
            Index(fields=("item_id",), name="notification_by_item"),
        )


class NotificationItemRecord(Model):
    """An item that a notification of many names."""

    id = fields.BigIntField(primary_key=True)
    notification: fields.ForeignKeyRelation[NotificationRecord] = fields.ForeignKeyField(
        "inventory.NotificationRecord", related_name="items"
    )
    item: fields.ForeignKeyRelation[ItemRecord] = fields.ForeignKeyField(
        "inventory.ItemRecord", related_name="named_in"
    )

    class Meta:
        table = "notification_item"
        indexes = (
            Index(fields=("item_id",), name="notification_item_by_item"),
            Index(fields=("notification_id",), name="notification_item_by_notification"),
        )


class NotificationGoRecord(Model):
    """What one person did in one go, told in one notification that grows while it goes on."""

    notification: fields.OneToOneRelation[NotificationRecord] = fields.OneToOneField(
        "inventory.NotificationRecord", related_name="go", primary_key=True
    )
    user_id = fields.BigIntField()  # no relation: the ledger only notes who acted
    alert_ids = fields.TextField(description="JSON")
    began_at = fields.BigIntField()
    grown_at = fields.BigIntField()

    class Meta:
        table = "notification_go"
        indexes = (Index(fields=("user_id", "grown_at"), name="notification_go_by_user"),)


class NotificationReadRecord(Model):
    """That one user has read one notification."""

    id = fields.BigIntField(primary_key=True)
    notification: fields.ForeignKeyRelation[NotificationRecord] = fields.ForeignKeyField(
        "inventory.NotificationRecord", related_name="reads"
    )
    user: fields.ForeignKeyRelation[UserRecord] = fields.ForeignKeyField(
        "inventory.UserRecord", related_name="reads"
    )
    read_at = fields.BigIntField()

    class Meta:
        table = "notification_read"
        unique_together = (("notification_id", "user_id"),)
        indexes = (
            Index(fields=("user_id", "notification_id"), name="notification_read_by_reader"),
        )


class NotificationMarkRecord(Model):
    """That one user has marked all as read: everything up to an id."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRecord] = fields.ForeignKeyField(
        "inventory.UserRecord", related_name="read_marks"
    )
    up_to = fields.BigIntField(description="the newest notification id that it covers")
    read_at = fields.BigIntField()

    class Meta:
        table = "notification_mark"
        unique_together = (("user_id", "up_to"),)


class NotificationChoiceRecord(Model):
    """What one user wants of one kind of notifications. No row: everything."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRecord] = fields.ForeignKeyField(
        "inventory.UserRecord", related_name="notification_choices"
    )
    kind = fields.CharField(max_length=16)
    listed = fields.SmallIntField(description="1: in the list, and live")
    pushed = fields.SmallIntField(description="1: to the browsers that were registered")
    min_severity = fields.SmallIntField(description="0: all alerts, or those from this severity on")

    class Meta:
        table = "notification_choice"
        unique_together = (("user_id", "kind"),)


class PushSubscriptionRecord(Model):
    """A browser that wants alerts while nobody looks at it."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRecord] = fields.ForeignKeyField(
        "inventory.UserRecord", related_name="push_subscriptions"
    )
    session: fields.ForeignKeyRelation[SessionRecord] = fields.ForeignKeyField(
        "inventory.SessionRecord",
        related_name="push_subscriptions",
        description="gone with this session",
    )
    endpoint = fields.CharField(max_length=2_048)
    endpoint_hash = fields.CharField(max_length=64, unique=True, description="SHA-256, hex")
    p256dh = fields.CharField(max_length=88, description="the browser's public key, base64url")
    auth = fields.CharField(max_length=24, description="the browser's secret, base64url")
    min_severity = fields.SmallIntField(description="1 LOW, 2 MEDIUM, 3 HIGH, 4 CRITICAL")
    created_at = fields.BigIntField()
    language = fields.CharField(
        max_length=16, null=True, description="the browser's, where the account has none"
    )

    class Meta:
        table = "push_subscription"
        indexes = (
            Index(fields=("user_id", "id"), name="push_subscription_by_user"),
            Index(fields=("session_id",), name="push_subscription_by_session"),
        )


class PushPositionRecord(Model):
    """One row, id 1, once somebody has subscribed."""

    id = fields.IntField(primary_key=True)
    position = fields.BigIntField(description="alerts up to here were handed to deliveries")

    class Meta:
        table = "push_position"


class PushDeliveryRecord(Model):
    """One message that is still to be sent to one subscription."""

    id = fields.BigIntField(primary_key=True)
    subscription: fields.ForeignKeyRelation[PushSubscriptionRecord] = fields.ForeignKeyField(
        "inventory.PushSubscriptionRecord", related_name="deliveries"
    )
    alert_ids = fields.TextField(description="JSON")
    created_at = fields.BigIntField()
    due_at = fields.BigIntField(description="when to send it, later while a process is at it")
    attempts = fields.IntField()

    class Meta:
        table = "push_delivery"
        indexes = (
            Index(fields=("due_at", "id"), name="push_delivery_by_due"),
            Index(fields=("subscription_id",), name="push_delivery_by_subscription"),
        )


class ServerRunRecord(Model):
    """A server that runs. Its row goes when it stops in good order."""

    id = fields.BigIntField(primary_key=True)
    host = fields.CharField(max_length=255)
    pid = fields.BigIntField()
    started_at = fields.BigIntField()
    seen_at = fields.BigIntField(description="its last sign of life")

    class Meta:
        table = "server_run"
