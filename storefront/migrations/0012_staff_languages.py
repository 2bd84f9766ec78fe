"""Keep the language that each person of the staff reads the admin in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0010_backfills"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffLanguage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("ar", "العربية"),
                            ("de", "Deutsch"),
                            ("en", "English"),
                            ("es", "Español"),
                            ("fr", "Français"),
                            ("he", "עברית"),
                            ("it", "Italiano"),
                            ("ja", "日本語"),
                            ("nl", "Nederlands"),
                            ("pl", "Polski"),
                            ("pt", "Português"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chosen_language",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
