"""Take requests of staff for a link to choose a password."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0014_connections"),
    ]

    operations = [
        migrations.CreateModel(
            name="PasswordRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sealed", models.TextField(editable=False)),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("asked_at", "id"),
            },
        ),
    ]
