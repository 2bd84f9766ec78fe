"""The columns of the list of orders: as many as fit beside its filters in a small window."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models import Order
from storefront.admin.ledger.admin import WithLedger
from storefront.admin.orders.facts import day_of
from storefront.admin.statuses import order_status
from storefront.staff.roles import shops_where


class OrderList(WithLedger):
    """Each order in a line; whose shop it is stands there for those who see several."""

    quick_order = ("placed_at", "number")
    list_display = ("shown_number", "buyer", "status", "total", "placed", "mailed")

    class Media:
        css = {"all": ("downloads/orders.css", "downloads/desk.css")}

    def get_list_display(self, request: HttpRequest) -> Any:
        reader: Any = request.user
        has_several = reader.is_superuser or len(shops_where(reader, "downloads.view_order")) > 1
        in_shop = {"buyer": "buyer_and_shop"} if has_several else {}
        return [in_shop.get(name, name) for name in self.list_display]

    @admin.display(description=_("order number"), ordering="number")
    def shown_number(self, order: Order) -> str:
        return format_html("<bdi>{}</bdi>", order.shown_number)

    @admin.display(description=_("customer"), ordering="customer")
    def buyer(self, order: Order) -> str:
        return _with_address(order)

    @admin.display(description=_("customer, shop"), ordering="customer")
    def buyer_and_shop(self, order: Order) -> str:
        words = '{}<br><bdi class="quiet">{}</bdi>'
        return format_html(words, _with_address(order), order.shop)

    @admin.display(description=_("status"), ordering="payment")
    def status(self, order: Order) -> str:
        words, mark = order_status(order), _mark_of(order)
        if order.hold:
            words = format_html("{} {}", words, order.get_hold_display())
        return format_html('{} <span class="mark">{}</span>', words, mark) if mark else words

    @admin.display(description=_("total"), ordering="grand_total")
    def total(self, order: Order) -> str:
        if order.grand_total is None:
            return ""
        return format_html("{} <bdi>{}</bdi>", order.grand_total, order.currency)

    @admin.display(description=_("placed"), ordering="placed_at")
    def placed(self, order: Order) -> str:
        return day_of(order.placed_at)

    @admin.display(description=_("mailed"), ordering="email_sent_at")
    def mailed(self, order: Order) -> str:
        return "" if order.email_sent_at is None else day_of(order.email_sent_at)


def _with_address(order: Order) -> str:
    """Return the buyer, and where mail about the order goes where that is not their name."""
    buyer = str(order.customer or "–")
    if not order.email or isolate(order.email) == buyer:
        return format_html("<bdi>{}</bdi>", buyer)
    words = '<bdi>{}</bdi><br><bdi class="quiet">{}</bdi>'
    return format_html(words, buyer, order.email)


def _mark_of(order: Order) -> str:
    if order.is_test:
        return gettext("test")
    return gettext("sub-order") if order.parent_platform_id is not None else ""
