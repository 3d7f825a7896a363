"""Each writer's newest transaction, so that a commit whose answer was lost can be found out."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_figures")]

    operations = [
        ops.AddField(
            model_name='LogHead',
            name='marks',
            field=fields.TextField(null=True, unique=False, description="JSON: each writer's newest transaction, null: none yet"),
        ),
    ]
