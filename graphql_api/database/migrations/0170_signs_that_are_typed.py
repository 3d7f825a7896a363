"""Items are found by what people type in place of signs. What is there is read anew."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from graphql_api.database.terms_anew import make_terms_anew


class Migration(migrations.Migration):
    dependencies = [("inventory", "0160_lead_times")]

    operations = [ops.RunPython(make_terms_anew)]
