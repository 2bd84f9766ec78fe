"""People, their addresses, what is taken back, and what a status means.

Steps: that two buyers of a shop may have one address now, the release before does not mind. It
finds the first of them.
"""

import django.db.models.deletion
from django.db import migrations, models

from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0026_mail_counted"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatusMeaning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("status", models.CharField(max_length=100)),
                (
                    "payment",
                    models.CharField(
                        choices=[
                            ("pending", "Not paid yet"),
                            ("partial", "Paid in part"),
                            ("authorized", "Authorised, not captured"),
                            ("paid", "Paid"),
                            ("voided", "Given up before it was captured"),
                            ("refunded", "All money given back"),
                        ],
                        max_length=10,
                        verbose_name="means",
                    ),
                ),
            ],
            options={
                "ordering": ("status",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="customer",
            name="customer_email_is_unique_in_its_shop",
        ),
        migrations.AddField(
            model_name="customer",
            name="merged_into",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged",
                to="downloads.customer",
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="person",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="identities",
                to="downloads.customer",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="dismissed_at",
            field=models.DateTimeField(null=True),
        ),
        AddColumn(
            model_name="dispute",
            name="is_gone",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="dispute",
            name="noted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="grant",
            name="product",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="downloads.product",
            ),
        ),
        AddColumn(
            model_name="grant",
            name="replaced",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddColumn(
            model_name="grant",
            name="unpaid",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddColumn(
            model_name="lineitem",
            name="paid_units",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        AddColumn(
            model_name="lineitem",
            name="product_rank",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=120
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="about_order",
            field=models.BigIntegerField(null=True),
        ),
        AddColumn(
            model_name="order",
            name="cancellation_rank",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=120
            ),
        ),
        AddColumn(
            model_name="order",
            name="contact_rank",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=120
            ),
        ),
        AddColumn(
            model_name="order",
            name="corrected_email",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=254
            ),
        ),
        AddColumn(
            model_name="order",
            name="corrected_from",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=254
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="deleted_after",
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddColumn(
            model_name="order",
            name="email",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where mail about this order goes.",
                max_length=254,
                verbose_name="mail address",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="former_platform_id",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        AddColumn(
            model_name="order",
            name="is_test",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddColumn(
            model_name="order",
            name="is_token_taken",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddColumn(
            model_name="order",
            name="keeps_own_assets",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddColumn(
            model_name="order",
            name="notes",
            field=models.JSONField(blank=True, db_default=[], default=list, editable=False),
        ),
        migrations.AddField(
            model_name="order",
            name="parent_platform_id",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        AddColumn(
            model_name="order",
            name="payment_rank",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=120
            ),
        ),
        AddColumn(
            model_name="order",
            name="receipt_number",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=50
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="refunds_listed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddColumn(
            model_name="order",
            name="reported_email",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=254
            ),
        ),
        AddColumn(
            model_name="order",
            name="reported_status",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=100
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="dismissed_at",
            field=models.DateTimeField(null=True),
        ),
        AddColumn(
            model_name="refund",
            name="is_gone",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="refund",
            name="noted_at",
            field=models.DateTimeField(null=True),
        ),
        AddColumn(
            model_name="refund",
            name="reported_rank",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="shop",
            name="alerted_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddColumn(
            model_name="shop",
            name="closes_order_assets",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="What you attached to an order itself closes once all its items went back.",
                verbose_name="close an order's own assets with its items",
            ),
        ),
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("order", "Downloads are ready"),
                    ("links", "Links, asked for again"),
                    ("registration", "Confirm the address of an account"),
                    ("password", "Choose a new password"),
                    ("sign_in", "Wrong passwords at the sign-in of staff"),
                    ("set_aside", "Messages of the shop that were set aside"),
                ],
                max_length=12,
                verbose_name="about",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="reported_payment",
            field=models.CharField(
                blank=True,
                choices=[
                    ("pending", "Not paid yet"),
                    ("partial", "Paid in part"),
                    ("authorized", "Authorised, not captured"),
                    ("paid", "Paid"),
                    ("voided", "Given up before it was captured"),
                    ("refunded", "All money given back"),
                ],
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="statusmeaning",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="status_meanings",
                to="downloads.shop",
            ),
        ),
        migrations.AddConstraint(
            model_name="statusmeaning",
            constraint=models.UniqueConstraint(
                fields=("shop", "status"),
                name="status_has_one_meaning_in_its_shop",
                violation_error_message="This status is in the table already.",
            ),
        ),
    ]
