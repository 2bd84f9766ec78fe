"""Find the mails of a shop that reached nobody."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("downloads", "0038_figures")]

    operations = [
        AddIndexWhileServing(
            model_name="mail",
            index=models.Index(
                condition=models.Q(
                    ("state", "set_aside"), ("bounced_at__isnull", False), _connector="OR"
                ),
                fields=["shop", "created_at"],
                name="mail_failed_by_shop",
            ),
        ),
    ]
