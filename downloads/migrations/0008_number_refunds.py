from django.db import migrations
from django.db.models import F, OuterRef, Subquery

BATCH = 1000


def number_refunds(apps, schema_editor):
    """Name refunds by the platform's numbers, and say of reported orders what was reported."""
    Refund = apps.get_model("downloads", "Refund")
    RefundedLine = apps.get_model("downloads", "RefundedLine")
    LineItem = apps.get_model("downloads", "LineItem")
    Order = apps.get_model("downloads", "Order")
    # Only a platform's report ever made refunds, so each has an order with a number.
    order = Order.objects.filter(pk=OuterRef("order"))
    Refund.objects.update(
        shop=Subquery(order.values("shop")), order_platform_id=Subquery(order.values("platform_id"))
    )
    line = LineItem.objects.filter(pk=OuterRef("line"))
    RefundedLine.objects.update(line_platform_id=Subquery(line.values("platform_id")))
    reported = Order.objects.filter(platform_id__isnull=False, reported_at__isnull=False)
    reported.update(reported_payment=F("payment"))
    rows = reported.only("reported_at").order_by("pk")
    start = 0
    while batch := list(rows.filter(pk__gt=start)[:BATCH]):
        for row in batch:
            row.reported_rank = row.reported_at.isoformat(timespec="microseconds")
            row.buyer_rank = row.reported_rank
        Order.objects.bulk_update(batch, ["reported_rank", "buyer_rank"])
        start = batch[-1].pk


def find_orders_again(apps, schema_editor):
    """Point refunds at our rows again. Those whose order never came are given up."""
    Refund = apps.get_model("downloads", "Refund")
    RefundedLine = apps.get_model("downloads", "RefundedLine")
    LineItem = apps.get_model("downloads", "LineItem")
    Order = apps.get_model("downloads", "Order")
    order = Order.objects.filter(
        shop=OuterRef("shop"), platform_id=OuterRef("order_platform_id")
    ).values("pk")
    Refund.objects.update(order=Subquery(order))
    line = LineItem.objects.filter(
        order__refunds=OuterRef("refund"), platform_id=OuterRef("line_platform_id")
    ).values("pk")
    RefundedLine.objects.update(line=Subquery(line))
    RefundedLine.objects.filter(line=None).delete()
    Refund.objects.filter(order=None).delete()


class Migration(migrations.Migration):
    dependencies = [("downloads", "0007_refunds_by_number")]

    operations = [migrations.RunPython(number_refunds, find_orders_again)]
