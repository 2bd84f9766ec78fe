"""Find buyers by their mail address."""

from django.db import migrations, models

from downloads.migration_operations import AddIndexWhileServing
from downloads.models.ascii_lower import AsciiLower


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("downloads", "0027_people_and_corrections")]

    operations = [
        AddIndexWhileServing(
            model_name="customer",
            index=models.Index(models.F("shop"), AsciiLower("email"), name="customer_by_address"),
        ),
    ]
