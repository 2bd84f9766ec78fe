"""Write down who of the staff a mail is for, and in whose language it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("downloads", "0051_brand"),
    ]

    operations = [
        migrations.AddField(
            model_name="mail",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
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
                    ("staff_link", "Choose a new password, for staff"),
                ],
                max_length=12,
                verbose_name="about",
            ),
        ),
    ]
