"""Keep which report had each status, said what is left of a line, and had all lines or refunds."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [("downloads", "0032_products_of_lines")]

    operations = [
        AddColumn(
            model_name="order",
            name="status_ranks",
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
        AddColumn(
            model_name="order",
            name="lines_rank",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=120
            ),
        ),
        AddColumn(
            model_name="lineitem",
            name="kept_rank",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=120
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="refunds_fetched_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
