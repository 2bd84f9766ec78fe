"""Find the messages that were set aside: the start page and a chore ask for them all the time."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("downloads", "0030_carry_addresses")]

    operations = [
        AddIndexWhileServing(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "set_aside")),
                fields=["shop", "due_at"],
                name="message_set_aside_by_shop",
            ),
        ),
    ]
