"""Show the newest of a million rows, and what is rare among them, by an index."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("downloads", "0048_lists_of_a_million_03")]

    operations = [
        AddIndexWhileServing(
            model_name="message",
            index=models.Index(fields=["-received_at", "-id"], name="message_by_time"),
        ),
    ]
