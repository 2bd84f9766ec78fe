"""Show the newest of a million rows, and what is rare among them, by an index."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("downloads", "0048_lists_of_a_million_08")]

    operations = [
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(
                condition=models.Q(
                    models.Q(("notes", []), _negated=True),
                    ("is_token_taken", True),
                    ("former_platform_id__isnull", False),
                    ("is_test", True),
                    ("parent_platform_id__isnull", False),
                    _connector="OR",
                ),
                fields=["-placed_at", "-id"],
                name="order_with_notes",
            ),
        ),
    ]
