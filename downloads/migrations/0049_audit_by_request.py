"""Find what a request changed, by its number."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn, AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("downloads", "0048_lists_of_a_million"),
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
        AddIndexWhileServing(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("request_id", ""), _negated=True),
                fields=["request_id"],
                name="audit_by_request",
            ),
        ),
    ]
