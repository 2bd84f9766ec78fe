"""What every act on an order's page stands on: whose order it is, and the way back to its page."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse

from downloads.models import Order
from storefront.admin.base import ScopedAdmin


class OrderActs(ScopedAdmin):
    """Acts on one order, each sent by a form of its own."""

    def permitted(self, request: HttpRequest, number: int, verb: str) -> Order:
        """Return an order with which the reader may do what a permission's verb says.

        Raises:
            Http404: they may not even see it.
            PermissionDenied: they may see it.
        """
        order: Order | None = self.get_object(request, str(number))
        if order is None:
            raise Http404
        if not self.may(request, verb, order):
            raise PermissionDenied
        return order


def page_of(order: Order, part: str = "") -> HttpResponseRedirect:
    """Lead back to an order's page, to a part of it."""
    url = reverse("admin:downloads_order_change", args=[order.pk])
    return HttpResponseRedirect(f"{url}#{part}" if part else url)
