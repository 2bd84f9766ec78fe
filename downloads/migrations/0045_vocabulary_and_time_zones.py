"""Give each model the shopkeeper's word for it, and each shop a time zone of its own."""

import django.db.models.deletion
from django.db import migrations, models

import downloads.time_zones
from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0041_attachment_rules"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="account",
            options={
                "ordering": ("-id",),
                "verbose_name": "sign-in",
                "verbose_name_plural": "sign-ins",
            },
        ),
        migrations.AlterModelOptions(
            name="asset",
            options={
                "ordering": ("title", "id"),
                "verbose_name": "file or link",
                "verbose_name_plural": "files and links",
            },
        ),
        migrations.AlterModelOptions(
            name="auditentry",
            options={
                "ordering": ("-at", "-id"),
                "verbose_name": "entry of the audit trail",
                "verbose_name_plural": "entries of the audit trail",
            },
        ),
        migrations.AlterModelOptions(
            name="customer",
            options={
                "ordering": ("-id",),
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
        migrations.AlterModelOptions(
            name="datarequest",
            options={
                "ordering": ("-asked_at", "-id"),
                "verbose_name": "data request",
                "verbose_name_plural": "data requests",
            },
        ),
        migrations.AlterModelOptions(
            name="delivery",
            options={
                "ordering": ("-opened_at", "-id"),
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.AlterModelOptions(
            name="downloadevent",
            options={
                "ordering": ("-at", "-id"),
                "verbose_name": "activity",
                "verbose_name_plural": "activity",
            },
        ),
        migrations.AlterModelOptions(
            name="grant",
            options={
                "ordering": ("id",),
                "verbose_name": "download",
                "verbose_name_plural": "downloads",
            },
        ),
        migrations.AlterModelOptions(
            name="invitation",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
            },
        ),
        migrations.AlterModelOptions(
            name="lineitem",
            options={
                "ordering": ("order", "position", "platform_id", "id"),
                "verbose_name": "line",
                "verbose_name_plural": "lines",
            },
        ),
        migrations.AlterModelOptions(
            name="mail",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "mail",
                "verbose_name_plural": "mails",
            },
        ),
        migrations.AlterModelOptions(
            name="membership",
            options={
                "ordering": ("shop", "user"),
                "verbose_name": "staff member",
                "verbose_name_plural": "staff members",
            },
        ),
        migrations.AlterModelOptions(
            name="message",
            options={
                "ordering": ("-received_at", "-id"),
                "verbose_name": "message from your shop",
                "verbose_name_plural": "messages from your shop",
            },
        ),
        migrations.AlterModelOptions(
            name="order",
            options={
                "ordering": ("-placed_at", "-id"),
                "verbose_name": "order",
                "verbose_name_plural": "orders",
            },
        ),
        migrations.AlterModelOptions(
            name="plan",
            options={"ordering": ("name",), "verbose_name": "plan", "verbose_name_plural": "plans"},
        ),
        migrations.AlterModelOptions(
            name="product",
            options={
                "ordering": ("name", "variant_name", "id"),
                "verbose_name": "product",
                "verbose_name_plural": "products",
            },
        ),
        migrations.AlterModelOptions(
            name="shop",
            options={
                "ordering": ("domain",),
                "verbose_name": "shop",
                "verbose_name_plural": "shops",
            },
        ),
        AddColumn(
            model_name="shop",
            name="time_zone",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Like Europe/Berlin: times on your screens and in mails are of this zone. Leave empty for that of the installation.",
                max_length=60,
                validators=[downloads.time_zones.check_time_zone],
                verbose_name="time zone",
            ),
        ),
        migrations.AlterField(
            model_name="downloadevent",
            name="grant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="downloads.grant",
                verbose_name="download",
            ),
        ),
        migrations.AlterField(
            model_name="grant",
            name="asset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="downloads.asset",
                verbose_name="file or link",
            ),
        ),
        migrations.AlterField(
            model_name="grant",
            name="expires_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="ends on"),
        ),
        migrations.AlterField(
            model_name="order",
            name="payment",
            field=models.CharField(
                choices=[
                    ("pending", "Waiting for payment"),
                    ("paid", "Paid"),
                    ("refunded", "Refunded"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="shop",
            name="closes_order_assets",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="What you attached to an order itself closes once all its items went back.",
                verbose_name="close an order's own files and links with its items",
            ),
        ),
        migrations.AlterField(
            model_name="shop",
            name="link_urls",
            field=models.CharField(
                choices=[
                    ("direct", "Show the link's own address"),
                    ("counted", "Count each visit, then redirect to the link"),
                ],
                default="direct",
                help_text="What storefronts receive for a link in place of a file.",
                max_length=10,
                verbose_name="addresses of links",
            ),
        ),
    ]
