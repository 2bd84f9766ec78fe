"""Spell each stored address as its mailbox is."""

from typing import Any

from django.db import migrations

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
    dependencies = [("downloads", "0023_mailboxes")]

    operations = [migrations.RunPython(spell_addresses, migrations.RunPython.noop)]
