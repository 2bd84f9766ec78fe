"""All tables as of 0022, for databases that have none yet: one step in place of twenty-two."""

import uuid
from importlib import import_module

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import downloads.links
import downloads.models.catalog

_plans = import_module("downloads.migrations.0002_plans")
_trail = import_module("downloads.migrations.0016_audit_is_append_only")


class Migration(migrations.Migration):
    replaces = [
        ("downloads", "0001_initial"),
        ("downloads", "0002_plans"),
        ("downloads", "0003_policies_and_ranks"),
        ("downloads", "0004_inbox"),
        ("downloads", "0005_facts"),
        ("downloads", "0006_data_requests"),
        ("downloads", "0007_refunds_by_number"),
        ("downloads", "0008_number_refunds"),
        ("downloads", "0009_refunds_without_orders"),
        ("downloads", "0010_ledger"),
        ("downloads", "0011_carry_counts"),
        ("downloads", "0012_accounts"),
        ("downloads", "0013_mail"),
        ("downloads", "0014_announce_no_earlier_orders"),
        ("downloads", "0015_staff_and_audit"),
        ("downloads", "0016_audit_is_append_only"),
        ("downloads", "0017_heartbeat"),
        ("downloads", "0018_delivery_versions"),
        ("downloads", "0019_kept_uploads"),
        ("downloads", "0020_next_in_turn"),
        ("downloads", "0021_mail_of_wrong_tries"),
        ("downloads", "0022_end_of_addresses"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Asset",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(help_text="What your customers read.", max_length=300)),
                (
                    "file",
                    models.FileField(
                        blank=True, max_length=200, upload_to=downloads.models.catalog.storage_key
                    ),
                ),
                (
                    "file_name",
                    models.CharField(
                        blank=True,
                        help_text="The name the file is saved under on the customer's device.",
                        max_length=255,
                    ),
                ),
                ("content_type", models.CharField(blank=True, max_length=100)),
                ("size_bytes", models.PositiveBigIntegerField(blank=True, null=True)),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
                (
                    "link",
                    models.CharField(
                        blank=True,
                        help_text="An https address. We never fetch it; your customers are sent there.",
                        max_length=2000,
                        validators=[downloads.links.validate_link],
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("title", "id"),
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, null=True)),
                ("first_name", models.CharField(blank=True, max_length=200)),
                ("last_name", models.CharField(blank=True, max_length=200)),
                (
                    "platform_id",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The customer's number in the shop's own system.",
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("described_rank", models.CharField(blank=True, editable=False, max_length=120)),
                (
                    "erased_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="erased on"),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("worker", models.CharField(max_length=64, unique=True)),
                ("seen_at", models.DateTimeField(db_index=True)),
                ("failing", models.CharField(blank=True, max_length=500)),
                ("failing_since", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LineItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, editable=False)),
                ("platform_id", models.BigIntegerField(blank=True, editable=False, null=True)),
                (
                    "quantity",
                    models.PositiveIntegerField(
                        default=1, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                (
                    "current_quantity",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Lower it to give units back; raise it again to undo. Empty: all of them.",
                        null=True,
                        verbose_name="units kept",
                    ),
                ),
            ],
            options={
                "ordering": ("order", "position", "platform_id", "id"),
            },
        ),
        migrations.CreateModel(
            name="LinkRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("asked_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("name", models.SlugField(max_length=30, primary_key=True, serialize=False)),
                (
                    "customer_account_links",
                    models.BooleanField(
                        default=False,
                        help_text="Shops on this plan may show download links in their storefront.",
                        verbose_name="customer-account links",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=500)),
                ("variant_name", models.CharField(blank=True, max_length=500, null=True)),
                (
                    "sku",
                    models.CharField(blank=True, max_length=255, null=True, verbose_name="SKU"),
                ),
                ("vendor", models.CharField(blank=True, max_length=255, null=True)),
                ("tags", models.JSONField(blank=True, default=list)),
                (
                    "product_id",
                    models.BigIntegerField(
                        blank=True,
                        help_text="In the shop's own system.",
                        null=True,
                        verbose_name="product number",
                    ),
                ),
                (
                    "variant_id",
                    models.BigIntegerField(
                        blank=True,
                        help_text="In the shop's own system.",
                        null=True,
                        verbose_name="variant number",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("described_rank", models.CharField(blank=True, editable=False, max_length=120)),
            ],
            options={
                "ordering": ("name", "variant_name", "id"),
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("platform_id", models.BigIntegerField()),
                ("refunded_at", models.DateTimeField()),
                ("order_platform_id", models.BigIntegerField()),
            ],
            options={
                "ordering": ("refunded_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Grant",
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
                        help_text="For each item bought. Leave empty for unlimited.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(2147483647),
                        ],
                        verbose_name="downloads per item",
                    ),
                ),
                ("added", models.PositiveIntegerField(default=0)),
                ("bought", models.PositiveIntegerField(blank=True, null=True)),
                ("used", models.PositiveIntegerField(default=0)),
                ("canceled", models.PositiveIntegerField(default=0)),
                ("refunded", models.BooleanField(default=False)),
                (
                    "lifetime_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Days from the moment the customer may download. Leave empty for no end.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="days",
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("given_back", models.PositiveIntegerField(default=0)),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="downloads.asset",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="downloads.lineitem",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("nonce", models.CharField(max_length=43)),
                ("opened_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                ("is_kept", models.BooleanField(default=False)),
                ("sent_bytes", models.PositiveBigIntegerField(default=0)),
                ("size_bytes", models.PositiveBigIntegerField(null=True)),
                ("streams", models.PositiveIntegerField(default=0)),
                (
                    "sha256",
                    models.CharField(
                        blank=True, db_default="", default="", editable=False, max_length=64
                    ),
                ),
                (
                    "is_renewed",
                    models.BooleanField(db_default=False, default=False, editable=False),
                ),
                ("valid_until", models.DateTimeField(editable=False, null=True)),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="downloads.grant",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ("-opened_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="KeptUpload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "file",
                    models.FileField(max_length=200, upload_to=downloads.models.catalog.kept_key),
                ),
                ("file_name", models.CharField(max_length=255)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("kept_at", models.DateTimeField(db_index=True)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("kept_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.BigIntegerField(
                        help_text="As printed on the receipt.",
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="order number",
                    ),
                ),
                ("platform_id", models.BigIntegerField(blank=True, editable=False, null=True)),
                (
                    "token_hash",
                    models.CharField(editable=False, max_length=64, null=True, unique=True),
                ),
                ("ticket_revision", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "payment",
                    models.CharField(
                        choices=[
                            ("pending", "Not paid yet"),
                            ("paid", "Paid"),
                            ("refunded", "All money given back"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "cancelled_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Set it to close the downloads.",
                        null=True,
                        verbose_name="cancelled on",
                    ),
                ),
                ("fully_refunded", models.BooleanField(default=False, editable=False)),
                (
                    "grand_total",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=20,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True, help_text="Three letters, like EUR.", max_length=3
                    ),
                ),
                ("placed_at", models.DateTimeField(verbose_name="placed on")),
                ("reported_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("buyer_rank", models.CharField(blank=True, editable=False, max_length=120)),
                (
                    "hold",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not held"),
                            ("dispute", "The payment is disputed"),
                            ("risk", "High risk of fraud"),
                        ],
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("released_at", models.DateTimeField(editable=False, null=True)),
                (
                    "reported_payment",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pending", "Not paid yet"),
                            ("authorized", "Authorised, not captured"),
                            ("paid", "Paid"),
                            ("voided", "Given up before it was captured"),
                            ("refunded", "All money given back"),
                        ],
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("reported_rank", models.CharField(blank=True, editable=False, max_length=120)),
                ("announced_at", models.DateTimeField(editable=False, null=True)),
                (
                    "email_sent_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="mail sent on"),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="orders",
                        to="downloads.customer",
                    ),
                ),
            ],
            options={
                "ordering": ("-placed_at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="lineitem",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="downloads.order",
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="downloads.order",
            ),
        ),
        migrations.AddField(
            model_name="lineitem",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="downloads.product",
            ),
        ),
        migrations.CreateModel(
            name="Attachment",
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
                        help_text="For each item bought. Leave empty for unlimited.",
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
                        help_text="Days from the moment the customer may download. Leave empty for no end.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="days",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="downloads.asset",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="downloads.product",
                    ),
                ),
            ],
            options={
                "ordering": (models.OrderBy(models.F("id")),),
            },
        ),
        migrations.CreateModel(
            name="RefundedLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                ("line_platform_id", models.BigIntegerField()),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="downloads.refund",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Shop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(help_text="As your customers know it.", max_length=200)),
                (
                    "domain",
                    models.CharField(
                        help_text="The shop's own domain, like my-store.example. Orders are matched by it.",
                        max_length=253,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z0-9]([a-z0-9.-]*[a-z0-9])?\\Z",
                                "Enter the domain alone, in lower case, like my-store.example.",
                            )
                        ],
                    ),
                ),
                (
                    "page_title",
                    models.CharField(
                        default="Download files for your orders",
                        help_text="The heading of the download page.",
                        max_length=200,
                    ),
                ),
                (
                    "page_text",
                    models.TextField(
                        blank=True, help_text="Shown below the heading. Leave empty for none."
                    ),
                ),
                (
                    "link_urls",
                    models.CharField(
                        choices=[
                            ("direct", "Show the link's own address"),
                            ("counted", "Count each visit, then redirect to the link"),
                        ],
                        default="direct",
                        help_text="What storefronts receive for an asset that is a link.",
                        max_length=10,
                        verbose_name="addresses of links",
                    ),
                ),
                (
                    "default_limit",
                    models.PositiveIntegerField(
                        blank=True,
                        default=10,
                        help_text="Filled in when you attach a new asset. Leave empty for unlimited.",
                        null=True,
                        verbose_name="downloads per item",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "amount_refunds",
                    models.CharField(
                        choices=[
                            ("keep", "Leave the downloads open"),
                            ("revoke", "Close the order's downloads"),
                        ],
                        default="keep",
                        help_text="A refund that names no items. One that does closes those items in any case.",
                        max_length=10,
                        verbose_name="a refund of money alone",
                    ),
                ),
                (
                    "holds_high_risk",
                    models.BooleanField(
                        default=False,
                        help_text="Orders that the platform calls high risk wait until you release them.",
                        verbose_name="hold orders of high risk",
                    ),
                ),
                (
                    "opens_when",
                    models.CharField(
                        choices=[
                            ("placed", "The order is placed, paid or not"),
                            ("authorized", "The payment is authorised"),
                            ("paid", "The payment has arrived"),
                        ],
                        default="paid",
                        max_length=10,
                        verbose_name="downloads open when",
                    ),
                ),
                ("reported_at", models.DateTimeField(editable=False, null=True)),
                (
                    "uninstalled_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="app removed on"),
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
                        default="en",
                        help_text="In which mails to your buyers are written.",
                        max_length=7,
                    ),
                ),
                (
                    "mail_text",
                    models.TextField(
                        blank=True,
                        help_text="Added to each mail about an order. Leave empty for none.",
                        max_length=5000,
                        verbose_name="your words",
                    ),
                ),
                (
                    "mails_buyers",
                    models.BooleanField(
                        default=True,
                        help_text="As soon as an order may be downloaded, its buyer gets one mail with the link.",
                        verbose_name="send buyers a mail",
                    ),
                ),
                (
                    "reply_to",
                    models.EmailField(
                        blank=True,
                        help_text="Your own mail address, for buyers who answer a mail. Leave empty for none.",
                        max_length=254,
                        verbose_name="answers go to",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        default="premium",
                        on_delete=django.db.models.deletion.PROTECT,
                        to="downloads.plan",
                    ),
                ),
            ],
            options={
                "ordering": ("domain",),
            },
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
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="downloads.shop",
                    ),
                ),
            ],
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
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="downloads.shop",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="refund",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="downloads.shop"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="products",
                to="downloads.shop",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="downloads.shop",
            ),
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=20)),
                ("topic", models.CharField(max_length=100)),
                ("delivery_id", models.CharField(max_length=100, verbose_name="delivery")),
                ("body", models.TextField(blank=True)),
                ("person", models.TextField(blank=True)),
                ("about_customer", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("applied", "Applied"),
                            ("set_aside", "Set aside"),
                            ("ignored", "Nothing to do"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("received_at", models.DateTimeField(verbose_name="received")),
                ("due_at", models.DateTimeField(verbose_name="next try")),
                ("applied_at", models.DateTimeField(null=True, verbose_name="applied")),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "ordering": ("-received_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("support", "Support"),
                            ("manager", "Manager"),
                            ("owner", "Owner"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "staff member",
                "ordering": ("shop", "user"),
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("order", "Downloads are ready"),
                            ("links", "Links, asked for again"),
                            ("registration", "Confirm the address of an account"),
                            ("password", "Choose a new password"),
                            ("sign_in", "Wrong passwords at the sign-in of staff"),
                        ],
                        max_length=12,
                        verbose_name="about",
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="to")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "On its way to the mail server"),
                            ("handed", "Being handed over"),
                            ("sent", "Sent"),
                            ("doubtful", "Perhaps sent: the mail server did not say"),
                            ("set_aside", "Not sent"),
                            ("not_needed", "Not needed any more"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("claim", models.CharField(blank=True, max_length=32)),
                (
                    "message_id",
                    models.CharField(blank=True, max_length=255, verbose_name="known as"),
                ),
                ("created_at", models.DateTimeField(verbose_name="written")),
                ("due_at", models.DateTimeField(verbose_name="next try")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("bounced_at", models.DateTimeField(null=True, verbose_name="came back")),
                (
                    "bounce",
                    models.CharField(blank=True, max_length=500, verbose_name="why it came back"),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to="downloads.order",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="mail address")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("support", "Support"),
                            ("manager", "Manager"),
                            ("owner", "Owner"),
                        ],
                        max_length=10,
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="ends on")),
                (
                    "accepted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="accepted on"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
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
                "ordering": ("opened_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="DataRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("platform_id", models.BigIntegerField(verbose_name="number on the platform")),
                ("customer_platform_id", models.BigIntegerField(null=True)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="data_requests",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "ordering": ("-asked_at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="customers",
                to="downloads.shop",
            ),
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=200, verbose_name="by")),
                ("address", models.CharField(blank=True, max_length=64, verbose_name="from")),
                ("program", models.CharField(blank=True, max_length=200)),
                ("what", models.CharField(max_length=200)),
                ("subject_type", models.CharField(blank=True, max_length=100, verbose_name="kind")),
                ("subject_id", models.CharField(blank=True, max_length=64, verbose_name="number")),
                ("subject", models.CharField(blank=True, max_length=300, verbose_name="about")),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                (
                    "shop",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
                "ordering": ("-at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="asset",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assets",
                to="downloads.shop",
            ),
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="mail address")),
                ("first_name", models.CharField(max_length=200)),
                ("last_name", models.CharField(max_length=200)),
                ("password", models.CharField(editable=False, max_length=200)),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="address confirmed on"
                    ),
                ),
                (
                    "signed_in_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last signed in"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="accounts",
                        to="downloads.customer",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="accounts",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="DownloadEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("charged", "counted"),
                            ("released", "given back"),
                            ("served", "sent"),
                            ("refused", "refused"),
                            ("carried", "earlier, in sum"),
                        ],
                        max_length=10,
                    ),
                ),
                ("downloads", models.IntegerField(default=0)),
                ("sent_bytes", models.PositiveBigIntegerField(null=True)),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("at", models.DateTimeField()),
                ("address_hash", models.CharField(blank=True, max_length=64)),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                (
                    "delivery",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="events",
                        to="downloads.delivery",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="downloads.grant",
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-id"),
                "indexes": [
                    models.Index(fields=["grant", "at"], name="event_by_grant"),
                    models.Index(fields=["at"], name="event_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("downloads", 1), ("kind", "charged")),
                            models.Q(("downloads__lt", 0), ("kind", "released")),
                            models.Q(("downloads", 0), ("kind__in", ("served", "refused"))),
                            ("kind", "carried"),
                            _connector="OR",
                        ),
                        name="event_moves_the_count_as_its_kind_says",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "served")),
                        fields=("delivery",),
                        name="event_of_bytes_served_is_one_per_delivery",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("is_kept", False), ("size_bytes__isnull", False)),
                fields=["closes_at"],
                name="delivery_to_weigh",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("grant", "nonce"), name="delivery_is_one_per_grant_and_click"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("line__isnull", False)),
                fields=("order", "line", "asset"),
                name="grant_is_unique_per_line_and_asset",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("line__isnull", True)),
                fields=("order", "asset"),
                name="grant_is_unique_per_order_and_own_asset",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("used__gte", 0)), name="grant_used_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("bought__isnull", True),
                    models.Q(("bought__gte", 1), ("bought__lte", 2147483647)),
                    _connector="OR",
                ),
                name="grant_bought_is_unlimited_or_at_least_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("bought__isnull", True), ("limit__isnull", True)),
                    models.Q(
                        ("bought__isnull", False), ("limit__gte", 1), ("limit__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="grant_is_unlimited_in_limit_and_bought_alike",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.UniqueConstraint(
                fields=("order", "platform_id"), name="line_platform_id_is_unique_in_its_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1)), name="line_quantity_is_at_least_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.UniqueConstraint(
                fields=("product", "asset"),
                name="attachment_is_unique_per_product_and_asset",
                violation_error_message="This asset is attached to this product already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit__isnull", True), ("limit__gte", 1), _connector="OR"),
                name="attachment_limit_is_unlimited_or_at_least_one",
                violation_error_message="Enter at least 1, or nothing for unlimited.",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lifetime_days__isnull", True), ("lifetime_days__gte", 1), _connector="OR"
                ),
                name="attachment_lifetime_is_endless_or_at_least_a_day",
                violation_error_message="Enter at least 1 day, or nothing for no end.",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundedline",
            constraint=models.UniqueConstraint(
                fields=("refund", "line_platform_id"), name="refunded_line_is_unique_in_its_refund"
            ),
        ),
        migrations.AddConstraint(
            model_name="shop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("default_limit__isnull", True), ("default_limit__gte", 1), _connector="OR"
                ),
                name="shop_default_limit_is_unlimited_or_at_least_one",
                violation_error_message="Enter at least 1, or nothing for unlimited.",
            ),
        ),
        migrations.AddConstraint(
            model_name="riskassessment",
            constraint=models.UniqueConstraint(
                fields=("shop", "order_platform_id"), name="risk_is_assessed_once_in_its_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="removedproduct",
            constraint=models.UniqueConstraint(
                fields=("shop", "product_id"), name="product_is_removed_once_in_its_shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(
                fields=("shop", "order_platform_id", "platform_id"),
                name="refund_counts_once_in_its_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                fields=("shop", "variant_id"),
                name="product_variant_is_unique_in_its_shop",
                violation_error_message="This shop has a product with this variant number.",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["shop", "number"], name="order_by_number"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("shop", "platform_id"), name="order_platform_id_is_unique_in_its_shop"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["due_at", "id"],
                name="message_waiting_longest",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["shop", "about_customer"], name="message_about_customer"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["shop", "due_at", "id"],
                name="message_next_in_turn",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                fields=("shop", "source", "topic", "delivery_id"), name="message_is_stored_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("shop", "user"), name="membership_is_one_per_shop_and_person"
            ),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "sending", "handed"))),
                fields=["due_at", "id"],
                name="mail_waiting_longest",
            ),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(fields=["email"], name="mail_by_address"),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(fields=["message_id"], name="mail_by_its_name"),
        ),
        migrations.AddConstraint(
            model_name="mail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "order"), ("order__isnull", False)),
                    models.Q(models.Q(("kind", "order"), _negated=True), ("order__isnull", True)),
                    _connector="OR",
                ),
                name="mail_about_an_order_names_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accepted_at", None)),
                fields=("shop", "email"),
                name="invitation_is_one_per_shop_and_address",
                violation_error_message="This address is invited already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                fields=("shop", "platform_id"), name="dispute_is_unique_in_its_shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="datarequest",
            constraint=models.UniqueConstraint(
                fields=("shop", "platform_id"), name="data_request_is_stored_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                models.F("shop"),
                django.db.models.functions.text.Lower("email"),
                name="customer_email_is_unique_in_its_shop",
                violation_error_message="This shop has a customer with this address already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                fields=("shop", "platform_id"), name="customer_platform_id_is_unique_in_its_shop"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["subject_type", "subject_id", "at"], name="audit_by_subject"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["shop", "at"], name="audit_by_shop"),
        ),
        migrations.AddConstraint(
            model_name="asset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("link", ""), models.Q(("file", ""), _negated=True)),
                    models.Q(("file", ""), models.Q(("link", ""), _negated=True)),
                    _connector="OR",
                ),
                name="asset_is_a_file_or_a_link",
                violation_error_message="Choose a file or enter a link: one of the two.",
            ),
        ),
        migrations.AddConstraint(
            model_name="asset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("file", ""),
                    models.Q(
                        ("size_bytes__gt", 0),
                        ("size_bytes__isnull", False),
                        models.Q(("sha256", ""), _negated=True),
                        models.Q(("file_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="asset_file_has_size_checksum_and_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                models.F("shop"),
                django.db.models.functions.text.Lower("email"),
                name="account_email_is_unique_in_its_shop",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_at__isnull", True), ("customer__isnull", False), _connector="OR"
                ),
                name="account_that_is_confirmed_has_a_customer",
            ),
        ),
        migrations.RunPython(_plans.add_plans, _plans.remove_unused_plans),
        # After whatever alters the table: SQLite rebuilds it then, and forgets its triggers.
        migrations.RunPython(_trail.install, _trail.remove),
    ]
