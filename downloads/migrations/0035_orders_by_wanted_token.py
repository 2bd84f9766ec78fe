"""Find the orders that wait for a token which another one gives up."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("downloads", "0034_wanted_tokens")]

    operations = [
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(
                "wanted_token_hash",
                condition=models.Q(("is_token_taken", True)),
                name="order_by_wanted_token",
            ),
        ),
    ]
