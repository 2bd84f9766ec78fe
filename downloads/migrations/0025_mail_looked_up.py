"""Find the mails of which nobody has looked up whom they are to."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("downloads", "0024_spell_addresses")]

    operations = [
        AddIndexWhileServing(
            model_name="mail",
            index=models.Index(
                condition=models.Q(
                    ("is_known__isnull", True),
                    ("kind__in", ("registration", "password")),
                    ("state", "waiting"),
                ),
                fields=["id"],
                name="mail_nobody_has_looked_up",
            ),
        ),
    ]
