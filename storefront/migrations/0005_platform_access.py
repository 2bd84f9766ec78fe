import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0012_accounts"),
        ("storefront", "0004_close_keys_without_checksum"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlatformAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=20, verbose_name="platform")),
                ("address", models.CharField(max_length=300)),
                ("sealed_key", models.TextField(blank=True, editable=False)),
                ("sealed", models.TextField(editable=False)),
                (
                    "hint",
                    models.CharField(editable=False, max_length=4, verbose_name="token ends in"),
                ),
                (
                    "complete_from",
                    models.DateTimeField(editable=False, null=True, verbose_name="complete up to"),
                ),
                (
                    "last_run_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last run"),
                ),
                (
                    "last_run_was_complete",
                    models.BooleanField(editable=False, null=True, verbose_name="complete"),
                ),
                (
                    "last_summary",
                    models.TextField(blank=True, editable=False, verbose_name="what it did"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="platform_accesses",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "platform access",
                "verbose_name_plural": "platform access",
                "ordering": ("shop__domain", "source"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shop", "source"),
                        name="shop_has_one_access_to_a_platform",
                        violation_error_message=(
                            "This shop has an access to this platform already."
                        ),
                    )
                ],
            },
        ),
    ]
