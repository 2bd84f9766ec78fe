"""Find the orders of a day."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("downloads", "0038_figures")]

    operations = [
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(fields=("placed_at",), name="order_by_time"),
        ),
    ]
