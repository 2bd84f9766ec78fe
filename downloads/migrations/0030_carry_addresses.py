"""Give each order the address its buyer had, and what is ranked by itself the rank it had in all.

In one statement a table, and again without harm: what has a value keeps it.
"""

from typing import Any

from django.db import migrations
from django.db.models import F, OuterRef, Subquery

PAID = ("paid", "refunded")


def carry(apps: Any, schema_editor: Any) -> None:
    """Nobody loses a right by it: each order is found by the address it was found by before."""

    def rows(name: str) -> Any:
        return apps.get_model("downloads", name).objects.using(schema_editor.connection.alias)

    orders = rows("Order")
    buyer = rows("Customer").filter(pk=OuterRef("customer"), email__isnull=False)
    address = Subquery(buyer.values("email")[:1])
    # A buyer of another shop, by mistake, saw nothing of it, and nor did their address.
    own = orders.filter(customer__shop=F("shop"))
    named = own.filter(email="", customer__email__isnull=False).exclude(customer__email="")
    named.update(email=address, reported_email=address, contact_rank=F("buyer_rank"))
    ranked = orders.filter(payment_rank="", cancellation_rank="")
    ranked.update(payment_rank=F("reported_rank"), cancellation_rank=F("reported_rank"))
    lines = rows("LineItem")
    its_order = orders.filter(pk=OuterRef("order"))
    lines.filter(product_rank="").update(
        product_rank=Subquery(its_order.values("reported_rank")[:1])
    )
    paid = lines.filter(paid_units=0, order__reported_payment__in=PAID)
    paid.update(paid_units=F("quantity"))
    its_line = lines.filter(pk=OuterRef("line"))
    grants = rows("Grant").filter(product=None, line__isnull=False)
    grants.update(product=Subquery(its_line.values("product")[:1]))


class Migration(migrations.Migration):
    dependencies = [("downloads", "0029_orders_by_address")]

    operations = [migrations.RunPython(carry, migrations.RunPython.noop)]
