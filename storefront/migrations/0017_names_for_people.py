"""Name for people what the audit trail and the admin tell of. Nothing of the tables changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0016_staff_password_requests"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="customertoken",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "customer token",
                "verbose_name_plural": "customer tokens",
            },
        ),
        migrations.AlterModelOptions(
            name="secretkey",
            options={
                "default_related_name": "%(class)ss",
                "ordering": ("-created_at", "-id"),
                "verbose_name": "secret key",
                "verbose_name_plural": "secret keys",
            },
        ),
        migrations.AlterModelOptions(
            name="storefrontkey",
            options={
                "default_related_name": "%(class)ss",
                "ordering": ("-created_at", "-id"),
                "verbose_name": "storefront key",
                "verbose_name_plural": "storefront keys",
            },
        ),
        migrations.AlterModelOptions(
            name="tokenexchange",
            options={"verbose_name": "token exchange", "verbose_name_plural": "token exchanges"},
        ),
        migrations.AlterModelOptions(
            name="webhooksecret",
            options={
                "ordering": ("-created_at", "-id"),
                "verbose_name": "webhook secret",
                "verbose_name_plural": "webhook secrets",
            },
        ),
    ]
