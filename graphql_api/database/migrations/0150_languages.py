"""The language of a person is kept with the account, and that of a browser with its pushes."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("inventory", "0130_attachments")]

    operations = [
        ops.AddField(
            model_name="UserRecord",
            name="language",
            field=fields.CharField(
                null=True, description="as the person chose it, null: never", max_length=16
            ),
        ),
        ops.AddField(
            model_name="PushSubscriptionRecord",
            name="language",
            field=fields.CharField(
                null=True, description="the browser's, where the account has none", max_length=16
            ),
        ),
    ]
