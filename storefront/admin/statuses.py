"""The shop's table of statuses: what each of its platform's words says of the payment."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Max
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models import Grant, Order, Shop, StatusMeaning
from storefront.admin.base import ScopedInline
from storefront.admin.closures import status_text

# Each in the buyer's own words, and how it stands out. An order is closed when all was refunded.
OF_ORDERS = {
    Order.COMPLETED: ("", _("paid")),
    Order.PENDING: ("warn", _("waiting for payment")),
    Order.CANCELED: ("off", _("cancelled")),
    Order.CLOSED: ("off", _("refunded")),
}
NO_STATUS = _("None so far: they appear here once an order has come with one.")


class StatusMeaningInline(ScopedInline):
    """One row a status. A status without a row means what the platform's reader makes of it."""

    model = StatusMeaning
    fields = ("status", "payment")
    extra = 1
    verbose_name = _("status")
    verbose_name_plural = _("what a status means in this shop")

    class Media:
        css = {"all": ("downloads/desk.css",)}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "status":
            field.help_text = gettext(
                "As it stands in the list of statuses above, like processing/cod."
            )
        return field


def order_status(order: Order) -> SafeString:
    """Write an order's status as a pill: as it is mailed and shown to its buyer."""
    look, words = ("warn", _("held")) if order.is_held else OF_ORDERS[order.status]
    return format_html('<span class="pill {}">{}</span>', look, words)


def grant_status(grant: Grant, *, at: datetime) -> SafeString:
    """Write a download's status as a pill; the rule is the grant's own."""
    is_waiting = grant.status(at) == Grant.PENDING
    look = "" if grant.status(at) == Grant.AVAILABLE else "warn" if is_waiting else "off"
    return format_html('<span class="pill {}">{}</span>', look, status_text(grant, at=at))


def statuses_of(shop: Shop) -> SafeString | str:
    """Return a line for each status that the shop's orders came with. Three queries."""
    reported = shop.orders.exclude(reported_status="").order_by("reported_status")
    found = reported.values("reported_status").annotate(orders=Count("pk"), example=Max("pk"))
    examples = shop.orders.in_bulk([row["example"] for row in found])
    meanings = {row.status: row.get_payment_display() for row in shop.status_meanings.all()}
    lines = (
        (
            isolate(row["reported_status"]),
            ngettext(
                "{count} order, like {number}. Means: {meaning}",
                "{count} orders, like {number}. Means: {meaning}",
                row["orders"],
            ).format(
                count=row["orders"],
                number=isolate(examples[row["example"]].shown_number),
                meaning=meanings.get(row["reported_status"], gettext("as the platform has it")),
            ),
        )
        for row in found
    )
    return format_html_join("", "<div>{}: {}</div>", lines) or str(NO_STATUS)
