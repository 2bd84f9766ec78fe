"""Give a file to all past orders, and time another's writes beside it: questions to ask inside.

How far each run is stands in the database: asked again, it goes on.
"""

import random
import statistics
import time
from typing import Any

from django.db.models import F, Max, Sum
from django.utils import timezone

from downloads import fulfilment
from downloads.models import Asset, AttachmentRule, Grant, Shop
from storefront.backfills import background, runs
from storefront.models import Backfill

TITLE = "A file for past orders"
PAUSE_SECONDS = 0.02


def begin() -> dict[str, Any]:
    """Attach a file to all that was sold, and begin to give it; tell how long it took to count."""
    began, at = time.monotonic(), timezone.now()
    for shop in Shop.objects.filter(orders__isnull=False).distinct():
        if not shop.assets.filter(title=TITLE).exists():
            asset = Asset.objects.create(shop=shop, title=TITLE, link="https://a.example/past")
            rule = AttachmentRule(shop=shop, asset=asset, tag="books", limit=5)
            fulfilment.rules.save_rule(rule)
            if asset.attachments.exists():
                background.begin_backfill(asset, person=None, at=at)
    return {"seconds": round(time.monotonic() - began, 1), **_counts()}


def give(seconds: float) -> dict[str, Any]:
    """Do what a worker does, for about so many seconds; tell how many orders, and how fast."""
    began, before = time.monotonic(), _counts()["done"]
    # A whole share each, and never one that runs over.
    runs.SHARE_SECONDS = min(runs.SHARE_SECONDS, seconds)
    while time.monotonic() - began < seconds:
        row = Backfill.objects.filter(state=Backfill.State.RUNNING).order_by("pk").first()
        if row is None:
            break
        background.give_in_background.func(row.pk)
    took, counts = time.monotonic() - began, _counts()
    done = counts["done"] - before
    return {"seconds": round(took, 1), "per_second": round(done / took, 1), **counts}


def probe(seconds: float) -> dict[str, Any]:
    """Write one row again and again, as a click does; tell how long that took, in milliseconds."""
    last = Grant.objects.aggregate(last=Max("pk"))["last"]
    end, took = time.monotonic() + seconds, []
    while time.monotonic() < end:
        row = Grant.objects.filter(pk=random.randint(1, last))  # noqa: S311
        began = time.perf_counter()
        row.update(used=F("used"))
        took.append((time.perf_counter() - began) * 1000)
        # So that it does not fall in step.
        time.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
    took = sorted(took[5:])
    return {
        "count": len(took),
        "median": round(statistics.median(took), 2),
        "mean": round(statistics.mean(took), 2),
        "p95": round(took[len(took) * 95 // 100], 2),
        "worst": round(took[-1], 2),
    }


def _counts() -> dict[str, int]:
    sums = Backfill.objects.aggregate(done=Sum("done"), total=Sum("total"), given=Sum("given"))
    return {name: value or 0 for name, value in sums.items()} | {
        "running": Backfill.objects.filter(state=Backfill.State.RUNNING).count()
    }
