"""Show the newest of a million rows, and what is rare among them, by an index."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("downloads", "0048_lists_of_a_million_02")]

    operations = [
        AddIndexWhileServing(
            model_name="mail",
            index=models.Index(
                condition=models.Q(
                    ("bounced_at__isnull", False),
                    ("state__in", ("set_aside", "doubtful")),
                    _connector="OR",
                ),
                fields=["order"],
                name="mail_in_trouble",
            ),
        ),
    ]
