"""What belongs to a user, a session, a notification, an item or a subscription goes with it."""

from tortoise import fields
from tortoise import migrations

from graphql_api.database.references import Refer


def to(model, related_name, **more):
    return fields.ForeignKeyField(f"inventory.{model}", related_name=related_name, **more)


def one_to(model, related_name):
    return fields.OneToOneField(
        f"inventory.{model}", related_name=related_name, primary_key=True
    )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0040_pruning_indexes")]

    # Parents first, so that what refers to an orphan is one too.
    operations = [
        Refer("SessionRecord", user=to("UserRecord", "sessions")),
        Refer("RefreshTokenRecord", session=to("SessionRecord", "refresh_tokens")),
        Refer(
            "PushSubscriptionRecord",
            user=to("UserRecord", "push_subscriptions"),
            session=to("SessionRecord", "push_subscriptions", description="gone with this session"),
        ),
        Refer("PushDeliveryRecord", subscription=to("PushSubscriptionRecord", "deliveries")),
        Refer(
            "NotificationRecord",
            user=to(
                "UserRecord",
                "notifications",
                null=True,
                description="the one user it is for, null: roles",
            ),
            item=to(
                "ItemRecord",
                "notifications",
                null=True,
                description="the item it speaks of: hidden with it",
            ),
        ),
        Refer(
            "NotificationItemRecord",
            notification=to("NotificationRecord", "items"),
            item=to("ItemRecord", "named_in"),
        ),
        Refer("NotificationGoRecord", notification=one_to("NotificationRecord", "go")),
        Refer(
            "NotificationReadRecord",
            notification=to("NotificationRecord", "reads"),
            user=to("UserRecord", "reads"),
        ),
        Refer("NotificationMarkRecord", user=to("UserRecord", "read_marks")),
        Refer("EditLeaseRecord", item=one_to("ItemRecord", "lease"), user=to("UserRecord", "leases")),
    ]
