"""Find what a request changed, by its number."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0048_lists_of_a_million_09"),
    ]

    operations = [
        AddColumn(
            model_name="auditentry",
            name="request_id",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=64,
                verbose_name="number of the request",
            ),
        ),
    ]
