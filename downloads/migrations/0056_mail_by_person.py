"""Find the mails to a person of the staff."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("downloads", "0055_test_mails")]

    operations = [
        AddIndexWhileServing(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("person__isnull", False)),
                fields=["person", "created_at"],
                name="mail_by_person",
            ),
        ),
    ]
