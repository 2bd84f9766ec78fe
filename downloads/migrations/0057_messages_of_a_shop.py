"""Find a shop's newest messages, also of a shop that has sent none for long."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("downloads", "0056_mail_by_person")]

    operations = [
        AddIndexWhileServing(
            model_name="message",
            index=models.Index(
                fields=["shop", "-received_at", "-id"], name="message_by_shop_and_time"
            ),
        ),
    ]
