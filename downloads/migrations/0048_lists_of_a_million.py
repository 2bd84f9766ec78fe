"""Show the newest of a million rows, and what is rare among them, by an index."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("downloads", "0046_words_of_attaching")]

    operations = [
        AddIndexWhileServing(
            model_name="auditentry",
            index=models.Index(fields=["-at", "-id"], name="audit_by_time"),
        ),
    ]
