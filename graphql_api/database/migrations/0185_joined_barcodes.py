"""Barcodes in groups, as they are printed, are found by their digits."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from graphql_api.database.joined_keys import join_keys


class Migration(migrations.Migration):
    dependencies = [("inventory", "0180_import_mappings")]

    operations = [ops.RunPython(join_keys)]
