"""Movements are found by who, where, why and when, and by words of their reference and reason;
some are reversed. Sums over days read an index that has all they need."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from graphql_api.database.ddl import compare_bytes
from graphql_api.database.words_of_movements import fill_terms


def key(**more):
    return fields.BigIntField(
        generated=True, primary_key=True, unique=True, db_index=True, **more
    )


def index(name, *columns):
    return ops.AddIndex(model_name="MovementRecord", index=Index(fields=columns, name=name))


class Migration(migrations.Migration):
    dependencies = [("inventory", "0082_holds")]

    operations = [
        ops.CreateModel(
            name="MovementTerm",
            fields=[
                ("id", key()),
                ("term", fields.CharField(max_length=64)),
                ("movement_id", fields.BigIntField()),
            ],
            options={
                "table": "movement_term",
                "app": "inventory",
                "indexes": [Index(fields=["term", "movement_id"], name="movement_term_by_term")],
                "pk_attr": "id",
                "table_description": "One word of one movement's reference or reason, by which "
                "it is found.",
            },
            bases=["Model"],
        ),
        ops.RunPython(compare_bytes("movement_term", "term", 64)),
        ops.RunPython(fill_terms),
        ops.CreateModel(
            name="ReversalRecord",
            fields=[
                ("id", key(description="the movement's own")),
                ("other_id", fields.BigIntField(description="the movement on the other side")),
                (
                    "reverses",
                    fields.SmallIntField(
                        description="1: it reverses the other one, 0: it was reversed"
                    ),
                ),
            ],
            options={
                "table": "reversal",
                "app": "inventory",
                "pk_attr": "id",
                "table_description": "A movement that was reversed, or that reverses one.",
            },
            bases=["Model"],
        ),
        ops.RemoveIndex(model_name="MovementRecord", name="movement_by_time"),
        index("movement_by_user", "user_id", "id"),
        index("movement_by_action", "action_type", "id"),
        index(
            "movement_by_time",
            "recorded_at", "action_type", "item_id", "quantity", "location_id", "id",
        ),
        index(
            "movement_by_occurrence",
            "occurred_at", "id", "action_type", "item_id", "quantity", "location_id",
        ),
    ]  # fmt: skip
