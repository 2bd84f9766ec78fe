"""All tables as of 0007, for databases that have none yet: one step in place of seven."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import storefront.models.keys


class Migration(migrations.Migration):
    replaces = [
        ("storefront", "0001_initial"),
        ("storefront", "0002_webhook_secrets"),
        ("storefront", "0003_keys_and_exchanges"),
        ("storefront", "0004_close_keys_without_checksum"),
        ("storefront", "0005_platform_access"),
        ("storefront", "0006_staff_sign_in"),
        ("storefront", "0007_tries_by_address"),
    ]

    initial = True

    dependencies = [
        ("downloads", "0022_end_of_addresses"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CountedTries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("who", models.CharField(max_length=64, unique=True)),
                ("taken", models.PositiveIntegerField(default=0)),
                ("ends_at", models.DateTimeField(db_index=True)),
                ("since", models.DateTimeField(null=True)),
                (
                    "whose",
                    models.CharField(
                        blank=True, db_default="", db_index=True, default="", max_length=64
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CustomerToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="ends on")),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("secret_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("admin", "Made in the admin"),
                            ("sign_in", "Signed in"),
                            ("exchange", "Asked for by the shop's server"),
                        ],
                        default="admin",
                        editable=False,
                        max_length=10,
                        verbose_name="origin",
                    ),
                ),
                (
                    "used_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last used"),
                ),
                (
                    "account",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="downloads.account",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="downloads.customer",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("used_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SecretKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="ends on")),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "used_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last used"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(help_text="Where this key is used.", max_length=100)),
                (
                    "prefix",
                    models.CharField(editable=False, max_length=30, verbose_name="begins with"),
                ),
                ("key_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "rate_per_minute",
                    models.PositiveIntegerField(
                        default=storefront.models.keys.default_rate,
                        help_text="Requests a minute; more are answered with 429.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="downloads.shop"
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "abstract": False,
                "default_related_name": "%(class)ss",
            },
        ),
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="session key"
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("address", models.CharField(blank=True, max_length=64)),
                ("program", models.CharField(blank=True, max_length=200)),
                ("begun_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StorefrontKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="ends on")),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(help_text="Where this key is used.", max_length=100)),
                (
                    "prefix",
                    models.CharField(editable=False, max_length=30, verbose_name="begins with"),
                ),
                ("key_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "rate_per_minute",
                    models.PositiveIntegerField(
                        default=storefront.models.keys.default_rate,
                        help_text="Requests a minute; more are answered with 429.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "allowed_origins",
                    models.TextField(
                        blank=True,
                        help_text="Sites whose scripts may use this key, one a line, like https://shop.example. Empty: any. Programs that are no browser name no site and are not held to this.",
                        validators=[storefront.models.keys.require_origins],
                    ),
                ),
                (
                    "used_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last used"),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="downloads.shop"
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "abstract": False,
                "default_related_name": "%(class)ss",
            },
        ),
        migrations.CreateModel(
            name="WebhookSecret",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="ends on")),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "source",
                    models.CharField(default="shopify", max_length=20, verbose_name="platform"),
                ),
                ("sealed", models.TextField(editable=False)),
                ("hint", models.CharField(editable=False, max_length=4, verbose_name="ends in")),
                (
                    "used_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last used"),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhook_secrets",
                        to="downloads.shop",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "abstract": False,
            },
        ),
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
                        violation_error_message="This shop has an access to this platform already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The human-readable name of this device.", max_length=64
                    ),
                ),
                (
                    "confirmed",
                    models.BooleanField(default=True, help_text="Is this device ready for use?"),
                ),
                ("sealed", models.TextField(editable=False)),
                ("last_step", models.BigIntegerField(editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "second factor",
                "constraints": [
                    models.UniqueConstraint(fields=("user",), name="person_has_one_second_factor")
                ],
            },
        ),
        migrations.CreateModel(
            name="TokenExchange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_hash", models.CharField(max_length=64)),
                ("sealed", models.TextField(editable=False)),
                (
                    "secret_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchanges",
                        to="storefront.secretkey",
                    ),
                ),
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchange",
                        to="storefront.customertoken",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("secret_key", "name_hash"), name="exchange_is_named_once_by_its_key"
                    )
                ],
            },
        ),
    ]
