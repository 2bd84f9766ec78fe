"""The shop's table of statuses: what each of its platform's words says of the payment."""

from typing import Any

from django.db.models import Count, Max
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from downloads.bidi import isolate
from downloads.models import Shop, StatusMeaning
from storefront.admin.base import ScopedInline

NO_STATUS = "None so far: they appear here once an order has come with one."


class StatusMeaningInline(ScopedInline):
    """One row a status. A status without a row means what the platform's reader makes of it."""

    model = StatusMeaning
    fields = ("status", "payment")
    extra = 1
    verbose_name = "status"
    verbose_name_plural = "what a status means in this shop"

    class Media:
        css = {"all": ("downloads/desk.css",)}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "status":
            field.help_text = "As it stands in the list of statuses above, like processing/cod."
        return field


def statuses_of(shop: Shop) -> SafeString | str:
    """Return a line for each status that the shop's orders came with. Three queries."""
    reported = shop.orders.exclude(reported_status="").order_by("reported_status")
    found = reported.values("reported_status").annotate(orders=Count("pk"), example=Max("pk"))
    examples = shop.orders.in_bulk([row["example"] for row in found])
    meanings = {row.status: row.get_payment_display() for row in shop.status_meanings.all()}
    lines = (
        (
            isolate(row["reported_status"]),
            row["orders"],
            pluralize(row["orders"]),
            isolate(examples[row["example"]].shown_number),
            meanings.get(row["reported_status"], "as the platform has it"),
        )
        for row in found
    )
    return format_html_join("", "<div>{}: {} order{}, like {}. Means: {}</div>", lines) or NO_STATUS
