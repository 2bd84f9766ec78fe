"""Keep long tables of files to attach, and what their rows come to."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import downloads.models.attachment_tables


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0057_messages_of_a_shop"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AttachmentTable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fault", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("moved_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.FileField(
                        blank=True,
                        max_length=200,
                        upload_to=downloads.models.attachment_tables.table_key,
                    ),
                ),
                ("file_name", models.CharField(max_length=255)),
                ("size_bytes", models.PositiveBigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Being checked"),
                            ("checked", "Checked"),
                            ("writing", "Being attached"),
                            ("done", "Done"),
                            ("failed", "Stopped"),
                        ],
                        default="checking",
                        max_length=10,
                    ),
                ),
                ("is_all_or_nothing", models.BooleanField(null=True)),
                ("notes", models.JSONField(blank=True, default=list)),
                ("total", models.PositiveIntegerField()),
                ("read", models.PositiveIntegerField(default=0)),
                ("new", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("same", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("written", models.PositiveIntegerField(default=0)),
                ("last_row", models.BigIntegerField(default=0)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [models.Index(fields=["created_at"], name="attachment_table_by_age")],
            },
        ),
        migrations.CreateModel(
            name="AttachmentTableRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "limit",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="For each item bought.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(2147483647),
                        ],
                        verbose_name="downloads per item",
                    ),
                ),
                (
                    "lifetime_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Days from the moment the customer may download.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="days",
                    ),
                ),
                (
                    "inherits_limit",
                    models.BooleanField(db_default=False, default=False, editable=False),
                ),
                (
                    "inherits_lifetime",
                    models.BooleanField(db_default=False, default=False, editable=False),
                ),
                ("line", models.PositiveIntegerField()),
                ("sku", models.TextField(blank=True)),
                ("file", models.TextField(blank=True)),
                ("texts", models.JSONField(blank=True, default=list)),
                ("outcome", models.CharField(max_length=10)),
                ("reason", models.TextField(blank=True)),
                ("had", models.BigIntegerField(null=True)),
                ("had_limit", models.PositiveIntegerField(null=True)),
                ("had_lifetime_days", models.PositiveIntegerField(null=True)),
                (
                    "asset",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="downloads.asset",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="downloads.product",
                    ),
                ),
                (
                    "table",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="downloads.attachmenttable",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        fields=["table", "outcome", "id"], name="attachment_row_by_outcome"
                    ),
                    models.Index(
                        fields=["table", "product", "asset"], name="attachment_row_by_pair"
                    ),
                ],
            },
        ),
    ]
