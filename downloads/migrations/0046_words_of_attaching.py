"""Give what is attached the shopkeeper's word for it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0045_vocabulary_and_time_zones"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="attachment",
            options={
                "ordering": (models.OrderBy(models.F("id")),),
                "verbose_name": "attached file or link",
                "verbose_name_plural": "attached files and links",
            },
        ),
        migrations.AlterModelOptions(
            name="attachmentrule",
            options={
                "ordering": (
                    models.OrderBy(models.F("product_number"), nulls_last=True),
                    "position",
                    "id",
                ),
                "verbose_name": "file rule",
                "verbose_name_plural": "file rules",
            },
        ),
        migrations.AlterField(
            model_name="attachment",
            name="asset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attachments",
                to="downloads.asset",
                verbose_name="file or link",
            ),
        ),
        migrations.AlterField(
            model_name="attachmentrule",
            name="asset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rules",
                to="downloads.asset",
                verbose_name="file or link",
            ),
        ),
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("order", "Downloads are ready"),
                    ("links", "Links, asked for again"),
                    ("registration", "Confirm the address of a sign-in"),
                    ("password", "Choose a new password"),
                    ("sign_in", "Wrong passwords at the sign-in of staff"),
                    ("set_aside", "Messages of the shop that were set aside"),
                    ("once", "Downloads are ready, sent once to another address"),
                    ("moved", "Mail of the order goes to another address now"),
                ],
                max_length=12,
                verbose_name="about",
            ),
        ),
    ]
