"""Give each shop a brand: logo, accent colour, address, support and imprint."""

from django.db import migrations, models

import downloads.brand.colours
import downloads.brand.contacts
import downloads.brand.fields
from downloads.migration_operations import AddColumn


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0050_audit_by_request_index"),
    ]

    operations = [
        AddColumn(
            model_name="shop",
            name="accent",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of buttons and links on your pages, like #1f5fd0. Where it could not be read it is shown in the nearest shade that can. Leave empty for ours.",
                max_length=7,
                validators=[downloads.brand.colours.check_colour],
                verbose_name="accent colour",
            ),
        ),
        AddColumn(
            model_name="shop",
            name="address",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Below your pages and mails. Leave empty for none.",
                max_length=500,
                verbose_name="address of the shop",
            ),
        ),
        AddColumn(
            model_name="shop",
            name="imprint",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="What the law asks you to say of yourself. Below your pages and mails.",
                max_length=2000,
                verbose_name="imprint",
            ),
        ),
        AddColumn(
            model_name="shop",
            name="logo",
            field=models.FileField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                upload_to=downloads.brand.fields.logo_key,
            ),
        ),
        AddColumn(
            model_name="shop",
            name="logo_height",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        AddColumn(
            model_name="shop",
            name="logo_width",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        AddColumn(
            model_name="shop",
            name="support",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A mail address, or an https page. On your pages, and in your mails.",
                max_length=300,
                validators=[downloads.brand.contacts.check_support],
                verbose_name="where customers get help",
            ),
        ),
    ]
