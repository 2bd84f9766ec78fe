"""Show the newest of a million rows, and what is rare among them, by an index."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("downloads", "0048_lists_of_a_million")]

    operations = [
        AddIndexWhileServing(
            model_name="mail",
            index=models.Index(fields=["-created_at", "-id"], name="mail_by_time"),
        ),
    ]
