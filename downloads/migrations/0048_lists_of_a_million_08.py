"""Show the newest of a million rows, and what is rare among them, by an index."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("downloads", "0048_lists_of_a_million_07")]

    operations = [
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(
                condition=models.Q(("hold", ""), _negated=True),
                fields=["-placed_at", "-id"],
                name="order_that_waits",
            ),
        ),
    ]
