"""What was counted before there was a ledger enters it as a sum, so that the two agree."""

from django.db import migrations
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

BATCH = 1000


def carry(apps, schema_editor):
    Grant = apps.get_model("downloads", "Grant")
    DownloadEvent = apps.get_model("downloads", "DownloadEvent")
    # What the ledger lacks: it may know of some already, where this ran before and was undone.
    entered = Coalesce(Sum("events__downloads"), 0)
    counted = Grant.objects.annotate(entered=entered).exclude(used=F("entered")).order_by("pk")
    last = 0
    while grants := list(counted.filter(pk__gt=last)[:BATCH]):
        DownloadEvent.objects.bulk_create(
            DownloadEvent(
                grant=grant,
                kind="carried",
                downloads=grant.used - grant.entered,
                at=grant.updated_at,
            )
            for grant in grants
        )
        last = grants[-1].pk


def forget(apps, schema_editor):
    apps.get_model("downloads", "DownloadEvent").objects.filter(kind="carried").delete()


class Migration(migrations.Migration):
    dependencies = [("downloads", "0010_ledger")]
    operations = [migrations.RunPython(carry, forget, elidable=True)]
