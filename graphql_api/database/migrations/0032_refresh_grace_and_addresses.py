"""Refresh tokens know what they were traded for, and sessions where they were opened."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("inventory", "0020_writer_marks")]

    operations = [
        ops.AddField(
            model_name="SessionRecord",
            name="address",
            field=fields.CharField(
                null=True, description="where it was opened, of IPv6 the network", max_length=64
            ),
        ),
        ops.AddField(
            model_name="RefreshTokenRecord",
            name="parent_hash",
            field=fields.CharField(
                null=True, description="of the token that it was traded for", max_length=64
            ),
        ),
    ]
