import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0004_inbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_platform_id", models.BigIntegerField()),
                ("platform_id", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Not decided yet"),
                            ("won", "Won: the shop keeps the money"),
                            ("lost", "Lost: the money went back"),
                        ],
                        max_length=4,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("opened_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="RemovedProduct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("product_id", models.BigIntegerField()),
                ("removed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RiskAssessment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_platform_id", models.BigIntegerField()),
                ("is_high", models.BooleanField()),
                ("assessed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="dispute",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="downloads.shop"
            ),
        ),
        migrations.AddField(
            model_name="removedproduct",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="downloads.shop"
            ),
        ),
        migrations.AddField(
            model_name="riskassessment",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="downloads.shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                fields=("shop", "platform_id"), name="dispute_is_unique_in_its_shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="removedproduct",
            constraint=models.UniqueConstraint(
                fields=("shop", "product_id"), name="product_is_removed_once_in_its_shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="riskassessment",
            constraint=models.UniqueConstraint(
                fields=("shop", "order_platform_id"), name="risk_is_assessed_once_in_its_order"
            ),
        ),
    ]
