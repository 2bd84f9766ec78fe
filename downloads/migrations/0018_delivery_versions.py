"""A click belongs to the version of a file it opened. Those open now remember its size alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("downloads", "0017_heartbeat")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="sha256",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="is_renewed",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
