"""Orders that were open before there were mails are not told of: their buyers were otherwise."""

from django.db import migrations
from django.utils import timezone

BATCH = 5000


def leave_untold(apps, schema_editor):
    orders = apps.get_model("downloads", "Order").objects.filter(announced_at=None)
    # One that still waits, for its payment or for the shop, is told of when it opens.
    opened = orders.filter(hold="").exclude(payment="pending").order_by("pk")
    at = timezone.now()
    last = 0
    while numbers := list(opened.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        orders.filter(pk__in=numbers).update(announced_at=at)
        last = numbers[-1]


class Migration(migrations.Migration):
    dependencies = [("downloads", "0013_mail")]
    operations = [migrations.RunPython(leave_untold, migrations.RunPython.noop, elidable=True)]
