"""A bearer for the owner of an address, and not for one customer."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0007_tries_by_address"),
    ]

    operations = [
        AddColumn(
            model_name="customertoken",
            name="email",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=254
            ),
        ),
    ]
