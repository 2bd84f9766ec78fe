"""Keep figures of each shop by day, and whether its first steps were put away."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0037_reported_units"),
    ]

    operations = [
        migrations.CreateModel(
            name="AssetFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("downloads", models.PositiveBigIntegerField(default=0)),
                ("sent_bytes", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="BuyerFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("days", models.PositiveIntegerField()),
                ("is_earlier", models.BooleanField(default=False)),
                ("buyers", models.PositiveBigIntegerField(default=0)),
                ("downloaded", models.PositiveBigIntegerField(default=0)),
                ("counted_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CountedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True)),
                ("is_stale", models.BooleanField(default=True)),
                ("counted_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DailyFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(db_index=True)),
                ("orders", models.PositiveBigIntegerField(default=0)),
                ("downloads", models.PositiveBigIntegerField(default=0)),
                ("sent_bytes", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="FigureClock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen_until", models.DateTimeField()),
                ("settled_order", models.BigIntegerField(default=0)),
                ("next_order", models.BigIntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("as_of", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FirstSteps",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dismissed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="assetfigures",
            name="asset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="downloads.asset"
            ),
        ),
        migrations.AddField(
            model_name="assetfigures",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="downloads.shop",
            ),
        ),
        migrations.AddField(
            model_name="buyerfigures",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="downloads.shop",
            ),
        ),
        migrations.AddIndex(
            model_name="countedday",
            index=models.Index(
                condition=models.Q(("is_stale", True)), fields=["day"], name="counted_day_to_count"
            ),
        ),
        migrations.AddField(
            model_name="dailyfigures",
            name="shop",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="downloads.shop",
            ),
        ),
        migrations.AddField(
            model_name="firststeps",
            name="shop",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="first_steps",
                to="downloads.shop",
            ),
        ),
        migrations.AddIndex(
            model_name="assetfigures",
            index=models.Index(fields=["shop", "day"], name="asset_figures_by_shop_and_day"),
        ),
        migrations.AddConstraint(
            model_name="assetfigures",
            constraint=models.UniqueConstraint(
                fields=("day", "asset"), name="figures_are_one_per_asset_and_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="buyerfigures",
            constraint=models.UniqueConstraint(
                fields=("shop", "days", "is_earlier"),
                name="buyer_figures_are_one_per_shop_and_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyfigures",
            constraint=models.UniqueConstraint(
                fields=("shop", "day"), name="figures_are_one_per_shop_and_day"
            ),
        ),
    ]
