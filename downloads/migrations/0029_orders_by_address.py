"""Find orders by their mail address."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing
from downloads.models.ascii_lower import AsciiLower


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("downloads", "0028_buyers_by_address")]

    operations = [
        AddIndexWhileServing(
            model_name="order",
            index=models.Index(models.F("shop"), AsciiLower("email"), name="order_by_address"),
        ),
    ]
