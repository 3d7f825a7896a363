"""Items are found by their sizes with a unit (M8x40mm), and by any of their umlauts (Feuerlöscher).

What is there is read anew.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

from graphql_api.database.terms_anew import make_signed_terms_anew


class Migration(migrations.Migration):
    dependencies = [("inventory", "0191_signatures")]

    operations = [ops.RunPython(make_signed_terms_anew)]
