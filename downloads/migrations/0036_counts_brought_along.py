"""Keep how many downloads of a line were spent elsewhere, until its product has files."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [("downloads", "0035_orders_by_wanted_token")]

    operations = [
        AddColumn(
            model_name="lineitem",
            name="used_elsewhere",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
