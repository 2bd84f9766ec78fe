"""Find the mails that count as one address's."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("downloads", "0025_mail_looked_up")]

    operations = [
        AddIndexWhileServing(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("counted_as", ""), _negated=True),
                fields=["counted_as"],
                name="mail_by_what_counts",
            ),
        ),
    ]
