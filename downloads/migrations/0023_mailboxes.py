"""One spelling a mailbox: A to Z alone are compared without their case, hosts are kept by IDNA."""

from typing import Any

from django.db import migrations, models

from downloads.email_addresses import mailbox_of
from downloads.models.ascii_lower import AsciiLower

BATCH = 1000
# Two rows of these in one shop may not have one address.
UNIQUE = ("Customer", "Account")


def spell_addresses(apps: Any, schema_editor: Any) -> None:
    """Write each stored address as its mailbox is spelled.

    Where another row of the shop has that spelling already, both are one mailbox, known twice. Each
    keeps its orders and its address as it was: both are found by either spelling.
    """
    using = schema_editor.connection.alias
    for name in (*UNIQUE, "DataRequest"):
        rows = apps.get_model("downloads", name).objects.using(using)
        known = rows.exclude(email=None).exclude(email="").order_by("pk")
        last = 0
        while batch := list(known.filter(pk__gt=last).values_list("pk", "shop", "email")[:BATCH]):
            for number, shop, email in batch:
                mailbox = mailbox_of(email)
                if (
                    mailbox == email
                    or len(mailbox) > rows.model._meta.get_field("email").max_length
                ):
                    continue
                same = rows.alias(address=AsciiLower("email")).filter(shop=shop, address=mailbox)
                if name not in UNIQUE or not same.exclude(pk=number).exists():
                    rows.filter(pk=number).update(email=mailbox)
            last = batch[-1][0]


class Migration(migrations.Migration):
    dependencies = [("downloads", "0022_end_of_addresses")]

    operations = [
        migrations.RemoveConstraint(
            model_name="account", name="account_email_is_unique_in_its_shop"
        ),
        migrations.RemoveConstraint(
            model_name="customer", name="customer_email_is_unique_in_its_shop"
        ),
        # What these compare as one, the former ones did too: they hold for all rows there are.
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                models.F("shop"), AsciiLower("email"), name="account_email_is_unique_in_its_shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                models.F("shop"),
                AsciiLower("email"),
                name="customer_email_is_unique_in_its_shop",
                violation_error_message="This shop has a customer with this address already.",
            ),
        ),
        migrations.AddField(
            model_name="mail",
            name="counted_as",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=32
            ),
        ),
        migrations.AddField(
            model_name="mail",
            name="is_known",
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(
                condition=models.Q(
                    ("is_known__isnull", True),
                    ("kind__in", ("registration", "password")),
                    ("state", "waiting"),
                ),
                fields=["id"],
                name="mail_nobody_has_looked_up",
            ),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("counted_as", ""), _negated=True),
                fields=["counted_as"],
                name="mail_by_what_counts",
            ),
        ),
        migrations.RunPython(spell_addresses, migrations.RunPython.noop),
    ]
