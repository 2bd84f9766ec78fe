"""Keep how many units reports of each payment and status had: the shop's table may change."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [("downloads", "0036_counts_brought_along")]

    operations = [
        AddColumn(
            model_name="lineitem",
            name="reported_units",
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
    ]
