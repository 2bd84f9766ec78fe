"""Keep which token an order names that another one has, so that it can have it later."""

from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [("downloads", "0033_ranks_of_words_and_lines")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="wanted_token_hash",
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        AddColumn(
            model_name="order",
            name="token_rank",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=120
            ),
        ),
    ]
