"""Attach files by product number and by rule; what is attached already stays, and as it is.

Steps: the release before leaves both new columns of an attachment as they are made, and these keep
the condition.
"""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0040_the_orders_desk"),
    ]

    operations = [
        AddColumn(
            model_name="asset",
            name="inherits_lifetime",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        AddColumn(
            model_name="asset",
            name="inherits_limit",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        migrations.AddField(
            model_name="asset",
            name="lifetime_days",
            field=models.PositiveIntegerField(
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
        migrations.AddField(
            model_name="asset",
            name="limit",
            field=models.PositiveIntegerField(
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
        AddColumn(
            model_name="attachment",
            name="inherits_lifetime",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddColumn(
            model_name="attachment",
            name="inherits_limit",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddColumn(
            model_name="attachment",
            name="is_left_out",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Buyers of this product do not get it, whatever rule attaches it.",
                verbose_name="not this file",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="product_type",
            field=models.CharField(blank=True, max_length=255, null=True, verbose_name="type"),
        ),
        migrations.AddField(
            model_name="shop",
            name="default_lifetime_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Days from the moment the customer may download, likewise. Leave empty for no end.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
                verbose_name="days",
            ),
        ),
        migrations.AlterField(
            model_name="attachment",
            name="lifetime_days",
            field=models.PositiveIntegerField(
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
        migrations.AlterField(
            model_name="attachment",
            name="limit",
            field=models.PositiveIntegerField(
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
        migrations.AlterField(
            model_name="shop",
            name="default_limit",
            field=models.PositiveIntegerField(
                blank=True,
                default=10,
                help_text="Where neither the file nor what attaches it says otherwise. Leave empty for unlimited.",
                null=True,
                verbose_name="downloads per item",
            ),
        ),
        migrations.CreateModel(
            name="AttachmentRule",
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
                (
                    "product_number",
                    models.BigIntegerField(
                        blank=True,
                        help_text="In the shop's own system: all variants of this product, later ones too. It may be one that was not seen here yet.",
                        null=True,
                    ),
                ),
                ("tag", models.CharField(blank=True, max_length=255)),
                ("vendor", models.CharField(blank=True, max_length=255)),
                ("product_type", models.CharField(blank=True, max_length=255, verbose_name="type")),
                (
                    "sku_pattern",
                    models.CharField(
                        blank=True,
                        help_text='"*" stands for any text and "?" for one sign: BOOK-* matches BOOK-1 and BOOK-2.',
                        max_length=255,
                        verbose_name="SKU",
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rules",
                        to="downloads.asset",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachment_rules",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "file rule",
                "ordering": (
                    models.OrderBy(models.F("product_number"), nulls_last=True),
                    "position",
                    "id",
                ),
            },
        ),
        migrations.AddField(
            model_name="attachment",
            name="source",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attachments",
                to="downloads.attachmentrule",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_left_out", False), ("source__isnull", True), _connector="OR"
                ),
                name="attachment_is_left_out_by_its_variant_alone",
            ),
        ),
        migrations.AddIndex(
            model_name="attachmentrule",
            index=models.Index(fields=["shop", "product_number"], name="rule_by_number"),
        ),
        migrations.AddConstraint(
            model_name="attachmentrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("product_number__isnull", False),
                    models.Q(
                        ("product_type", ""),
                        ("sku_pattern", ""),
                        ("tag", ""),
                        ("vendor", ""),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="rule_has_a_number_or_conditions",
                violation_error_message="Enter which products it is for: a product number, a tag, "
                "a vendor, a type or an SKU.",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachmentrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("product_number__isnull", False),
                    ("product_type", ""),
                    ("sku_pattern", ""),
                    ("tag", ""),
                    ("vendor", ""),
                ),
                fields=("shop", "product_number", "asset"),
                name="rule_is_unique_per_number_and_asset",
                violation_error_message="This file is attached to this product number already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachmentrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit__isnull", True), ("limit__gte", 1), _connector="OR"),
                name="rule_limit_is_unlimited_or_at_least_one",
                violation_error_message="Enter at least 1, or nothing for unlimited.",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachmentrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lifetime_days__isnull", True), ("lifetime_days__gte", 1), _connector="OR"
                ),
                name="rule_lifetime_is_endless_or_at_least_a_day",
                violation_error_message="Enter at least 1 day, or nothing for no end.",
            ),
        ),
    ]
