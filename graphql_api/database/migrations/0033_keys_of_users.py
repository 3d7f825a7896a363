"""Idempotency keys belong to users: what one used says nothing to another.

The rows that are there go to the user who booked their movements. Each of them has one: a key is
kept only with a result that has movements.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

from graphql_api.database.keys_of_users import give_keys_to_users, set_keys_aside


class Migration(migrations.Migration):
    dependencies = [("inventory", "0032_refresh_grace_and_addresses")]

    operations = [
        ops.RunPython(set_keys_aside),
        ops.DeleteModel(name="IdempotencyRecord"),
        ops.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "user_id",
                    fields.BigIntField(description="0: nobody, who acts without a session"),
                ),
                ("key", fields.CharField(max_length=200)),
                ("input_hash", fields.CharField(max_length=64)),
                ("result", fields.TextField(description="JSON", unique=False)),
                ("recorded_at", fields.BigIntField()),
            ],
            options={
                "table": "idempotency_key",
                "app": "inventory",
                "unique_together": (("key", "user_id"),),
                "pk_attr": "id",
                "table_description": "What a key of a user stood for and what came of it, kept for ever.",
            },
            bases=["Model"],
        ),
        ops.RunPython(give_keys_to_users),
    ]
