"""Keep which products a line had, and which report named each last."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [("downloads", "0031_messages_set_aside")]

    operations = [
        AddColumn(
            model_name="lineitem",
            name="product_ranks",
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
    ]
