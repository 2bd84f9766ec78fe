"""Merging two buyers by hand: looked up within the shop, previewed, confirmed, and undone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.models import Customer, Order
from downloads.models.customers import CustomerQuerySet
from storefront.admin.base import ScopedAdmin
from storefront.formats import whole_number

MOST_FOUND = 20
LONGEST_SEARCHED = 300
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Side:
    """One of two buyers: how many orders they see before the merge, and after it."""

    customer: Customer
    before: int
    after: int


@dataclass(frozen=True)
class AddressSide:
    """A confirmed owner of an address: how many orders they see before the merge, and after it."""

    email: str
    before: int
    after: int


class MergeActs(ScopedAdmin):
    """The merge's pages, and the notice of it on a customer's own."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/merge/", view(self.merge), name="customer_merge"),
            path("<int:number>/unmerge/", view(self.unmerge), name="customer_unmerge"),
            *super().get_urls(),
        ]

    # What is looked for is a buyer's name or address: it stands in no address of a page.
    @method_decorator(sensitive_post_parameters("q"))
    def merge(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Choose the other one, show what would come of it, and do it once that is confirmed."""
        customer = self._permitted(request, number)
        if customer.merged_into_id is not None:
            messages.error(request, _("They are one with somebody already: take that apart first."))
            return _page(customer)
        other = self._other(request, customer)
        if other is not None and "confirmed" in request.POST:
            return self._merge(request, customer, other)
        text = request.POST.get("q", "")[:LONGEST_SEARCHED].strip()
        found: Iterable[Customer] = ()
        if other is None:
            pool = self._others(request, customer)
            found = (_matching(pool, text) if text else _alike(pool, customer))[:MOST_FOUND]
        context = self.admin_site.each_context(request) | {
            "title": _("Merge {customer} with another buyer").format(customer=customer),
            "opts": self.opts,
            "original": customer,
            "other": other,
            "found": found,
            "text": text,
            "sides": _sides(customer, other) if other else (),
            "addresses": _address_sides(customer, other) if other else (),
        }
        return TemplateResponse(request, "admin/downloads/customer/merge.html", context)

    @method_decorator(require_POST)
    def unmerge(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Take a buyer out of the person they were merged into."""
        customer = self._permitted(request, number)
        if customer.merged_into_id is None:
            messages.error(request, _("They are one with nobody."))
            return _page(customer)
        other = customer.merged_into
        fulfilment.unmerge_customer(customer, at=timezone.now())
        self.log_change(request, customer, "Taken apart")
        messages.success(
            request,
            _("{customer} and {other} are two buyers again.").format(
                customer=customer, other=other
            ),
        )
        return _page(customer)

    def _merge(
        self, request: HttpRequest, customer: Customer, other: Customer
    ) -> HttpResponseRedirect:
        try:
            fulfilment.merge_customers(customer, into=other, at=timezone.now())
        except BadInput as error:
            messages.error(request, str(error))
            return _page(customer)
        self.log_change(request, customer, f"Merged into customer {other.pk}")
        messages.success(
            request, _("{customer} is one with {other} now.").format(customer=customer, other=other)
        )
        return _page(customer)

    def _other(self, request: HttpRequest, customer: Customer) -> Customer | None:
        key = whole_number(request.POST.get("into", "")) or 0
        other = self._others(request, customer).filter(pk=min(key, LARGEST_NUMBER)).first()
        if other is None and "into" in request.POST:
            messages.error(request, _("There is no such buyer in this shop to merge with."))
        return other

    def _others(self, request: HttpRequest, customer: Customer) -> CustomerQuerySet:
        """Return whom a buyer can be merged with: those of the same shop who are their own root."""
        rows: Any = self.get_queryset(request).filter(shop=customer.shop_id)
        return rows.not_erased().filter(merged_into=None).exclude(pk=customer.pk)

    def _permitted(self, request: HttpRequest, number: int) -> Customer:
        customer = self.get_object(request, str(number))
        if customer is None:
            raise Http404
        if not self.has_change_permission(request, customer):
            raise PermissionDenied
        return customer


def merged_with(customer: Customer) -> QuerySet[Customer]:
    """Return who was merged into a buyer."""
    return customer.merged.order_by("pk")


def _alike(pool: CustomerQuerySet, customer: Customer) -> CustomerQuerySet:
    """Return who has the same address or the same whole name."""
    addressed = pool.with_email(customer.email) if customer.email else pool.none()
    is_alike = Q(pk__in=addressed.values("pk"))
    if customer.first_name and customer.last_name:
        is_alike |= Q(first_name=customer.first_name, last_name=customer.last_name)
    return pool.filter(is_alike)


def _matching(pool: CustomerQuerySet, text: str) -> CustomerQuerySet:
    number = whole_number(text.removeprefix("#"))
    matching = Q(email__icontains=text) | Q(orders__receipt_number__iexact=text)
    if number is not None:
        matching |= Q(platform_id=number) | Q(orders__number=number)
    words = text.split()[:5]
    named = Q()
    for word in words:
        named &= Q(first_name__icontains=word) | Q(last_name__icontains=word)
    return pool.filter(matching | named).distinct()


def _sides(customer: Customer, other: Customer) -> list[Side]:
    own, others = _orders_of(customer).count(), _orders_of(other).count()
    return [Side(customer, own, own + others), Side(other, others, own + others)]


def _orders_of(root: Customer) -> QuerySet[Order]:
    return Order.objects.filter(Q(customer=root) | Q(customer__person=root))


def _address_sides(customer: Customer, other: Customer) -> list[AddressSide]:
    """Return what the confirmed owners of both account addresses see.

    The orders placed with it, and those of all whose account address it is: after the merge that
    of the remaining buyer counts, for the orders of both.
    """
    shop = Order.objects.filter(shop=customer.shop_id)
    sides = []
    for email in dict.fromkeys(each.email for each in (customer, other) if each.email):
        same = Customer.objects.filter(shop=customer.shop_id).with_email(email)
        roots = same.filter(person=None).values("pk")
        placed = Q(email=email)
        before = placed | Q(customer__in=roots) | Q(customer__person__in=roots)
        left = same.filter(person=None).exclude(pk=customer.pk).values("pk")
        after = placed | Q(customer__in=left) | Q(customer__person__in=left)
        if other.email == email:
            after |= Q(pk__in=_orders_of(customer).values("pk"))
        sides.append(AddressSide(email, shop.filter(before).count(), shop.filter(after).count()))
    return sides


def _page(customer: Customer) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:downloads_customer_change", args=[customer.pk]))
